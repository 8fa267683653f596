import type { Change } from '@leadstream/contracts/events';
import { decode } from 'html-entities';
import { splitName, TITLE } from './intake/full-name.ts';
import { asRead, isCallable, isLinkable } from './linkable.ts';
import { isStandIn } from './stand-ins.ts';
import { change, cleanLine } from './text.ts';

const NAME_LENGTH_MAX = 100;
/** A form's text can be escaped by each program that it went through. */
const ESCAPED_MAX = 3;

/** Entries in a name field that must never follow "Hi", from people and programs. */
const NO_NAME: readonly (readonly [rule: string, test: (name: string) => boolean])[] = [
  ['stand-in', (name) => isStandIn(name, { name: true })],
  ['name-is-an-address', (name) => asRead(name).includes('@')],
  ['name-without-letters', (name) => !/\p{L}/u.test(name)],
  ['name-is-a-url', (name) => isLinkable(name) && !TITLED.test(name)],
  ['name-is-a-phone-number', isCallable],
  ['name-is-markup', (name) => /[<>{}]/.test(name)],
  ['name-is-a-title', (name) => TITLE.test(name) && !ALSO_NAMES.test(name)],
  ['name-is-mangled', (name) => name.includes('\ufffd')],
];
/** Kept in the log, shown in no mail: `.win` and the like are top-level domains. */
const TITLED = /^(?:Dr|Prof|Mr|Mrs|Ms|St|Sr|Jr|Ing)\.\p{Lu}[\p{L}\p{M}'’-]+$/u;

/** Thomas Herr is called so; a form's title stands before the given name, or in its place. */
const TITLE_AND_FAMILY = /^(?:herr|master)$/i;

/**
 * A name as a greeting may have it; each alteration is recorded, and so is what can be no name. `isBesideGiven`: it is
 * the family name beside a given one.
 */
export function readName(
  field: string,
  raw: string | null | undefined,
  changes: Change[],
  { isBesideGiven = false } = {},
): string | undefined {
  const line = cleanLine(field, raw ?? '', changes, NAME_LENGTH_MAX);
  if (!line) return undefined;
  const text = bare(unescaped(line), field === 'firstName');
  const name = text === line ? line : cleanLine(field, text, [], NAME_LENGTH_MAX);
  if (name !== line) changes.push(change(field, 'unescaped', line, name));
  const rule = isBesideGiven && TITLE_AND_FAMILY.test(name) ? undefined : NO_NAME.find(([, test]) => test(name))?.[0];
  if (rule || !name) {
    changes.push(change(field, rule ?? 'name-without-letters', name || line));
    return undefined;
  }
  const cased = inNameCase(name).normalize('NFC');
  if (cased !== name) changes.push(change(field, 'name-case', name, cased));
  return cased;
}

/** Titles that are given names without their dot: Sig Hansen. */
const ALSO_NAMES = /^(?:sig|ing|sir|sr|miss|dipl)$/i;

/** Without full-width Latin letters, and without punctuation, pronouns and pictures around a name. */
function bare(text: string, isGiven: boolean): string {
  const name = text
    .replace(/[\uff01-\uff5e]/g, (char) => char.normalize('NFKC'))
    .replace(/[\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}][\ufe0f\u200d]*/gu, '')
    .trim()
    .replace(/^(["'“„«])(.+)["'”“»]$/u, '$2')
    .replace(/\s*[([](?:she|he|they|sie|er|elle|il|ella|él|ze|hun)\b[^()[\]]{0,20}[)\]]$/iu, '')
    .replace(/[,;]+$/, '')
    .replace(/^[-–—\s]+(?=\p{L})|(?<=\p{L})[-–—\s]+$/gu, '');
  const titled = /^(\S+)\s+(?=\p{L}{2})/u.exec(name);
  const title = titled?.[1] ?? '';
  return isGiven && titled && TITLE.test(title) && !ALSO_NAMES.test(title)
    ? bare(name.slice(titled[0].length), isGiven)
    : name;
}

/**
 * The names without what one repeats of the other: some forms put the whole name into the first field, or into both.
 */
export function apart(first: string | undefined, last: string | undefined): { firstName?: string; lastName?: string } {
  const isSame = last !== undefined && first?.toLowerCase() === last.toLowerCase();
  const isWhole = last === undefined ? /\p{L},\s*\p{L}/u.test(first ?? '') : isSame && /\s/.test(last);
  const split = isWhole ? splitName(first ?? '') : undefined;
  // Each half by itself: the whole name has both cases where they differ.
  if (split?.firstName && split.lastName)
    return { firstName: inNameCase(split.firstName), lastName: inNameCase(split.lastName) };
  const isAtEnd = last !== undefined && first?.toLowerCase().endsWith(` ${last.toLowerCase()}`);
  if (isAtEnd) return apart(first?.slice(0, -last.length).trim(), last);
  return { ...(first ? { firstName: first } : {}), ...(last === undefined ? {} : { lastName: last }) };
}

/** A text without the encodings that programs put into it: D&#039;Angelo, O\'Brien, Jos%C3%A9, Jos\u00e9, JosÃ©. */
export function unescaped(text: string): string {
  let plain = text;
  for (let round = 0; round < ESCAPED_MAX; round += 1) {
    const next = ofBytes(
      ofPercent(
        decode(plain)
          .replace(/\\u([\da-f]{4})/gi, ofCode)
          .replace(/\\+(?=['"’])/g, ''),
      ),
    );
    if (next === plain) break;
    plain = next;
  }
  return plain;
}

const ofCode = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

/** `Jos%C3%A9`; a percent sign of another meaning stays. */
function ofPercent(text: string): string {
  if (!/%[\da-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** UTF-8 that a program has read as Latin-1: JosÃ©. */
function ofBytes(text: string): string {
  if (!/[\u00c2-\u00c5][\u0080-\u00bf]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  } catch {
    return text;
  }
}

/** Words of a name that stay small after the first word. */
const PARTICLES: ReadonlySet<string> = new Set(
  (
    'van von vom zu zum zur der den de del della di da das do dos du des la las le les los y e el al ten ter te bin ' +
    'binti ibn af av'
  ).split(' '),
);
const ROMAN = /^(?:II|III|IV|VI|VII|VIII)$/;
/** Scripts with capital letters that people write names in; others have none, or use them otherwise. */
const CASED = /^(?:[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{M}]|[\s.'’-])+$/u;

/**
 * A name in capitals or small letters throughout as people write it; any other is meant as it is (McDonald, van der
 * Berg, DeShawn), and so are initials (JD, J. R.).
 */
function inNameCase(name: string): string {
  // "von BEETHOVEN": only the particle is small.
  const loud = name.split(' ').filter((word) => !PARTICLES.has(word));
  const isUpper = loud.length > 0 && loud.every((word) => word === word.toUpperCase());
  if ((!isUpper && name !== name.toLowerCase()) || !CASED.test(name) || !/\p{L}/u.test(name)) return name;
  const words = name.split(' ');
  return words
    .map((word, index) => {
      if (isUpper && (ROMAN.test(word) || isInitials(word))) return word;
      const small = word.toLowerCase();
      const isLast = index === words.length - 1;
      // "le" and "do" alone are families.
      if (PARTICLES.has(small) && !isLast && (word === small || index > 0)) return small;
      return capitalized(word, isUpper);
    })
    .join(' ');
}

const SHORT_NAMES: ReadonlySet<string> = new Set(['AL', 'AN', 'ED', 'EM', 'OZ']);
/** One or two letters without a vowel at the end, with or without dots: J, JD, A.J. */
const isInitials = (word: string): boolean =>
  /^\p{L}\.?$/u.test(word) ||
  /^(?:\p{L}\.){2,}\p{L}?$/u.test(word) ||
  (/^\p{L}[^\P{L}AEIOUYÄÖÜ]$/u.test(word) && !SHORT_NAMES.has(word));

function capitalized(word: string, wasUpper: boolean): string {
  const turkish = /[ŞĞİ]/u.test(word) ? 'tr' : undefined;
  const small = wasUpper ? word.toLocaleLowerCase(turkish) : word;
  return small
    .replace(/^(\p{L}{1,2}['’])?\p{L}|(?<=[-.])\p{L}/gu, (start) => upper(start, turkish))
    .replace(/^(Mc)(\p{Ll})/u, (_, mc: string, letter: string) => mc + upper(letter))
    .replace(/^Ij(?=\p{L})/u, 'IJ');
}

/** The first and the last letter of "o'b", or the only one; a letter without one capital stays. */
const upper = (text: string, locale?: string): string =>
  text.replace(/^\p{L}|\p{L}$/gu, (letter) => {
    const capital = letter.toLocaleUpperCase(locale);
    return capital.length === letter.length ? capital : letter;
  });
