import type { ReplyClass } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { decodeWords } from 'postal-mime';
import { headersOf, type MailHeaders } from '../mail/addresses.ts';
import { withoutMarkup } from '../mail/text.ts';

/** What is looked at of a mail's words: a reply says what it is at its top. */
const TEXT_LENGTH = 16 * 1024;
/** Word's style sheets come before the words. */
const HTML_LENGTH = 256 * 1024;
const SUBJECT_LENGTH = 1_000;

/** `left`: an automatic answer says that the person is gone for good. */
export interface ReplyVerdict { class: ReplyClass | 'left'; evidence: string; until?: string }
export type Classified =
  | ReplyVerdict
  | { notAReply: 'bounce' | 'complaint' | 'receipt' | 'bulk'; evidence: string };

/** A mail reduced to what the rules look at. */
export interface Facts {
  mail: InboundMail;
  headers: MailHeaders;
  subject: string;
  /** All of it, from its HTML where there is no other. */
  text: string;
  /** Without what it quotes. */
  own: string;
}

/** What mail programs write above the message that is answered. */
const QUOTED = /^\s*(?:-{3,} ?(?:original|urspr|message d|mensaje|oorspronkelijk|messaggio|forwarded|weitergeleitete)|_{10,}\s*$|(?:from|von|de|da|van|fra|från|od|от|差出人|发件人) ?[:：] .*@|(?:on|am|le|el|il|op|em|den|dne|w dniu) .{5,150}(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał|napsal\(a\))\b)/iu;

function own(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => QUOTED.test(line.slice(0, 300)));
  return lines.slice(0, end < 0 ? undefined : end).filter((line) => !line.startsWith('>')).join('\n');
}

/** SendGrid's field is decoded, the header is not; a word that can't be decoded stays. */
function subjectOf(mail: InboundMail, headers: MailHeaders): string {
  const subject = (mail.fields.subject ?? headers.get('subject')?.[0] ?? '').slice(0, SUBJECT_LENGTH);
  return (subject.includes('=?') ? decodeWords(subject) : subject).trim();
}

export function factsOf(mail: InboundMail): Facts {
  const headers = headersOf(mail);
  const { text = '', html = '' } = mail.fields;
  const words = (text.trim() ? text : withoutMarkup(html.slice(0, HTML_LENGTH))).slice(0, TEXT_LENGTH).replace(/\r\n?/g, '\n');
  return { mail, headers, subject: subjectOf(mail, headers), text: words, own: own(words) };
}

export const value = ({ headers }: Pick<Facts, 'headers'>, name: string): string | undefined => headers.get(name)?.[0];
export const shown = (name: string, text: string): string => `${name}: ${text.slice(0, 200)}`.toWellFormed();
