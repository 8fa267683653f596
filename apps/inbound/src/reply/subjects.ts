import { phrasesOf } from './phrases/languages.ts';
import { anyOf, withoutAccents } from './text-patterns.ts';

/** Subjects that programs write: each begins with certain words. "Re: Automatic reply" is a person's answer to one. */

const AUTOMATIC = anyOf(...phrasesOf('automaticSubject'));
const ABSENCE = anyOf(...phrasesOf('absenceSubject'));
const isAutomatic = new RegExp(`^(?:${AUTOMATIC}|${ABSENCE})(?![\\p{Script=Latin}\\p{Script=Cyrillic}])`, 'u');
const isAbsence = new RegExp(`^${ABSENCE}`, 'u');
/**
 * Notes and Sieve put this before the original subject. German car dealers write "Auto:", so an absence has to follow.
 */
const AUTO =
  /^auto ?: .*(?:\bis out of (?:the )?office\b|\bau(?:ß|ss)er haus\b|\babwesend\b|\bis away\b|\bnot in the office\b)/u;

const bounces = new RegExp(`^${anyOf(...phrasesOf('bounceSubject'))}`, 'u');
/** A delivery that may still succeed, or has succeeded, is no bounce. */
const delivered = new RegExp(`${anyOf(...phrasesOf('delaySubject'))}|^${anyOf(...phrasesOf('deliveredSubject'))}`, 'u');

const receipts = new RegExp(`^(?:${anyOf(...phrasesOf('receiptSubject'))} ?[:：]|return receipt|read receipt)`, 'u');
const ofAMessage = new RegExp(`^${anyOf(...phrasesOf('receiptText'))}`, 'u');

/** Without accents, and without the tags that mail gateways put in front: `[EXTERNAL]`, `*EXT*`. */
const start = (subject: string): string =>
  withoutAccents(subject.slice(0, 200)).replace(
    /^(?:\s|\[[^[\]]{1,30}\]|\*{1,3}[^*]{1,30}\*{1,3}|(?:external|extern|ext) ?:)+/,
    '',
  );

/** Whether a mail program marked the subject as an automatic reply's; Exchange often gives no other sign. */
export const isAutomaticSubject = (subject: string): boolean =>
  isAutomatic.test(start(subject)) || AUTO.test(start(subject));

/** Whether it is an absence's subject. Exchange uses its general automatic subject for its out-of-office. */
export const isAbsenceSubject = (subject: string): boolean =>
  isAbsence.test(start(subject)) ||
  AUTO.test(start(subject)) ||
  (isAutomatic.test(start(subject)) && !/^auto(?:mated)?[- ]?re(?:ply|sponse|sponder)/.test(start(subject)));

/** Whether it is a mail server's subject of a bounce. A person's answer to one begins with "Re:". */
export const isBounceSubject = (subject: string): boolean => bounces.test(start(subject));

/** Whether it is the subject of a report about a delay or a successful delivery. */
export const isNoFailure = (subject: string): boolean => delivered.test(start(subject));

/** A read receipt of a program that sends no RFC 8098 report. */
export const isReadReceipt = (subject: string, text: string): boolean =>
  receipts.test(start(subject)) && ofAMessage.test(withoutAccents(text.trimStart().slice(0, 100)));
