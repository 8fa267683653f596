import { getDomain } from 'tldts';
import { isDisposable } from './address-tags.ts';
import { FREE_MAIL_DOMAINS } from './free-mail.data.ts';
import { isFreeMail } from './mailbox.ts';

const FREE: ReadonlySet<string> = new Set(FREE_MAIL_DOMAINS.split(' '));
/** A short name is mostly an abbreviation: IBM, SAP. */
const ABBREVIATION_MAX = 3;

export interface Company {
  companyDomain: string;
  /** A guess by the domain's name; absent for one that is not written in ASCII. */
  company?: string;
}

/** The company that a canonical address tells; undefined for a domain where anybody can get an address. */
export function companyOf(address: string): Company | undefined {
  const domain = getDomain(address.slice(address.lastIndexOf('@') + 1), { allowPrivateDomains: true });
  if (domain === null || FREE.has(domain) || isFreeMail(domain) || isDisposable(domain)) return undefined;
  const [label = ''] = domain.split('.');
  return label.startsWith('xn--') ? { companyDomain: domain } : { companyDomain: domain, company: nameOf(label) };
}

const nameOf = (label: string): string =>
  label.length <= ABBREVIATION_MAX
    ? label.toUpperCase()
    : label
        .split('-')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(' ');
