import { phrasesOf } from './phrases/languages.ts';
import { anyOf, withoutAccents } from './text-patterns.ts';

/** Subjects that programs write: each begins with certain words. "Re: Automatic reply" is a person's answer to one. */

const AUTOMATIC = anyOf(...phrasesOf('automaticSubject'));
const ABSENCE = anyOf(...phrasesOf('absenceSubject'));
const MARK = `(?:${AUTOMATIC}|${ABSENCE})`;
/** "Out of Office AutoReply", "Automatic reply (out of office)". */
const MARKS = `${MARK}(?:[ ,;|/(–—-]{1,4}${MARK}\\)?)?`;
const ENDS = ' ?[.!…。！]{0,5} ?$';
const COLON = ' ?[:：﹕]';
/** The prefix of an answered subject, in the languages of mail programs. */
const ANSWER =
  '(?:re|aw|antw|sv|vs|rv|r|ref|res|odp|ynt|ya|vl|bls|hv|回复|回覆|答复|返信|答覆|회신|רד|רע|απ|ответ|' +
  'antwort|odg|rif|va|ats|atb|rasp|svar|отг|відп|رد|پاسخ|ตอบ|tra loi)' +
  '(?:\\[\\d{1,3}\\])? ?[:：﹕]';
const ANSWERED = `[ ,;|>(–—-]{1,4}${ANSWER}`;
const isAnswered = new RegExp(`^${ANSWER}`, 'u');
/** Persons begin a subject with the same words: "On vacation next week - can we do the demo before?" */
const NEXT = `(?:${ENDS}|${COLON}|${ANSWERED})`;
const isAutomatic = new RegExp(`^${MARKS}${NEXT}`, 'u');
/** "Automatic reply from …" in Chinese mail programs, and a mark behind the subject. */
const isAutomaticEnd = new RegExp(
  `^来自.{1,40}的(?:自动回复|自动答复)$|[([（【［「] ?${AUTOMATIC} ?[)\\]）】］」]$`,
  'u',
);
/** "Automatic reply from Ann Lee"; persons write so of a company's. */
const isAutomaticFrom = new RegExp(`^${AUTOMATIC} (?:from|von|de|di|van|da|fra|från|od|от|від) `, 'u');
const endsWithName = /\s\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}.'’-]+){0,2}\s*$/u;
/** "Auto: …" of Proton and of German car dealers, "Ann Lee is out of the office." of Notes and of a colleague. */
const IS_AWAY = /^auto ?:|^[^:]{2,60} is (?:out of (?:the )?office|on (?:vacation|leave|holiday))(?: ?\.?$| \()/u;
/** Persons begin a subject with these, too, and go on in the text. */
const isAbsenceAlone = new RegExp(`^${ABSENCE}(?:${ENDS}|${COLON})`, 'u');
const isVacationAlone = new RegExp(`^${anyOf(...phrasesOf('awaySubject'))}(?:${ENDS}|${COLON})`, 'u');
const isAbsence = new RegExp(
  `^(?:${AUTOMATIC}[ ,;|/(–—-]{1,4})?${ABSENCE}(?:[ ,;|/(–—-]{1,4}${MARK}\\)?)?${NEXT}`,
  'u',
);
const isAutomaticTag = new RegExp(`^ ?(?:${MARKS}|auto)(?:${ENDS}|${COLON})`, 'u');
const isAbsenceTag = new RegExp(`^ ?${ABSENCE}(?:${ENDS}|${COLON})`, 'u');
/** A team's mails may be about them, so that an answered subject has to follow: "[Vacation] Re: …". */
const mayBeAbsenceTag = new RegExp(`^ ?${anyOf(...phrasesOf('awaySubject'))}${ENDS}`, 'u');
const isTaggedAbsent = (tags: readonly string[], rest: string): boolean =>
  tags.some((tag) => isAbsenceTag.test(tag) || (mayBeAbsenceTag.test(tag) && isAnswered.test(rest)));
/**
 * Notes and Sieve put this before the original subject, and German car dealers before theirs: an absence has to follow.
 */
const AUTO = new RegExp(
  `^auto ?: (?:${ABSENCE}(?:${ENDS}|${COLON})|` +
    '.*(?:\\bis out of (?:the )?office\\b|\\bau(?:ß|ss)er haus\\b|\\babwesend\\b|\\bis away\\b|\\bnot in the ' +
    'office\\b))',
  'u',
);

const bounces = new RegExp(`^${anyOf(...phrasesOf('bounceSubject'))}`, 'u');
/** A delivery that may still succeed, or has succeeded, is no bounce. */
const delivered = new RegExp(`${anyOf(...phrasesOf('delaySubject'))}|^${anyOf(...phrasesOf('deliveredSubject'))}`, 'u');

const recalls = new RegExp(`^${anyOf(...phrasesOf('recallSubject'))}${COLON}`, 'u');
const ofARecall = new RegExp(phrasesOf('recallText').map(withoutAccents).join('|'), 'u');

const receipts = new RegExp(`^(?:${anyOf(...phrasesOf('receiptSubject'))} ?[:：]|return receipt|read receipt)`, 'u');
const ofAMessage = new RegExp(`^${anyOf(...phrasesOf('receiptText'))}`, 'u');

const SUBJECT_LENGTH = 200;
/** A mark in front of a subject: of a mail gateway, as `[EXTERNAL]` or `*EXT*`, or of an automatic reply. */
const TAG = new RegExp(
  `^\\s*(?:${['[]', '()', '{}', '<>', '【】', '［］', '（）', '「」', '『』', '《》', '〔〕']
    .map(([open = '', close = '']) => `\\${open}([^\\${open}\\${close}]{1,60})\\${close}`)
    .join('|')}|\\*{1,3}([^*]{1,60})\\*{1,3}|(external|extern|ext) ?:)\\s*`,
  'i',
);

/** The marks in front of a subject, and the rest of it, without accents. */
function marked(subject: string): { tags: string[]; rest: string } {
  const tags: string[] = [];
  let rest = withoutAccents(subject.slice(0, SUBJECT_LENGTH)).trim().replace(/\s+/g, ' ');
  for (let tag = TAG.exec(rest); tag; tag = TAG.exec(rest)) {
    tags.push(tag.slice(1).find(Boolean) ?? '');
    rest = rest.slice(tag[0].length);
  }
  return { tags, rest };
}
const start = (subject: string): string => marked(subject).rest;

/** Whether it is the subject of an answer: "Re: …". */
export const isAnsweredSubject = (subject: string): boolean => isAnswered.test(start(subject));

/** Whether a mail program marked the subject as an automatic reply's; Exchange often gives no other sign. */
export function isAutomaticSubject(subject: string): boolean {
  const { tags, rest } = marked(subject);
  const isTagged = tags.some((tag) => isAutomaticTag.test(tag)) || isTaggedAbsent(tags, rest);
  const isEnded = !isAnswered.test(rest) && isAutomaticEnd.test(rest);
  return isTagged || isEnded || (isAutomatic.test(rest) && !isAbsenceAlone.test(rest)) || AUTO.test(rest);
}

/** Whether the subject is an absence, alone or before a colon, or a vacation, which is more often a person's. */
export function absenceInSubject(subject: string): 'absence' | 'vacation' | undefined {
  const rest = start(subject);
  if (isAbsenceAlone.test(rest) || (isAutomaticFrom.test(rest) && endsWithName.test(subject))) return 'absence';
  const isOfSomebody = IS_AWAY.test(rest) && !isAnswered.test(rest);
  return isVacationAlone.test(rest) || isOfSomebody ? 'vacation' : undefined;
}

/** Whether it is an absence's subject. Exchange uses its general automatic subject for its out-of-office. */
export function isAbsenceSubject(subject: string): boolean {
  const { tags, rest } = marked(subject);
  return (
    isTaggedAbsent(tags, rest) ||
    isAbsence.test(rest) ||
    AUTO.test(rest) ||
    (isAutomatic.test(rest) && !/^auto(?:mated)?[- ]?re(?:ply|sponse|sponder)/.test(rest))
  );
}

/** Whether it is a mail server's subject of a bounce. A person's answer to one begins with "Re:". */
export const isBounceSubject = (subject: string): boolean => bounces.test(start(subject));

/** Whether it is the subject of a report about a delay or a successful delivery. */
export const isNoFailure = (subject: string): boolean => delivered.test(start(subject));

/** A read receipt of a program that sends no RFC 8098 report. */
export const isReadReceipt = (subject: string, text: string): boolean =>
  receipts.test(start(subject)) && ofAMessage.test(withoutAccents(text.trimStart().slice(0, 100)));

/** Outlook's notice that its person would like to take back an earlier mail, which has come as any other. */
export const isRecall = (subject: string, text: string): boolean =>
  recalls.test(start(subject)) && ofARecall.test(withoutAccents(text.trimStart().slice(0, 400)).replace(/\s+/g, ' '));
