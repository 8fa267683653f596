import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { readToken } from '@leadstream/lead/tokens';
import { LRUCache } from 'lru-cache';

export interface Secrets { leadIdSecret: string; tokenSecrets: readonly string[] }

const ADDRESS = /[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}\p{M}.-]+/gu;
/** Characters that may stand before an address and may also be part of one. */
const SEPARATOR = /[=&?/'{|}%]/g;
const AT = /=40|%40|\\u0040|&#0*64;/gi;
const TOKEN = /(?<![a-z0-9])[a-z2-7]{44}(?![a-z0-9])/gi;
const BASE64 = /^(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const REMEMBERED_MAX = 50_000;

/**
 * Finds a person in what anybody has written: by an address, however it is spelled, that makes the lead's id; by the id;
 * by a token of the lead. So it needs no address, which nobody knows any more once the lead is erased.
 */
export class Person {
  readonly #id: string;
  readonly #secrets: Secrets;
  readonly #asked = new LRUCache<string, boolean>({ max: REMEMBERED_MAX });

  constructor(id: string, secrets: Secrets) {
    this.#id = id;
    this.#secrets = secrets;
  }

  /** Whether text, or JSON, names the person, also in what is encoded in it. */
  isNamed(value: unknown): boolean {
    for (const text of texts(value)) if (this.#isNamedInText(text)) return true;
    return false;
  }

  #isNamedInText(raw: string): boolean {
    const text = raw.replace(AT, '@');
    if (text.toLowerCase().includes(this.#id)) return true;
    for (const [address] of text.matchAll(ADDRESS)) if (this.#isAddress(address)) return true;
    for (const [token] of text.matchAll(TOKEN)) if (this.#isToken(token)) return true;
    return false;
  }

  #isAddress(found: string): boolean {
    return this.#remembered(found.replace(/[.-]+$/, ''), (address) =>
      [0, ...[...address.matchAll(SEPARATOR)].map(({ index }) => index + 1)].some((from) => {
        const canonical = canonicalAddress(address.slice(from));
        return canonical !== undefined && leadId(this.#secrets.leadIdSecret, canonical) === this.#id;
      }));
  }

  #isToken(token: string): boolean {
    return this.#remembered(token, () => (['reply', 'unsubscribe'] as const).some((purpose) => readToken(purpose, token, this.#secrets.tokenSecrets) === this.#id));
  }

  #remembered(text: string, ask: (text: string) => boolean): boolean {
    const known = this.#asked.get(text);
    if (known !== undefined) return known;
    const answer = ask(text);
    this.#asked.set(text, answer);
    return answer;
  }
}

/** Every text in a value, however deep: keys too, JSON in JSON, and base64. */
export function* texts(value: unknown): Generator<string> {
  const todo = [value];
  while (todo.length > 0) {
    const next = todo.pop();
    if (typeof next === 'string') {
      yield next;
      todo.push(...decodings(next));
    } else if (typeof next === 'object' && next !== null) {
      const members: unknown[] = Object.values(next);
      todo.push(...Object.keys(next), ...members);
    }
  }
}

function decodings(text: string): unknown[] {
  if (/^\s*[[{]/.test(text)) {
    try {
      const parsed: unknown = JSON.parse(text);
      return [parsed];
    } catch {
      return [];
    }
  }
  return BASE64.test(text) ? [Buffer.from(text, 'base64').toString()] : [];
}
