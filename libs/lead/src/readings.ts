/** Maximum nested encodings. JSON in JSON is not counted: each level is longer than its content. */
const DEPTH_MAX = 4;
/** `a@b.c`; no address is shorter. */
const LENGTH_MIN = 5;
/** Longer runs are decoded in parts: the regular expression stores each repetition. */
const REPEATED_MAX = 999;

interface Reading {
  value: unknown;
  /** Whether form decoding is done: from then on a plus stays a plus. */
  isUnescaped?: boolean;
}

/**
 * Every text in a value, as written and decoded: JSON in JSON, keys, forms, percent-encoding, HTML entities, backslash
 * escapes, quoted-printable and base64, up to four of these nested. Each text is scanned at most twice for each
 * encoding, so the work is a multiple of the length of `value`, whatever its content.
 */
export function* readings(value: unknown): Generator<string> {
  /** Each text, and whether form decoding was left out of it. */
  const seen = new Map<string, boolean>();
  let level: Reading[] = [{ value }];
  // Depth by depth: a text is decoded at the least depth at which it occurs, whatever the order of the keys.
  for (let depth = 0; level.length > 0; depth++) {
    const deeper: Reading[] = [];
    for (let next = level.pop(); next; next = level.pop()) {
      const { value: found, isUnescaped = false } = next;
      if (typeof found === 'string') {
        const before = seen.get(found);
        if (found.length < LENGTH_MIN || before === false || before === isUnescaped) continue;
        seen.set(found, isUnescaped);
        if (before === undefined) yield found;
        const json = parsed(found);
        if (json !== undefined) level.push({ value: json });
        if (depth < DEPTH_MAX) for (const reading of decoded(found, isUnescaped)) deeper.push(reading);
      } else if (typeof found === 'object' && found !== null) {
        for (const [key, member] of Object.entries(found)) level.push({ value: key }, { value: member });
      }
    }
    level = deeper;
  }
}

function parsed(text: string): unknown {
  if (!'[{"'.includes(text.charAt(text.search(/\S/)) || ' ')) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}

function decoded(text: string, isUnescaped: boolean): Reading[] {
  const plain = [fromQuotedPrintable(text), ...(isUnescaped ? [] : fromForm(text)), ...fromBase64(text)];
  const all = [{ value: unescaped(text), isUnescaped: true }, ...plain.map((value) => ({ value }))];
  return all.filter(({ value }) => value !== text);
}

const ESCAPE = new RegExp(
  [
    `(?:%[0-9a-f]{2}){1,${REPEATED_MAX}}`,
    '&#x0{0,99}[0-9a-f]{1,6};?',
    '&#0{0,99}\\d{1,7};?',
    '&[a-z]{2,8};',
    '\\\\u[0-9a-f]{4}',
    '\\\\u\\{0{0,99}[0-9a-f]{1,6}\\}',
    '\\\\x[0-9a-f]{2}',
    '\\\\["/\\\\nrtbf]',
  ].join('|'),
  'gi',
);
/** HTML's names of the characters that can be in an address, or next to one. */
const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    commat: '@',
    period: '.',
    lowbar: '_',
    plus: '+',
    num: '#',
    excl: '!',
    dollar: '$',
    percnt: '%',
    amp: '&',
    apos: "'",
    ast: '*',
    midast: '*',
    sol: '/',
    equals: '=',
    quest: '?',
    hat: '^',
    grave: '`',
    lcub: '{',
    lbrace: '{',
    verbar: '|',
    vert: '|',
    rcub: '}',
    rbrace: '}',
    quot: '"',
    lt: '<',
    gt: '>',
    lpar: '(',
    rpar: ')',
    bsol: '\\',
    nbsp: ' ',
    tab: '\t',
    newline: '\n',
    shy: '\u00ad',
    zwnj: '\u200c',
    zwj: '\u200d',
  }),
);

const unescaped = (text: string): string =>
  text.replace(ESCAPE, (escape) => {
    if (escape.startsWith('%')) return bytesOf(escape.replaceAll('%', ''));
    if (/^\\["/\\]$/.test(escape)) return escape.slice(1);
    if (escape.length === 2) return ' ';
    if (/^&[a-z]/i.test(escape)) return ENTITIES.get(escape.slice(1, -1).toLowerCase()) ?? escape;
    const digits = /^(?:&#x|\\u\{?|\\x)([0-9a-f]+)/i.exec(escape)?.[1];
    const code = digits === undefined ? parseInt(escape.slice(2), 10) : parseInt(digits, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
  });

const QUOTED = new RegExp(`(?:=[0-9a-f]{2}|=[ \\t]{0,9}\\r?\\n){1,${REPEATED_MAX}}`, 'gi');
const fromQuotedPrintable = (text: string): string => text.replace(QUOTED, (run) => bytesOf(run.replace(/[=\s]/g, '')));

const bytesOf = (hex: string): string => Buffer.from(hex, 'hex').toString();

/** A form's names and values: a plus is a space there. If an @ is not encoded, a plus may be literal. */
const fromForm = (text: string): string[] => {
  const form = text.trimEnd();
  return /^[^\s=&@]{1,200}=/.test(form) && !/[\s@]/.test(form) ? [...new URLSearchParams(form)].flat() : [];
};

/** A longer word is matched in pieces: a regular expression that repeats a million times overflows its stack. */
const WORD = new RegExp(`[\\w+/-]{1,${REPEATED_MAX}}`, 'g');
/** Shorter words can't be base64 of an address. */
const BASE64_MIN = 16;

/** Lines of whole groups of four are one text, as in a mail; other lines are texts of their own. */
const fromBase64 = (text: string): string[] =>
  base64Lines(text).flatMap((lines) => {
    const isOne = lines.slice(0, -1).every(({ length }) => length % 4 === 0);
    return (isOne ? [lines.join('')] : lines).map((line) => Buffer.from(line, 'base64').toString());
  });

/** The base64 words, a list of lines for each: the first is of `BASE64_MIN`, each next one follows a line break. */
function base64Lines(text: string): string[][] {
  const runs: string[][] = [];
  let [start, end, isOpen] = [0, 0, false];
  const close = () => {
    const line = text.slice(start, end);
    if (isOpen) runs.at(-1)?.push(line);
    else if (line.length >= BASE64_MIN) runs.push([line]);
    isOpen ||= line.length >= BASE64_MIN;
  };
  for (const { 0: piece, index } of text.matchAll(WORD)) {
    if (index > end) {
      close();
      isOpen &&= /^\r?\n$/.test(text.slice(end, Math.min(index, end + 3)));
      start = index;
    }
    end = index + piece.length;
  }
  close();
  return runs;
}
