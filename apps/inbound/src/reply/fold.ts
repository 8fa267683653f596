/** Spelling by which words are recognised: lower case, without accents, one kind of apostrophe. People and programs leave accents out. */
export const fold = (text: string): string =>
  text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').replace(/[’‘ʼ´`]/g, "'");

/** Alternatives for a regular expression over folded text, out of words separated by bars; a word's `*` is any ending. */
export function either(...words: string[]): string {
  const escaped = words.flatMap((some) => some.split('|')).map((word) => fold(word).replace(/[./()+]/g, '\\$&')).sort((a, b) => b.length - a.length);
  const stems = escaped.filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1));
  // One class of letters for all stems: each costs when the expression is compiled.
  return `(?:${[...(stems.length > 0 ? [`(?:${stems.join('|')})\\p{L}*`] : []), ...escaped.filter((word) => !word.endsWith('*'))].join('|')})`;
}

/** The same, whole words only. What is written without blanks between words has none to look for. */
export const whole = (...words: string[]): string => `(?<![\\p{L}\\p{N}])${either(...words)}(?![\\p{L}\\p{N}])`;
