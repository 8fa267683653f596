import type { Data } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { readToken, tokenFromAddress } from '@leadstream/lead/tokens';
import { headersOf, mailboxes, named, recipients, sender, type MailHeaders } from './mail/addresses.ts';

/** Whose feedback it is: named by something that we signed, or by addresses that may be a lead's, the likeliest first; `proven` are those whose mailbox surely wrote. */
export type Whose = { leadIds: readonly string[] } | { addresses: readonly string[]; proven?: ReadonlySet<string> };
export type Match = Whose & { matchedBy: Data<'lead.replied'>['matchedBy'] };

const REFERENCES_MAX = 50;
const GOOGLEMAIL = 'googlemail.com';

/** A mail of ours: whose, and which claim's where its Message-ID is whole. */
export interface Sent { leadId: string; sendId?: string }

const TOKEN = /(?<![a-z0-9])[a-z2-7]{44}(?=@)/gi;
const SEND_ID = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.$)/i;
const SEND_ID_LENGTH = 36;

/** The last mail of ours that Message-IDs name: `<….token@domain>`, whatever mail programs put around them. */
function ofMessageIds(ids: readonly string[], secrets: readonly string[]): Sent | undefined {
  const tokens = ids.flatMap((text) => [...text.matchAll(TOKEN)].map(({ 0: token, index }) => ({ token, before: text.slice(Math.max(0, index - SEND_ID_LENGTH - 2), index) })));
  for (const { token, before } of tokens.slice(-REFERENCES_MAX).reverse()) {
    const leadId = readToken('reply', token, secrets);
    const sendId = SEND_ID.exec(before)?.[0].toLowerCase();
    if (leadId) return { leadId, ...(sendId ? { sendId } : {}) };
  }
  return undefined;
}

/** The last is the message that is answered. */
const answered = (mail: InboundMail, secrets: readonly string[]): Sent | undefined =>
  ofMessageIds(['references', 'in-reply-to'].flatMap((name) => headersOf(mail).get(name) ?? []), secrets);

const ofAddresses = (addresses: readonly string[], secrets: readonly string[]): Set<string> =>
  new Set(addresses.map(tokenFromAddress).filter((token) => token !== undefined).map((token) => readToken('reply', token, secrets)).filter((id) => id !== undefined));

/** Other spellings of a mailbox under which its person may have given us the address. */
export function aliases(address: string): string[] {
  const [, local = '', domain = ''] = /^(.*)@(.*)$/s.exec(address) ?? [];
  const [untagged = ''] = local.split('+');
  const domains = domain === 'gmail.com' ? [domain, GOOGLEMAIL] : domain === GOOGLEMAIL ? [domain, 'gmail.com'] : [domain];
  // Gmail writes the dots that its owner chose once, whatever dots the owner leaves out when asked for the address.
  const undotted = domains.length > 1 ? untagged.replaceAll('.', '') : '';
  const locals = new Set([local, untagged, undotted].filter(Boolean));
  return [...locals].flatMap((name) => domains.map((host) => `${name}@${host}`));
}

/**
 * Whose mail it is, the surest first: tokens among its recipients (several leads may be answered at once), one in the
 * messages it answers, its writer's address, and other spellings of that. Whoever holds a token speaks for its lead: a
 * colleague who was forwarded our mail does. Undefined when nothing names anybody.
 */
export function whose(mail: InboundMail, secrets: readonly string[]): Match | undefined {
  const addressed = ofAddresses([...recipients(mail), ...named(mail)], secrets);
  if (addressed.size > 0) return { leadIds: [...addressed], matchedBy: 'token' };
  const sent = answered(mail, secrets);
  if (sent) return { leadIds: [sent.leadId], matchedBy: 'references' };
  const { from, envelopeFrom } = sender(mail);
  const addresses = new Set([from, envelopeFrom].flatMap((address) => (address ? aliases(address) : [])));
  return addresses.size > 0 ? { addresses: [...addresses], matchedBy: 'address' } : undefined;
}

/**
 * The leads whose tokens a report about a mail bears, and the mail where it says which: in its recipients, in what it
 * answers, or in the header of the mail that it returns, whose Reply-To stays ours where the provider changed its
 * Message-ID. Whoever wrote it has seen a mail to each of them.
 */
export function proofOf(mail: InboundMail, returned: MailHeaders, secrets: readonly string[]): { leadIds: ReadonlySet<string>; sent?: Sent } {
  const sent = ofMessageIds(returned.get('message-id') ?? [], secrets) ?? answered(mail, secrets);
  const leadIds = ofAddresses([...recipients(mail), ...named(mail), ...(returned.get('reply-to') ?? []).flatMap(mailboxes)], secrets);
  return sent ? { leadIds: leadIds.add(sent.leadId), sent } : { leadIds };
}

/** A mail that we sent, and that came back by a copy, a redirection or a loop. */
export const isOurs = (mail: InboundMail, fromEmail: string, secrets: readonly string[]): boolean =>
  sender(mail).from === canonicalAddress(fromEmail) || ofMessageIds(headersOf(mail).get('message-id') ?? [], secrets) !== undefined;
