import type { ReplyClass } from '@leadstream/contracts/events';
import type { Mail } from '../mail/mail.ts';
import { phrasesOf } from './phrases/languages.ts';

/** A reply's meaning is at its top. */
const TEXT_LENGTH = 16 * 1024;

/** `until`: the instant after the day of return, of an out-of-office. */
export interface ReplyVerdict {
  class: ReplyClass;
  evidence: string;
  until?: string;
}
export type NotAReply = 'bounce' | 'complaint' | 'receipt' | 'bulk';
export type Classified = ReplyVerdict | { notAReply: NotAReply; evidence: string };

/** A mail reduced to the rules' input. */
export interface Facts {
  mail: Mail;
  text: string;
  /** The text without quotes. */
  own: string;
}

/** The line that mail programs put above the quoted message. */
const QUOTED = new RegExp(
  `^\\s*(?:-{3,} ?(?:${phrasesOf('quoteTitle').join('|')})|_{10,}\\s*$` +
    `|(?:${phrasesOf('quoteFrom').join('|')}) ?[:：] .*@` +
    `|(?:${phrasesOf('quoteDate').join('|')}) .{5,150}(?:${phrasesOf('quoteWrote').join('|')})\\b)`,
  'iu',
);

function own(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => QUOTED.test(line.slice(0, 300)));
  return lines
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => !line.startsWith('>'))
    .join('\n');
}

export function factsOf(mail: Mail): Facts {
  const text = mail.text.slice(0, TEXT_LENGTH).replace(/\r\n?/g, '\n');
  return { mail, text, own: own(text) };
}

export const value = ({ mail }: Pick<Facts, 'mail'>, name: string): string | undefined => mail.headers.get(name)?.[0];
export const isAnswer = ({ mail }: Pick<Facts, 'mail'>): boolean =>
  mail.headers.has('in-reply-to') || mail.headers.has('references');

/** Evidence as the log keeps it. */
export const shown = (name: string, text: string): string => `${name}: ${text.slice(0, 200)}`.toWellFormed();
