import { canonicalAddress } from './address.ts';
import { readings } from './readings.ts';

const AT = /[@\uff20\ufe6b]/g;
/** Mail programs and people skip these. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]+/gu;
/** Characters read on either side of an @: the longest address (RFC 5321 §4.5.3.1), with blanks and comments. */
const BEFORE_MAX = 200;
const AFTER_MAX = 400;
const QUOTED_MAX = 140;

const ATEXT = /[\w!#$%&'*+/=?^`{|}~.-]/;
/** Scripts without a space between a word and an address. */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
/** Ends with a letter of the same word: a longer address, of another person. */
const GOES_ON = new RegExp(`[[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]$`, 'v');
const DOMAIN = /^\s*(?:\([^()@]*\)\s*)*([\p{L}\p{M}\p{N}.\u3002-]+)/u;
const ASCII_DOMAIN = new RegExp(`^([\\w.-]+)[${UNSPACED}]`, 'u');
/** Characters that may precede an address, or be part of one. */
const SEPARATOR = /[=&?/{|}]/g;
const SEPARATORS_MAX = 4;
const MARKUP = /^['*`~.]+/;

/**
 * The canonical addresses in a value, in any spelling: see `readings`; full-width letters, invisible characters,
 * quotes, comments and blanks around the @, any spelling of the domain. If an address may begin at several positions,
 * all of them. A bounded length around each @ is read.
 */
export function* addressesIn(value: unknown): Generator<string> {
  const seen = new Set<string>();
  for (const text of readings(value)) {
    for (const spelling of spellingsIn(text)) {
      if (seen.has(spelling)) continue;
      seen.add(spelling);
      const address = canonicalAddress(spelling);
      if (address !== undefined) yield address;
    }
  }
}

/** Candidate addresses in one text, not decoded; a candidate may be invalid. */
export function* spellingsIn(text: string): Generator<string> {
  yield* around(text);
  // A zero-width space may end a word, or be inside of one.
  const visible = text.replace(UNSEEN, '');
  if (visible !== text) yield* around(visible);
}

function* around(text: string): Generator<string> {
  let previous = -1;
  for (const { index } of text.matchAll(AT)) {
    const isQuoted = text[index - 1] === '"';
    const isAlone = index === previous + 1;
    const from = isQuoted ? index - QUOTED_MAX : Math.max(previous + 1, index - BEFORE_MAX);
    previous = index;
    if (isAlone) continue;
    const locals = localsIn(text.slice(Math.max(0, from), index).normalize('NFKC'));
    if (locals.length === 0) continue;
    const end = text.slice(index + 1, index + AFTER_MAX).search(AT);
    const after = text.slice(index + 1, end < 0 ? index + AFTER_MAX : index + 1 + end);
    for (const domain of domainsIn(after.normalize('NFKC'))) for (const local of locals) yield `${local}@${domain}`;
  }
}

function domainsIn(after: string): string[] {
  const whole = DOMAIN.exec(after)?.[1];
  if (whole === undefined) return [];
  const ascii = ASCII_DOMAIN.exec(whole)?.[1];
  return [whole, ...(ascii === undefined ? [] : [ascii])].map((domain) => domain.replace(/[.\u3002-]+$/, ''));
}

/** The local parts that a text may end with. */
function localsIn(before: string): string[] {
  const text = withoutComments(before);
  if (text.endsWith('"')) return quotedAtEnd(text);
  let from = text.length;
  while (from > 0 && ATEXT.test(text.charAt(from - 1))) from--;
  const run = text.slice(from);
  const starts = [...run.matchAll(SEPARATOR)].slice(-SEPARATORS_MAX).map(({ index }) => index + 1);
  const isWhole = !GOES_ON.test(text.slice(Math.max(0, from - 2), from));
  const parts = [...(isWhole ? [run] : []), ...starts.map((start) => run.slice(start))];
  return [...new Set(parts.flatMap((part) => [part, part.replace(MARKUP, '')]))].filter((part) => part !== '');
}

/** Without blanks and comments at its end (RFC 5322 §3.2.2). */
function withoutComments(before: string): string {
  let end = before.length;
  for (let depth = 0; end > 0; end--) {
    const last = before.charAt(end - 1);
    if (last === ')') depth++;
    else if (last === '(' && depth > 0) depth--;
    else if (depth === 0 && last.trim() !== '') break;
  }
  return before.slice(0, end);
}

function quotedAtEnd(text: string): string[] {
  for (let open = text.length - 2; open >= 0; open--) {
    if (text.charAt(open) === '"' && text.charAt(open - 1) !== '\\') return [text.slice(open)];
  }
  return [];
}
