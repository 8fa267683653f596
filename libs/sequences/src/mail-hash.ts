import type { Data } from '@leadstream/contracts/events';
import { hmac } from '@leadstream/lead/hmac';
import { withFooter, type Footer } from './footer.ts';
import type { Mail } from './render.ts';

export type MailHash = NonNullable<Data<'lead.send-started'>['mailHash']>;

const DIGEST_BYTES = 16;
/** By lead: the same mail to two leads has two hashes. */
const digest = (leadId: string, parts: readonly unknown[]): string =>
  Buffer.from(hmac(leadId, JSON.stringify(parts)).slice(0, 2 * DIGEST_BYTES), 'hex').toString('base64url');

export interface Parties {
  to: string;
  from?: { email: string; name?: string | undefined };
}

/** The part of a claim's hash that is of To and From, so that a mail to another address is told from another mail. */
export const partyHash = (leadId: string, { to, from }: Parties): Pick<MailHash, 'to' | 'from'> => ({
  to: digest(leadId, ['to', to]),
  ...(from ? { from: digest(leadId, ['from', from.email, from.name ?? null]) } : {}),
});

/**
 * The hash of a mail that a claim records: `words` of what the template became, `whole` with the frame and the end of a
 * mail to a lead. The link in that end is left out, because its token is a secret of the sender.
 */
export function mailHash(leadId: string, mail: Mail, footer?: Omit<Footer, 'wayOut'>): MailHash {
  const whole = footer ? withFooter(mail, { ...footer, wayOut: '' }) : mail;
  return {
    words: digest(leadId, [mail.subject, mail.text, mail.html, mail.framed?.signature ?? null]),
    whole: digest(leadId, [whole.subject, whole.text, whole.html]),
  };
}
