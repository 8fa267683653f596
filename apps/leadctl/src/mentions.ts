import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { spellingsIn } from '@leadstream/lead/named';
import { readings } from '@leadstream/lead/readings';
import { readToken } from '@leadstream/lead/signed-token';
import { LRUCache } from 'lru-cache';

export interface Secrets {
  leadIdSecret: string;
  tokenSecrets: readonly string[];
}

const TOKEN = /(?<![a-z0-9])[a-z2-7]{44}(?![a-z0-9])/gi;
const REMEMBERED_MAX = 50_000;

/** The person to search for, by lead id: the address of an erased lead is unknown, but hashes to its id. */
export class Person {
  readonly id: string;
  readonly #secrets: Secrets;
  readonly #asked = new LRUCache<string, boolean>({ max: REMEMBERED_MAX });

  constructor(id: string, secrets: Secrets) {
    this.id = id;
    this.#secrets = secrets;
  }

  isNamed(value: unknown): boolean {
    return mentions(value, this);
  }

  has(address: string): boolean {
    return this.#remembered(address, () => {
      const canonical = canonicalAddress(address);
      return canonical !== undefined && leadId(this.#secrets.leadIdSecret, canonical) === this.id;
    });
  }

  signed(token: string): boolean {
    const { tokenSecrets } = this.#secrets;
    return this.#remembered(token, () =>
      (['reply', 'unsubscribe'] as const).some((purpose) => readToken(purpose, token, tokenSecrets) === this.id),
    );
  }

  #remembered(text: string, ask: () => boolean): boolean {
    const known = this.#asked.get(text);
    if (known !== undefined) return known;
    const answer = ask();
    this.#asked.set(text, answer);
    return answer;
  }
}

/**
 * Whether a text, or JSON, names the person: by an address that hashes to the lead's id, by the id, or by a token of
 * the lead, in any spelling and encoding that `readings` and `spellingsIn` cover. The work is linear in the length of
 * `raw`.
 */
export function mentions(raw: unknown, person: Pick<Person, 'id' | 'has' | 'signed'>): boolean {
  for (const text of readings(raw)) {
    if (text.toLowerCase().includes(person.id)) return true;
    for (const [token] of text.matchAll(TOKEN)) if (person.signed(token)) return true;
    for (const address of spellingsIn(text)) if (person.has(address)) return true;
  }
  return false;
}
