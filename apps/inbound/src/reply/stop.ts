import { phrasesOf } from './phrases/languages.ts';
import { anyOf, withoutAccents } from './text-patterns.ts';

const wish = new RegExp(`^(?:${phrasesOf('stop').join('|')})$`, 'u');
const PLEASE = new Set(phrasesOf('please').flatMap((words) => withoutAccents(words).split('|')));
const GREETING = new RegExp(`^${anyOf(...phrasesOf('greeting'))}`, 'u');
const NEGATION = new RegExp(`\\b(?:${phrasesOf('negation').join('|')})\\b`, 'i');

const LINE_LENGTH_MAX = 120;

function wishes(sentence: string): boolean {
  const words = withoutAccents(sentence)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  return wish.test(words.join(' ')) || wish.test(words.filter((word) => !PLEASE.has(word)).join(' '));
}

/** Whether a whole line, or a subject, is a request for no more mail and nothing else. */
export const asksToStop = (line: string): boolean =>
  line.length <= LINE_LENGTH_MAX && !line.startsWith('>') && wishes(line);

/** The first line after a greeting. */
function firstLine(text: string): string {
  const [first = '', second = ''] = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const isGreeting =
    first.length <= 40 &&
    GREETING.test(withoutAccents(first)) &&
    !asksToStop(first) &&
    !/[.!?,] *\S/.test(first.replace(/\b(?:sra?|mrs?|ms|dr|hr|fr|m)\./gi, ''));
  return isGreeting ? second : first;
}

/**
 * Whether a mail begins with a request for no more mail: its first line, or a sentence of several words in it. A single
 * word among others ("Wait, stop, …") does not count, nor does a sentence after a negation ("Do not, by mistake, …").
 */
export function beginsWithStop(text: string): boolean {
  const line = firstLine(text);
  if (line.length > 2 * LINE_LENGTH_MAX || line.startsWith('>')) return false;
  if (asksToStop(line)) return true;
  return line
    .split(/[.!?;,:–—]+/)
    .some(
      (sentence, index, all) =>
        /\S\s+\S/.test(sentence.trim()) &&
        asksToStop(sentence.trim()) &&
        !all.slice(0, index).some((before) => NEGATION.test(before)),
    );
}
