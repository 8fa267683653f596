/** The beginning of a part of an HTML mail that no reader sees. */
const HIDDEN = /<(?:!--|(style|script|title)\b)/gi;
const END = {
  comment: /-->/g,
  style: /<\/style\s{0,20}>/gi,
  script: /<\/script\s{0,20}>/gi,
  title: /<\/title\s{0,20}>/gi,
};
const BREAKS = /^<\/?(?:p|div|br|tr|td|th|li|ul|ol|table|blockquote|hr|h[1-6]|body|head|html|section|article|pre)\b/i;

const NAMED: Readonly<Record<string, string>> = {
  nbsp: ' ',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  rsquo: '’',
  lsquo: '‘',
  rdquo: '”',
  ldquo: '“',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  szlig: 'ß',
  oslash: 'ø',
  Oslash: 'Ø',
  aelig: 'æ',
  AElig: 'Æ',
  ordm: 'º',
};
/** The end of an entity's name after its letter: `&eacute;`. */
const MARKS: Readonly<Record<string, string>> = {
  grave: '\u0300',
  acute: '\u0301',
  circ: '\u0302',
  tilde: '\u0303',
  uml: '\u0308',
  ring: '\u030a',
  cedil: '\u0327',
  caron: '\u030c',
};

function character(entity: string, name: string): string {
  const [, hex, digits] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name) ?? [];
  const code = hex ? parseInt(hex, 16) : Number(digits);
  if (code > 0 && code <= 0x10_ff_ff) return String.fromCodePoint(code);
  const [, letter = '', mark = ''] = /^([a-z])([a-z]+)$/i.exec(name) ?? [];
  if (Object.hasOwn(NAMED, name)) return NAMED[name] ?? entity;
  return Object.hasOwn(MARKS, mark) ? (letter + MARKS[mark]).normalize('NFC') : entity;
}

/** The search for each end starts at the last one: time is linear in the length. */
function visible(html: string): string {
  let [seen, at] = ['', 0];
  for (const { 0: start, 1: name, index } of html.matchAll(HIDDEN)) {
    if (index < at) continue;
    seen += `${html.slice(at, index)}\n`;
    const end = END[(name?.toLowerCase() ?? 'comment') as keyof typeof END];
    end.lastIndex = index + start.length;
    if (!end.test(html)) return seen;
    at = end.lastIndex;
  }
  return seen + html.slice(at);
}

/** The text of an HTML mail, a line for each block, in time linear in its length. Not safe to show as HTML. */
export const withoutMarkup = (html: string): string =>
  visible(html)
    .replace(/<[^<>]*>/g, (tag) => (BREAKS.test(tag) ? '\n' : ''))
    .replace(/&(#?\w{1,8});/g, character)
    .replace(/[^\S\n]+/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n');

/** A reply's meaning is at its top, and the trimmer of quotes takes time quadratic in its input. */
const TEXT_LENGTH = 32 * 1024;
/** Word puts its style sheets before the text. */
const HTML_LENGTH = 256 * 1024;

/** The first 32 KiB of the text that a reader sees, from the HTML if there is no plain text. */
export const visibleText = ({ text = '', html = '' }: { text?: string; html?: string }): string =>
  (text.trim() ? text : withoutMarkup(html.slice(0, HTML_LENGTH))).slice(0, TEXT_LENGTH);
