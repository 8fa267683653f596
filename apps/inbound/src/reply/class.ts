import type { Mail } from '../mail/mail.ts';
import { report } from './report.ts';
import { asksToStop, requestToStop } from './stop.ts';
import { isAbsenceSubject, isAnsweredSubject } from './subjects.ts';
import { speaksOfReturn, statedReturn } from './return-date.ts';
import { agrees, hasLeft, isAway } from './absence.ts';
import { automaticEvidence, submittedBy } from './automatic.ts';
import { factsOf, isAnswer, shown, value, type Classified, type Facts } from './facts.ts';

function automatic(facts: Facts, receivedAt: string | undefined): Classified | undefined {
  const evidence = automaticEvidence(facts);
  if (evidence === undefined) return undefined;
  const words = `${facts.mail.subject}\n\n${facts.own}`;
  const until = receivedAt === undefined ? undefined : statedReturn(words, receivedAt);
  const left = hasLeft(words);
  // A person who has left may name a day, and a person who is back on a day may mention a former duty.
  if (left !== undefined && (until === undefined || !speaksOfReturn(words)))
    return { class: 'left', evidence: shown('says', left) };
  if (until !== undefined) return { class: 'out-of-office', evidence, until };
  const isAbsence =
    isAbsenceSubject(facts.mail.subject) ||
    isAway(facts.mail.subject, facts.own) ||
    evidence.startsWith('x-apple-action');
  return { class: isAbsence ? 'out-of-office' : 'auto', evidence };
}

const LISTS = ['list-id', 'list-unsubscribe', 'feedback-id'];

/**
 * Newsletters. A reply through a group address or a sales tool carries a list's headers too, and is none; a program on
 * a phone may leave out what it answers.
 */
function bulk(facts: Facts): Classified | undefined {
  const { mail, own } = facts;
  if (isAnswer(facts) || isAnsweredSubject(mail.subject) || agrees(own) || submittedBy(mail) === 'person')
    return undefined;
  const precedence = value(facts, 'precedence') ?? '';
  if (/^(?:bulk|junk)\b/i.test(precedence)) return { notAReply: 'bulk', evidence: shown('Precedence', precedence) };
  const list =
    LISTS.find((name) => facts.mail.headers.has(name)) ?? (/^list/i.test(precedence) ? 'precedence' : undefined);
  return list ? { notAReply: 'bulk', evidence: shown(list, value(facts, list) ?? '') } : undefined;
}

/** A person who writes more under such a subject wants to talk. */
const isShort = (text: string): boolean => text.trim().length <= 200 && !/[?？؟]/.test(text);

/**
 * Classifies a mail: a person's reply (the default: a missed follow-up costs less than mailing a person who replied), a
 * request for no more mail, an automatic reply, or no reply at all. Headers decide before words.
 *
 * `receivedAt` is an RFC 3339 instant; without it an out-of-office never gets an `until`. `until` is an instant at most
 * 31 days later, and only if the mail names its day. Time is linear in the first 16 KiB of text and the headers.
 */
export function classify(mail: Mail, receivedAt?: string): Classified {
  const facts = factsOf(mail);
  const known = report(facts);
  if (known) return known;
  // A person pressed the unsubscribe button of a mail program, which may mark its mail as automatic.
  if (asksToStop(facts.mail.subject) && isShort(facts.own))
    return { class: 'unsubscribe', evidence: shown('subject says', facts.mail.subject) };
  const machine = automatic(facts, receivedAt);
  if (machine) return machine;
  // Before the list headers: sales tools add them to people's mail.
  const request = requestToStop(facts.own);
  if (request !== undefined) return { class: 'unsubscribe', evidence: shown('says', request) };
  return bulk(facts) ?? { class: 'human', evidence: 'nothing says otherwise' };
}
