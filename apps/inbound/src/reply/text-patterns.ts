/**
 * The spelling in which words are compared: lower case, no accents, one kind of apostrophe. People and mail programs
 * often
 * omit accents.
 */
export const withoutAccents = (text: string): string =>
  text
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
