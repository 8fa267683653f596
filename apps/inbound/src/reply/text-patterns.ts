/** Full-width Latin, and the shapes of Arabic letters that old programs write. */
const SHAPED = /[\uff01-\uff5e\u3000\ufb50-\ufdff\ufe70-\ufefc]/g;
/** Digits of other scripts: each script has its ten in a row, and no digit before them. */
const DIGIT = /[\p{Nd}--[0-9]]/gv;
const isDigit = /^\p{Nd}$/u;
function digit(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && isDigit.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}

/**
 * The spelling in which words are compared: lower case, no accents, one kind of apostrophe, digits and Latin letters in
 * ASCII. People and mail programs often omit accents.
 */
export const withoutAccents = (text: string): string =>
  text
    .replace(SHAPED, (char) => char.normalize('NFKC'))
    .replace(DIGIT, digit)
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .normalize('NFC')
    .replace(/[’‘ʼ´`]/g, "'");

/**
 * A regular expression source for any of the words, to match text `withoutAccents`. Words are separated by bars; a
 * final
 * `*` stands for any ending. Longer words come first, because the first alternative that matches wins.
 */
export function anyOf(...words: string[]): string {
  const escaped = [...new Set(words.flatMap((some) => some.split('|')))]
    .map((word) => withoutAccents(word).replace(/[./()+]/g, '\\$&'))
    .sort((a, b) => b.length - a.length);
  const stems = escaped.filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1));
  const exact = escaped.filter((word) => !word.endsWith('*'));
  // All stems share one letter class: each class adds to the time of compilation.
  return `(?:${[...(stems.length > 0 ? [`(?:${stems.join('|')})\\p{L}*`] : []), ...exact].join('|')})`;
}

/** Like `anyOf`, but matches whole words only: for languages that put spaces between words. */
export const wholeWords = (...words: string[]): string => `(?<![\\p{L}\\p{N}])${anyOf(...words)}(?![\\p{L}\\p{N}])`;
