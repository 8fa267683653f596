import type { Data } from '@leadstream/contracts/events';
import { canonicalAddress } from '@leadstream/lead/address';
import type { Feedback } from '@leadstream/lead/feedback';
import { readToken, tokenFromAddress } from '@leadstream/lead/signed-token';
import { mailboxes } from './mail/addresses.ts';
import type { MailHeaders } from './mail/headers.ts';
import type { Mail } from './mail/mail.ts';

/** From the configuration: `TOKEN_SECRET` has the current secret and the older ones. */
export interface Secrets {
  LEAD_ID_SECRET: string;
  TOKEN_SECRET: readonly string[];
}

/** Leads that a signed token names. */
export interface ByToken {
  leadIds: readonly string[];
}
/** Addresses that may be a lead's, the likeliest first; `proven` are those whose mailbox wrote the mail. */
export interface ByAddress {
  addresses: readonly string[];
  proven?: ReadonlySet<string>;
}
export type Whose = ByToken | ByAddress;
export type Match = Whose & { matchedBy: Data<'lead.replied'>['matchedBy'] };

const REFERENCES_MAX = 50;
const GOOGLEMAIL = 'googlemail.com';

/** A mail of ours: its lead, and the claim's id if the Message-ID is intact. */
export interface Sent {
  leadId: string;
  sendId?: string;
}

const TOKEN = /(?<![a-z0-9])[a-z2-7]{44}(?=@)/gi;
const SEND_ID = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.$)/i;
const SEND_ID_LENGTH = 36;

/** The last mail of ours among Message-IDs: `<….token@domain>`, whatever characters mail programs put around them. */
function ofMessageIds(ids: readonly string[], secrets: readonly string[]): Sent | undefined {
  const tokens = ids.flatMap((text) =>
    [...text.matchAll(TOKEN)].map(({ 0: token, index }) => ({
      token,
      before: text.slice(Math.max(0, index - SEND_ID_LENGTH - 2), index),
    })),
  );
  for (const { token, before } of tokens.slice(-REFERENCES_MAX).reverse()) {
    const leadId = readToken('reply', token, secrets);
    const sendId = SEND_ID.exec(before)?.[0].toLowerCase();
    if (leadId) return { leadId, ...(sendId ? { sendId } : {}) };
  }
  return undefined;
}

/** The mail of ours that a mail answers. In-Reply-To comes last: it names the answered mail itself. */
export const answered = ({ headers }: Mail, secrets: readonly string[]): Sent | undefined =>
  ofMessageIds(
    ['references', 'in-reply-to'].flatMap((name) => headers.get(name) ?? []),
    secrets,
  );

function ofAddresses(addresses: readonly string[], secrets: readonly string[]): Set<string> {
  const tokens = addresses.map(tokenFromAddress).filter((token) => token !== undefined);
  return new Set(tokens.map((token) => readToken('reply', token, secrets)).filter((id) => id !== undefined));
}

/** Other spellings of a mailbox that its owner may have given us. */
export function aliases(address: string): string[] {
  const [, local = '', domain = ''] = /^(.*)@(.*)$/s.exec(address) ?? [];
  const [untagged = ''] = local.split('+');
  const domains =
    domain === 'gmail.com' ? [domain, GOOGLEMAIL] : domain === GOOGLEMAIL ? [domain, 'gmail.com'] : [domain];
  // Gmail writes From with the dots of the registration; owners often omit them when they give their address.
  const undotted = domains.length > 1 ? untagged.replaceAll('.', '') : '';
  const locals = new Set([local, untagged, undotted].filter(Boolean));
  return [...locals].flatMap((name) => domains.map((host) => `${name}@${host}`));
}

/**
 * The leads of a mail, the surest match first: tokens among its recipients (a mail can answer several leads), a token
 * in
 * the mails it answers, the writer's address, other spellings of that address. The holder of a token speaks for its
 * lead: a colleague who got our mail forwarded does. Undefined if nothing names a lead.
 */
export function whose(mail: Mail, secrets: readonly string[]): Match | undefined {
  const addressed = ofAddresses([...mail.recipients, ...mail.named], secrets);
  if (addressed.size > 0) return { leadIds: [...addressed], matchedBy: 'token' };
  const sent = answered(mail, secrets);
  if (sent) return { leadIds: [sent.leadId], matchedBy: 'references' };
  const addresses = new Set([mail.from, mail.envelopeFrom].flatMap((address) => (address ? aliases(address) : [])));
  return addresses.size > 0 ? { addresses: [...addresses], matchedBy: 'address' } : undefined;
}

/**
 * The leads whose tokens a report bears, and the mail that it is about if it names one: in its recipients, in the mails
 * it answers, or in the header of the mail that it returns. That mail's Reply-To keeps our token even if the provider
 * changed the Message-ID. A token proves that the report's writer has seen a mail to its lead.
 */
export function proofOf(
  mail: Mail,
  returned: MailHeaders,
  secrets: readonly string[],
): { leadIds: ReadonlySet<string>; sent?: Sent } {
  const sent = ofMessageIds(returned.get('message-id') ?? [], secrets) ?? answered(mail, secrets);
  const replyTo = (returned.get('reply-to') ?? []).flatMap(mailboxes);
  const leadIds = ofAddresses([...mail.recipients, ...mail.named, ...replyTo], secrets);
  return sent ? { leadIds: leadIds.add(sent.leadId), sent } : { leadIds };
}

/** A mail that we sent and that a copy, a redirection or a loop brought back. */
export const isOurs = (mail: Mail, fromEmail: string, secrets: readonly string[]): boolean =>
  mail.from === canonicalAddress(fromEmail) ||
  ofMessageIds(mail.headers.get('message-id') ?? [], secrets) !== undefined;

/**
 * A reply that was matched by an address alone, with the proof that this address wrote it, or without. `isOfLead`
 * answers whether an address is the found lead's own.
 */
export function withProof(
  feedback: Feedback,
  { addresses, proven }: ByAddress,
  isOfLead: (address: string) => boolean,
): Feedback {
  if (feedback.kind !== 'replied') return feedback;
  const authenticated = addresses.some((address) => proven?.has(address) && isOfLead(address));
  // Otherwise a stranger who repeats a Message-ID would make the lead's own mail a repetition.
  const key = authenticated ? feedback.key : `unproven/${feedback.key}`;
  return { ...feedback, key, authenticated, matchedBy: isOfLead(addresses[0] ?? '') ? feedback.matchedBy : 'alias' };
}
