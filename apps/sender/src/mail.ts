import type { PlannedStep } from '@leadstream/contracts/events';
import type { LeadState } from '@leadstream/lead/state';
import { replyAddress, signToken } from '@leadstream/lead/signed-token';
import type { Email } from '@leadstream/providers/port';
import type { Rep } from '@leadstream/sequences/reps';
import type { Sequence } from '@leadstream/sequences/definition';
import { withFooter } from '@leadstream/sequences/footer';
import { mailHash, partyHash, type MailHash } from '@leadstream/sequences/mail-hash';
import { renderStep, Unrenderable, type Mail } from '@leadstream/sequences/render';
import { tokensOf } from '@leadstream/sequences/template-tokens';
import { tokenInputOf } from '@leadstream/sequences/token-input';
import type { Config } from './config.ts';

type Draft = Omit<Email, 'sendId' | 'leadId'>;
/** A mail before its claim: without the ids of a send. `token` names the lead in the answers to it. */
export type UnsentMail = Draft & { token: string };
type Composed = UnsentMail & { hash: MailHash };

/**
 * The mail of one step without its sendId; composed before the claim, because a claim cannot be withdrawn. Throws
 * Unrenderable when a value is missing. `rep`: our person who has the lead.
 */
export function composeMail(
  leadId: string,
  state: LeadState,
  step: PlannedStep,
  sequence: Sequence,
  config: Config,
  rep?: Rep,
): Composed {
  const { contact, dossier, run } = state;
  if (!contact || !dossier || !run) throw new Unrenderable('the lead has no contact, dossier or run');
  // An unreadable name must not turn into the template's fallback.
  if (contact.email === '') throw new Unrenderable('the key of the lead’s personal data is destroyed');
  const name = (sequence.assign && rep?.name) ?? config.FROM_NAME;
  const mailed = renderStep(
    sequence,
    step.id,
    tokensOf(
      tokenInputOf({ ...state, contact, dossier, run }, step, sequence, {
        bookingUrl: config.BOOKING_URL,
        fromName: name,
        names: config.NAMES,
      }),
    ),
    { action: step.action, leadId },
  );
  // The address stays the verified one; a rep's own may not be sent from.
  const from = { email: config.FROM_EMAIL, name: step.audience === 'staff' ? config.FROM_NAME : name };
  const token = signToken('reply', leadId, config.TOKEN_SECRET);
  if (step.audience === 'staff') {
    const to = rep?.email ?? config.SALES_REP_EMAIL;
    const hash = { ...mailHash(leadId, mailed), ...partyHash(leadId, { to, from }) };
    return { to, from, replyTo: { email: contact.email }, ...mailed, hash, token };
  }
  const mail = withWayOut(leadId, { to: contact.email, from, mailed, token }, run.sequence, config);
  return {
    ...mail,
    token,
    hash: {
      ...mailHash(leadId, mailed, { fromName: config.FROM_NAME, postalAddress: config.POSTAL_ADDRESS }),
      ...partyHash(leadId, { to: contact.email, from }),
    },
    replyTo: { ...mail.replyTo, ...(sequence.assign && rep ? { name } : {}) },
    headers: { ...mail.headers, ...(isFollowUp(sequence, step) ? thread(token, state, step, config) : {}) },
  };
}

/** A mail to a lead: an answer to it finds the lead by its token, and its end and its headers let the lead leave. */
function withWayOut(
  leadId: string,
  { mailed, token, ...who }: Pick<UnsentMail, 'to' | 'from' | 'token'> & { mailed: Mail },
  sequence: string,
  config: Config,
): Draft {
  const replyTo = replyAddress(token, config.REPLY_DOMAIN);
  const unsubscribeToken = signToken('unsubscribe', leadId, config.TOKEN_SECRET);
  const unsubscribe = `${config.PUBLIC_URL.replace(/\/$/, '')}/u/${unsubscribeToken}`;
  // The page behind this link offers a choice; the header's link has no sequence, because a mailbox provider's button
  // promises the end of all mails.
  const wayOut = `${unsubscribe}?sequence=${encodeURIComponent(sequence)}`;
  return {
    ...who,
    replyTo: { email: replyTo },
    ...withFooter(mailed, { fromName: config.FROM_NAME, postalAddress: config.POSTAL_ADDRESS, wayOut }),
    headers: {
      // RFC 8058, and the mail that older programs send instead: a reply whose subject is a stop.
      'List-Unsubscribe': `<${unsubscribe}>, <mailto:${replyTo}?subject=unsubscribe>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  };
}

/** Completes a draft with its send's ids. */
export const addressed = (
  { hash: _, token, ...mail }: Composed,
  leadId: string,
  sendId: string,
  config: Config,
): Email => ({
  ...mail,
  sendId,
  leadId,
  headers: { ...mail.headers, 'Message-ID': messageId(sendId, token, config) },
});

/** Contains the lead's reply token: a reply with only a References header still finds its lead. */
export const messageId = (sendId: string, token: string, { REPLY_DOMAIN }: Pick<Config, 'REPLY_DOMAIN'>): string =>
  `<${sendId}.${token}@${REPLY_DOMAIN}>`;

const isFollowUp = (sequence: Sequence, { id }: PlannedStep): boolean =>
  sequence.steps.find((step) => step.id === id)?.thread === true;

/** RFC 5322 §3.6.4: a follow-up replies to the last mail of its run, and references all of them. */
function thread(
  token: string,
  { sends, run }: LeadState,
  { index, audience }: PlannedStep,
  config: Config,
): Record<string, string> {
  const before = Object.entries(sends)
    .filter(
      ([, send]) =>
        send.runId === run?.id && send.audience === audience && send.outcome === 'accepted' && send.step < index,
    )
    .sort(([, a], [, b]) => a.step - b.step)
    .map(([sendId]) => messageId(sendId, token, config));
  const last = before.at(-1);
  return last ? { 'In-Reply-To': last, References: before.join(' ') } : {};
}
