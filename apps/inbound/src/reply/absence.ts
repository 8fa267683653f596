import { isSpaced, isUnspaced, phrasesOf } from './phrases/languages.ts';
import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';

/** An empty group would match everywhere. */
const some = (words: string[]): string[] => (words.length > 0 ? [anyOf(...words)] : []);
type List =
  | 'away'
  | 'itself'
  | 'meanwhile'
  | 'urgent'
  | 'updated'
  | 'wants'
  | 'robot'
  | 'receipt'
  | 'ticket'
  | 'filed'
  | 'challenge';
const anywhere = (...lists: List[]): string => {
  const inAny = (isWanted: typeof isSpaced): string[] => lists.flatMap((list) => phrasesOf(list, isWanted));
  return `${[wholeWords(...inAny(isSpaced)), ...some(inAny(isUnspaced))].join('|')}`;
};

const AWAY = new RegExp(anywhere('away'), 'u');
const AWAY_SUBJECT = new RegExp(`${wholeWords(...phrasesOf('awaySubject'))}|${AWAY.source}`, 'u');
const ITSELF = new RegExp(anywhere('itself'), 'u');
const MEANWHILE = new RegExp(anywhere('meanwhile'), 'u');
const URGENT = new RegExp(anywhere('urgent'), 'u');
const UPDATED = new RegExp(anywhere('updated'), 'u');
const WANTS = new RegExp(anywhere('wants'), 'u');
const ROBOT = new RegExp(anywhere('robot', 'itself'), 'gu');
const RECEIPT = new RegExp(anywhere('receipt'), 'gu');
/** "Your request 4711 has been registered", and the other way round in some languages. */
const FILED = new RegExp(
  `(?:${anywhere('ticket')})[^.!?。！？]{0,60}?(?:${anywhere('filed')})` +
    `|(?:${anywhere('filed')})[^.!?。！？]{0,40}?(?:${anywhere('ticket')})`,
  'gu',
);
const CHALLENGE = new RegExp(anywhere('challenge'), 'u');

/** For automatic replies only: a person who writes these words is there. */
const LEFT = new RegExp(
  [`(?<!\\p{L})(?:${phrasesOf('left', isSpaced).join('|')})(?!\\p{L})`, ...phrasesOf('left', isUnspaced)].join('|'),
  'u',
);

/** A company's name follows, so upper and lower case count. */
const LEFT_SOMEWHERE = /\b(?:has|have) left(?= \p{Lu}\p{L}+)/u;

const TEXT_LENGTH = 4_096;
const read = (text: string): string => withoutAccents(text.slice(0, TEXT_LENGTH)).replace(/\s+/g, ' ');

/**
 * The words of an automatic reply from which its person has left the company, or its address has no reader any more; of
 * the first 4 KiB.
 */
export const hasLeft = (text: string): string | undefined =>
  (LEFT.exec(read(text)) ?? LEFT_SOMEWHERE.exec(text.slice(0, TEXT_LENGTH)))?.[0];

/** Whether an automatic reply mentions an absence. */
export const isAway = (subject: string, text: string): boolean =>
  AWAY_SUBJECT.test(read(subject)) || AWAY.test(read(text));

/** Whether a program says of its own mail that a program wrote it. */
export const saysItself = (text: string): boolean => ITSELF.test(read(text));

/** Whether nobody reads mail for now, by the words of an automatic reply. */
export const isUnread = (text: string): boolean => MEANWHILE.test(read(text));

/** Whether the text is about a price, a demo or a call: programs want nothing of a seller. */
export const wants = (text: string): boolean => WANTS.test(read(text));

/** Whether a help desk passes on what its agent wrote. */
export const isUpdate = (text: string): boolean => UPDATED.test(read(text));

/** A question mark; those of links do not count. */
const QUESTION = /[?？؟](?![^\s"'”’)\]}*_])/g;
const QUESTION_LENGTH = 200;

/** Whether a person asks, who waits for an answer; "Urgent? Call …" is an automatic reply's. */
export const asks = (text: string): boolean =>
  [...text.matchAll(QUESTION)].some(({ index }) => {
    const question = /[^.!?。！？؟\n]*$/.exec(text.slice(Math.max(0, index - QUESTION_LENGTH), index))?.[0] ?? '';
    return !URGENT.test(read(question));
  });

/** The number of a ticket, in the middle of what a program says of it. */
const TICKET =
  / ?(?:[([]?(?:#|№ ?|n[.°º]{0,2} ?|nr\.? ?|no\.? ?|c\. ?|num\.? ?)[a-z]{0,10}-?\d{2,20}[)\]]?|[([][a-z]{0,10}-?\d{2,20}[)\]])(?= )/g;

const ASSENT = new RegExp(
  `^(?:[^\\p{P}]{1,40}[,!.،、，：:] ?)?(?:${anyOf(...phrasesOf('assent', isSpaced))}(?![\\p{L}\\p{N}])` +
    `|${anyOf(...phrasesOf('assent', isUnspaced))})`,
  'u',
);

/** Whether the text begins with a yes or a no to us, behind a greeting or not: programs do not answer. */
export const agrees = (text: string): boolean => ASSENT.test(read(text.trimStart().slice(0, 200)));

/** Whether a help desk has registered, assigned or closed a request, by the text. */
export const saysFiled = (text: string): boolean => read(text).replace(TICKET, '').search(FILED) >= 0;

const overlap = (one: RegExpExecArray, other: RegExpExecArray): boolean =>
  one.index < other.index + other[0].length && other.index < one.index + one[0].length;

/**
 * The different statements of a text that a program wrote it, and all of its statements with those of a receipt. Words
 * of both kinds in one place are one statement.
 */
export function statements(text: string): { robot: number; all: number } {
  const words = read(text).replace(TICKET, '');
  const robots = [...words.matchAll(ROBOT)];
  const filed = [...words.matchAll(FILED)].filter((one) => !robots.some((other) => overlap(one, other)));
  const known = [...robots, ...filed];
  const receipts = [...words.matchAll(RECEIPT)].filter((one) => !known.some((other) => overlap(one, other)));
  const count = (found: readonly RegExpExecArray[]): number => new Set(found.map(([text]) => text)).size;
  const robot = count(robots);
  return { robot, all: robot + Math.min(count(filed), 1) + count(receipts) };
}

/** Whether a filter asks the sender to prove that a person wrote the mail that it holds. */
export const isChallenge = (subject: string, text: string): boolean =>
  /https?:\/\//i.test(text) && CHALLENGE.test(read(`${subject.slice(0, 200)}\n${text}`));
