import type { MailHeaders } from '../mail/headers.ts';

/** A recipient whose delivery failed for good; the address is canonical. */
export interface Failure {
  address: string;
  kind: 'bounced' | 'undelivered';
  status?: string;
  reason?: string;
}
export interface BounceReport {
  failures: Failure[];
  /** The headers of the failed mail, as far as the report returns them. */
  returned: MailHeaders;
}

const REASON_LENGTH = 2_000;
/** The server's own words, on one line. */
export const words = (text: string): string => text.replace(/\s+/g, ' ').slice(0, REASON_LENGTH).toWellFormed();

/**
 * Codes that blame the address itself, for good (RFC 3463 §3.2, RFC 7505): no such mailbox, no such host, no address,
 * moved away, a domain that takes no mail. Not 5.1.0, which servers use for anything, nor 5.1.7 and 5.1.8, which are
 * about
 * our own address, nor 5.2.1, which Gmail also uses for "too many mails just now".
 */
const OF_THE_ADDRESS: ReadonlySet<string> = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']);
const CODE = '[245]\\.\\d{1,3}\\.\\d{1,3}(?!\\.?\\d)';
const STATUS = new RegExp(`^${CODE}`);
/** The type of the code, `smtp;`, comes first; some servers omit it. */
const DIAGNOSTIC = new RegExp(`^(?:[\\w-]{1,40}\\s{0,5};)?\\s{0,5}(?<reply>[245]\\d\\d)?[\\s-]{0,5}(?<code>${CODE})?`);

/**
 * Judges by enhanced status codes; x.0.0 carries no information. A bounce is final, so all codes have to blame the
 * address; in doubt the lead gets its next mail.
 */
export function blame(codes: readonly (string | undefined)[], isPassing = false): Pick<Failure, 'kind' | 'status'> {
  const specific = codes.filter((code) => code !== undefined && !code.endsWith('.0.0'));
  const other = specific.find((code) => code !== undefined && !OF_THE_ADDRESS.has(code));
  const status = other ?? specific[0] ?? codes.find((code) => code !== undefined);
  return {
    kind: specific.length > 0 && other === undefined && !isPassing ? 'bounced' : 'undelivered',
    ...(status ? { status } : {}),
  };
}

/** Judges by the fields of a report: its own code, and the code in the remote server's response. */
export function blameOf(status: string | undefined, diagnostic: string | undefined): Pick<Failure, 'kind' | 'status'> {
  const { reply, code } = DIAGNOSTIC.exec(diagnostic ?? '')?.groups ?? {};
  return blame([STATUS.exec(status ?? '')?.[0], code], reply?.startsWith('4'));
}
