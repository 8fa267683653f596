import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';

/** Mailboxes of a function rather than of a person (RFC 2142, and what companies use). */
const ROLES: ReadonlySet<string> = new Set(
  (
    'abuse accounting accounts admin administrator billing booking bookings careers contact enquiries enquiry events ' +
    'feedback finance hello help helpdesk hostmaster hr info information inquiries it jobs kontakt legal mail ' +
    'marketing media newsletter no-reply noc noreply office operations orders postmaster press privacy purchasing ' +
    'reception recruiting recruitment root sales security service sekretariat shop support team tech verkauf ' +
    'vertrieb webmaster welcome'
  ).split(' '),
);

/** The package makes the set anew for each question of its own. */
const DISPOSABLE: ReadonlySet<string> = disposableEmailBlocklistSet();

export const isDisposable = (domain: string): boolean => DISPOSABLE.has(domain);

/** Tags that an address gives its lead: `address:role`, `address:disposable`. `address` is canonical. */
export function tagsOfAddress(address: string): string[] {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).split('+')[0] ?? '';
  const labels = address.slice(at + 1).split('.');
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  return [...(ROLES.has(local) ? ['address:role'] : []), ...(domains.some(isDisposable) ? ['address:disposable'] : [])];
}
