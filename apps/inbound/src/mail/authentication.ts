import { domainToASCII } from 'node:url';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { getDomain } from 'tldts';
import { areHeadersWhole, envelopeFrom, headersOf, mailboxes } from './addresses.ts';

const DOMAINS_MAX = 20;
/** `{@example.com : pass, @other.example : fail (body has been altered)}`: a domain that signed, and the verdict. */
const VERDICT = /^@([^\s@:,{}]{1,253})\s*:\s*([a-z]+)(?:\s[^@{}]*)?$/i;

/** Of which a mail may have one for each verdict that is posted of it. */
const SIGNATURES = ['dkim-signature', 'domainkey-signature'];

/** A signature's domain and identity, without what can read as another verdict, in clear or in quoted-printable. */
const SIGNATURE_DOMAIN = /^[^\s@:,{}=]{1,253}$/;
const SIGNATURE_IDENTITY = /^(?!.*=(?:0[9ad]|2[0c]|3[ad]|40|7[bd]))[^\s@:,{}]*@[^\s@:,{}=]{1,253}$/i;

/** Whether each value of the tag `name` fits; a tag may be there twice, and which one is read is unknown. */
const allFit = (signature: string, name: string, fits: RegExp): boolean =>
  [...signature.matchAll(new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]*)`, 'gi'))].every(([, value = '']) => fits.test(value.trim()));

/**
 * The domains that signed the mail, by the provider's verdict (Inbound Parse's field `dkim`). None where the field is
 * not wholly verdicts on domains, or has more of them than the mail has signatures, or where a signature's own words
 * could read as a verdict: it names its identity itself (`i=`, RFC 6376 §3.5). A signature that is not verified raises
 * the count, so the count alone proves nothing.
 */
function signers(mail: InboundMail): string[] {
  const headers = headersOf(mail);
  const signatures = SIGNATURES.flatMap((name) => headers.get(name) ?? []);
  const areClean = signatures.every((text) => allFit(text, 'd', SIGNATURE_DOMAIN) && allFit(text, 'i', SIGNATURE_IDENTITY));
  if (!areClean || !areHeadersWhole(mail)) return [];
  const [, inner] = /^\s*\{([^{}]*)\}\s*$/.exec(mail.fields['dkim'] ?? '') ?? [];
  const verdicts = inner?.split(/,(?=\s*@)/).map((text) => VERDICT.exec(text.trim())) ?? [];
  if (verdicts.length > Math.min(signatures.length || DOMAINS_MAX, DOMAINS_MAX)) return [];
  if (verdicts.some((verdict) => verdict === null)) return [];
  return verdicts.flatMap((verdict) => (verdict?.[2]?.toLowerCase() === 'pass' && verdict[1] ? [verdict[1]] : []));
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
const ascii = (domain: string): string => domainToASCII(domain.replace(/\.$/, '')) || domain.toLowerCase();

/**
 * The domain under which one organisation registers names (RFC 7489 §3.2), by the Public Suffix List; a public suffix
 * is its own.
 */
function organisationOf(domain: string): string {
  const name = ascii(domain);
  return getDomain(name, { allowPrivateDomains: true }) ?? name;
}

const isAligned = (a: string, b: string): boolean => organisationOf(a) === organisationOf(b);

/**
 * The one mailbox that From names. A mail with several is proven by nobody: a signature may cover another than the one
 * that is read.
 */
function author(mail: InboundMail): string | undefined {
  const named = headersOf(mail).get('from') ?? (mail.fields['from'] === undefined ? [] : [mail.fields['from']]);
  const [address, ...others] = named.length === 1 ? mailboxes(named[0] ?? '') : [];
  return others.length === 0 ? address : undefined;
}

/**
 * The addresses that the provider's verdicts prove to have written the mail, canonical: From where DKIM or SPF passed
 * for a domain
 * of its organisation (relaxed alignment, RFC 7489 §3.1), and the envelope's sender where SPF passed.
 *
 * Only the fields `SPF` and `dkim` count, which SendGrid's own mail server adds. `Authentication-Results` and what a
 * group
 * writes about the author (`X-Original-From`) are headers that any sender can write.
 */
export function provenWriters(mail: InboundMail): string[] {
  const from = author(mail);
  const envelope = mail.fields['SPF']?.trim().toLowerCase() === 'pass' ? envelopeFrom(mail) : undefined;
  const domains = [...signers(mail), ...(envelope ? [domainOf(envelope)] : [])];
  const isFromProven = from !== undefined && domains.some((domain) => isAligned(domain, domainOf(from)));
  return [isFromProven ? from : undefined, envelope].flatMap((address) => (address ? [canonicalAddress(address) ?? address] : []));
}
