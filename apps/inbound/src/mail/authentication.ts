import { domainToASCII } from 'node:url';
import { getDomain } from 'tldts';
import type { Mail } from './mail.ts';

const DOMAINS_MAX = 20;
/** One of `{@example.com : pass, @other.example : fail (body has been altered)}`: a signing domain and its verdict. */
const VERDICT = /^@([^\s@:,{}]{1,253})\s*:\s*([a-z]+)(?:\s[^@{}]*)?$/i;

/** A mail needs at least one of these for each posted verdict. */
const SIGNATURES = ['dkim-signature', 'domainkey-signature'];

/** A signature's domain and identity, without characters that read as another verdict, plain or quoted-printable. */
const SIGNATURE_DOMAIN = /^[^\s@:,{}=]{1,253}$/;
const SIGNATURE_IDENTITY = /^(?!.*=(?:0[9ad]|2[0c]|3[ad]|40|7[bd]))[^\s@:,{}]*@[^\s@:,{}=]{1,253}$/i;

/** Whether each value of the tag `name` fits: a tag may occur twice, and either one may be the verified one. */
const allFit = (signature: string, name: string, fits: RegExp): boolean =>
  [...signature.matchAll(new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]*)`, 'gi'))].every(([, value = '']) =>
    fits.test(value.trim()),
  );

/**
 * The domains that signed the mail, by SendGrid's verdicts (Inbound Parse's field `dkim`). None if the field has
 * anything but verdicts on domains, or more verdicts than the mail has signatures, or if the text of a signature reads
 * as a verdict: the signer chooses its identity (`i=`, RFC 6376 §3.5). A failed signature also raises the count, so the
 * count alone proves nothing.
 */
function signers({ headers, areHeadersWhole, verdicts: { dkim } }: Mail): string[] {
  const signatures = SIGNATURES.flatMap((name) => headers.get(name) ?? []);
  const areClean = signatures.every(
    (text) => allFit(text, 'd', SIGNATURE_DOMAIN) && allFit(text, 'i', SIGNATURE_IDENTITY),
  );
  if (!areClean || !areHeadersWhole) return [];
  const [, inner] = /^\s*\{([^{}]*)\}\s*$/.exec(dkim) ?? [];
  const verdicts = inner?.split(/,(?=\s*@)/).map((text) => VERDICT.exec(text.trim())) ?? [];
  if (verdicts.length > Math.min(signatures.length, DOMAINS_MAX)) return [];
  if (verdicts.some((verdict) => verdict === null)) return [];
  return verdicts.flatMap((verdict) => (verdict?.[2]?.toLowerCase() === 'pass' && verdict[1] ? [verdict[1]] : []));
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
const ascii = (domain: string): string => domainToASCII(domain.replace(/\.$/, '')) || domain.toLowerCase();

/** The organisational domain (RFC 7489 §3.2), by the Public Suffix List; a public suffix is its own. */
function organisationOf(domain: string): string {
  const name = ascii(domain);
  return getDomain(name, { allowPrivateDomains: true }) ?? name;
}

const isAligned = (a: string, b: string): boolean => organisationOf(a) === organisationOf(b);

/**
 * The addresses that SendGrid's verdicts prove to have written the mail, canonical: From if DKIM or SPF passed for a
 * domain of its organisation (relaxed alignment, RFC 7489 §3.1), and the envelope's sender if SPF passed. Several
 * mailboxes in From prove nothing: a signature may cover another one than a reader sees.
 *
 * Only the fields `SPF` and `dkim` count, which SendGrid's own mail server adds. Any sender can write the headers
 * `Authentication-Results` and `X-Original-From`.
 */
export function provenWriters(mail: Mail): string[] {
  const envelope = mail.verdicts.spf.trim().toLowerCase() === 'pass' ? mail.envelopeFrom : undefined;
  const domains = [...signers(mail), ...(envelope ? [domainOf(envelope)] : [])];
  const { author } = mail;
  const isAuthorProven = author !== undefined && domains.some((domain) => isAligned(domain, domainOf(author)));
  return [...(isAuthorProven ? [author] : []), ...(envelope ? [envelope] : [])];
}
