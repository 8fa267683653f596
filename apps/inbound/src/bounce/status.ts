import type { MailHeaders } from '../mail/headers.ts';

/** A recipient to whom a mail will not be delivered any more, by its canonical address. */
export interface Failure { address: string; kind: 'bounced' | 'undelivered'; status?: string; reason?: string }
export interface Report {
  failures: Failure[];
  /** Of the mail that could not be delivered, as far as it was returned. */
  returned: MailHeaders;
}

const REASON_LENGTH = 2_000;
/** A server's own, on one line. */
export const words = (text: string): string => text.replace(/\s+/g, ' ').slice(0, REASON_LENGTH).toWellFormed();

/**
 * What blames the address itself, and for good (RFC 3463 §3.2, RFC 7505): no such mailbox, no such host, no address at all,
 * moved away, a domain that takes no mail. Not 5.1.0, which servers say of anything, nor 5.1.7 and 5.1.8, which are about
 * our own address, nor 5.2.1, by which Gmail also means "too many mails just now".
 */
const OF_THE_ADDRESS: ReadonlySet<string> = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']);
const CODE = '[245]\\.\\d{1,3}\\.\\d{1,3}(?!\\.?\\d)';
const STATUS = new RegExp(`^${CODE}`);
/** After the type of the code, `smtp;`, which some leave out. */
const DIAGNOSTIC = new RegExp(`^(?:[\\w-]{1,40}\\s{0,5};)?\\s{0,5}(?<reply>[245]\\d\\d)?[\\s-]{0,5}(?<code>${CODE})?`);

/** What is wrong by one enhanced status code or several, of which x.0.0 says nothing. All have to blame the address: only in doubt can another mail be sent. */
export function blame(codes: readonly (string | undefined)[], isPassing = false): Pick<Failure, 'kind' | 'status'> {
  const specific = codes.filter((code) => code !== undefined && !code.endsWith('.0.0'));
  const other = specific.find((code) => code !== undefined && !OF_THE_ADDRESS.has(code));
  const status = other ?? specific[0] ?? codes.find((code) => code !== undefined);
  return { kind: specific.length > 0 && other === undefined && !isPassing ? 'bounced' : 'undelivered', ...(status ? { status } : {}) };
}

/** The same by the fields of a report: its own code, and what the server that it talked to had answered. */
export function blameOf(status: string | undefined, diagnostic: string | undefined): Pick<Failure, 'kind' | 'status'> {
  const { reply, code } = DIAGNOSTIC.exec(diagnostic ?? '')?.groups ?? {};
  return blame([STATUS.exec(status ?? '')?.[0], code], reply?.startsWith('4'));
}
