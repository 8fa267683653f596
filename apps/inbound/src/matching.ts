import type { Data } from '@leadstream/contracts/events';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { readToken, tokenFromAddress } from '@leadstream/lead/tokens';
import { headersOf, named, recipients, sender } from './address.ts';

/** Whose feedback it is: named by something that we signed, or by addresses that may be a lead's, the likeliest first. */
export type Whose = { leadIds: readonly string[] } | { addresses: readonly string[] };
export type Match = Whose & { matchedBy: Data<'lead.replied'>['matchedBy'] };

const REFERENCES_MAX = 50;
const GOOGLEMAIL = 'googlemail.com';

/** The leads that signed tokens in Message-IDs of ours name: `<….token@domain>`, whatever mail programs put around them. */
function ofMessageIds(ids: readonly string[], secrets: readonly string[]): string | undefined {
  const tokens = ids.flatMap((text) => text.match(/(?<![a-z0-9])[a-z2-7]{44}(?=@)/gi) ?? []);
  return tokens.slice(-REFERENCES_MAX).reverse().map((token) => readToken('reply', token, secrets)).find(Boolean);
}

/** Other spellings of a mailbox under which its person may have given us the address. */
function aliases(address: string): string[] {
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
  const tokens = [...recipients(mail), ...named(mail)].map(tokenFromAddress).filter((token) => token !== undefined);
  const addressed = new Set(tokens.map((token) => readToken('reply', token, secrets)).filter((id) => id !== undefined));
  if (addressed.size > 0) return { leadIds: [...addressed], matchedBy: 'token' };
  const headers = headersOf(mail);
  // The last is the message that is answered.
  const answered = ofMessageIds(['references', 'in-reply-to'].flatMap((name) => headers.get(name) ?? []), secrets);
  if (answered) return { leadIds: [answered], matchedBy: 'references' };
  const { from, envelopeFrom } = sender(mail);
  const addresses = new Set([from, envelopeFrom].flatMap((address) => (address ? aliases(address) : [])));
  return addresses.size > 0 ? { addresses: [...addresses], matchedBy: 'address' } : undefined;
}

/** A mail that we sent, and that came back by a copy, a redirection or a loop. */
export const isOurs = (mail: InboundMail, fromEmail: string, secrets: readonly string[]): boolean =>
  sender(mail).from === canonicalAddress(fromEmail) || ofMessageIds(headersOf(mail).get('message-id') ?? [], secrets) !== undefined;
