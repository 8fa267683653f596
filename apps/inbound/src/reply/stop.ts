import { isOfDevice } from './device.ts';
import { phrasesOf } from './phrases/languages.ts';
import { isRequestOf } from './stop-words.ts';
import { anyOf, withoutAccents } from './text-patterns.ts';

const wish = new RegExp(`^(?:${phrasesOf('stop').map(withoutAccents).join('|')})$`, 'u');
const dismissal = new RegExp(`^(?:${phrasesOf('dismissal').map(withoutAccents).join('|')})$`, 'u');
const PLEASE = new Set(phrasesOf('please').flatMap((words) => withoutAccents(words).split('|')));
const GREETING = new RegExp(`^${anyOf(...phrasesOf('greeting'))}`, 'u');

const LINE_LENGTH_MAX = 120;

const wordsOf = (sentence: string): string[] =>
  withoutAccents(sentence)
    .split(/[^\p{L}\p{N}]+/u)
    // "Stop stop stop" is one word.
    .filter((word, place, all) => word !== '' && word !== all[place - 1]);
const isCourtesy = (word: string): boolean => PLEASE.has(word);
const without = (words: readonly string[]): string => words.filter((word) => !isCourtesy(word)).join(' ');

/** Some courtesies are a part of a request in another language, so inside of it they may stay. */
function between(words: readonly string[]): string {
  const start = words.findIndex((word) => !isCourtesy(word));
  return start < 0 ? '' : words.slice(start, words.findLastIndex((word) => !isCourtesy(word)) + 1).join(' ');
}

/** "No, contact me" is two. */
const SEVERAL = /[,.;:!?،؛。！？]\s+\p{L}/u;

function wishes(sentence: string): boolean {
  const words = wordsOf(sentence);
  return (
    [words.join(' '), between(words), without(words)].some((text) => wish.test(text)) ||
    (!SEVERAL.test(sentence) && isRequestOf(words))
  );
}

/** Whether a whole line, or a subject, is a request for no more mail and nothing else. */
export const asksToStop = (line: string): boolean =>
  line.length <= LINE_LENGTH_MAX && !line.startsWith('>') && wishes(line);

const isGreeting = (line: string): boolean =>
  line.length <= 40 && GREETING.test(withoutAccents(line)) && !/[.!?,] *\S/.test(withoutTitles(line));
const withoutTitles = (line: string): string => line.replace(/\b(?:sra?|mrs?|ms|dr|hr|fr|m)\./gi, '');

/** A sentence that takes nothing from a request beside it: thanks, a greeting, "not interested". */
function isIdle(sentence: string): boolean {
  const words = wordsOf(sentence);
  return (
    without(words) === '' ||
    [words.join(' '), between(words), without(words)].some((text) => dismissal.test(text)) ||
    isGreeting(sentence)
  );
}

/** A name that signs the line: "Please remove me. Thanks, Jo Park". */
const isSigned = (sentence: string, before: string | undefined): boolean =>
  before !== undefined &&
  before !== '' &&
  without(wordsOf(before)) === '' &&
  /^\p{Lu}[\p{L}'’.-]*(?: \p{Lu}[\p{L}'’.-]*){0,2}$/u.test(sentence);

/** The request in a line: the whole line, or a sentence among idle ones. In "Wait, stop, I want …" there is none. */
function requestIn(line: string): string | undefined {
  if (line.length > 2 * LINE_LENGTH_MAX) return undefined;
  if (asksToStop(line)) return line;
  const sentences = line
    .split(/[.!?;,:–—。！？،।]+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean);
  const asked = sentences.find(asksToStop);
  if (isSigned(sentences.at(-1) ?? '', sentences.at(-2))) sentences.pop();
  return sentences.every((sentence) => isIdle(sentence) || asksToStop(sentence)) ? asked : undefined;
}

/** The line above a quoted mail, or above a signature. */
const END = /^(?:[-–—_*=]{2,}|.{0,300}[:：]$|[^:：]{2,20}[:：].{0,300}@)/;
const ABBREVIATION = /(?<![\p{L}])(?:ltd|inc|co|corp|s\.?a|s\.?p\.?a|d\.?o\.?o|s\.?r\.?o|o\.?o)\.$/iu;
const LONG_LINE = 100;
const TEXT_LINES = 40;

/** A line of a signature: a name or title in capitals, digits, an address or a link; or the end of a letter. */
const isOfSignature = (line: string): boolean =>
  line.length <= LONG_LINE &&
  (/[@\d]|www\.|:\/\//.test(line) ||
    isOfDevice(line) ||
    (!/[.!?。！？]$/.test(line.replace(ABBREVIATION, '')) &&
      !/(?<![\p{L}\p{M}])\p{Ll}{4,}|[\p{Lo}\p{M}]{13}/u.test(line)) ||
    /^[^.!?]{1,40}[,，]$/.test(line));

/** Whether only a signature, or more of the same wish, follows. A long line after a signature is a disclaimer. */
function isRestIdle(lines: readonly string[]): boolean {
  for (const [place, line] of lines.entries()) {
    if (END.test(line)) return true;
    if (line.length > LONG_LINE && place > 0) return !/[?？؟]/.test(line);
    if (!isOfSignature(line) && !asksToStop(line) && !line.split(/[.!,]+/).every(isIdle)) return false;
  }
  return true;
}

/**
 * The words of a reply that as a whole is a request for no more mail: a greeting, the request, idle sentences and a
 * signature around it. A reply that says more is a person's, who may want something else to stop.
 */
export function requestToStop(text: string): string | undefined {
  const all = text
    .split('\n', TEXT_LINES)
    .map((line) => line.trim())
    .filter(Boolean);
  const [first = ''] = all;
  const lines = isGreeting(first) && !asksToStop(first) ? all.slice(1) : all;
  const [one = '', two = ''] = lines;
  const request = requestIn(one);
  if (request !== undefined && isRestIdle(lines.slice(1))) return request;
  // Programs wrap long lines.
  const wrapped = requestIn(`${one} ${two}`);
  return wrapped !== undefined && isRestIdle(lines.slice(2)) ? wrapped : undefined;
}
