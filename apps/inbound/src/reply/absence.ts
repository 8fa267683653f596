import { isSpaced, isUnspaced, phrasesOf } from './phrases/languages.ts';
import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';

const anywhere = (list: 'away' | 'robot'): string =>
  `${wholeWords(...phrasesOf(list, isSpaced))}|${anyOf(...phrasesOf(list, isUnspaced))}`;

const AWAY = new RegExp(anywhere('away'), 'u');
const AWAY_SUBJECT = new RegExp(`${wholeWords(...phrasesOf('awaySubject'))}|${AWAY.source}`, 'u');
const ROBOT = new RegExp(anywhere('robot'), 'u');

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

/** Whether a text states that a program wrote it. */
export const isRobot = (text: string): boolean => ROBOT.test(read(text));
