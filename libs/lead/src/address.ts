import { toASCII } from 'tr46';
import { invisible, nfc, trimmed, type Rule } from './text.ts';

const UTS_46 = { checkBidi: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true };
const LOCAL_OCTETS_MAX = 64;
/**
 * RFC 5321 §4.5.3.1.3 less the angle brackets. A domain's 253 and a label's 63 are checked by UTS 46's VerifyDnsLength.
 */
const ADDRESS_OCTETS_MAX = 254;
const RAW_LENGTH_MAX = 1_000;

const NOT_ASCII = /[^\0-\x7f]/;
/** Labels of letters, digits and hyphens: UTS 46 only makes them lower case. One of Punycode must be checked. */
const ASCII_NAME = /^(?=.{1,253}$)(?!xn--)[a-z\d-]{1,63}(?:\.(?!xn--)[a-z\d-]{1,63})*$/i;
const FULL_WIDTH = /[\uff01-\uff5e\u3002]/g;
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const QUOTED = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/;

/**
 * Characters around an address may be removed, and blanks around its @; other text inside is never joined over a
 * control character or a space, which would be a guess.
 */
export const ADDRESS_RULES: readonly Rule[] = [nfc, invisible, trimmed];

/** Full-width signs, a display name, mailto:, quotes and punctuation around an address say nothing about it. */
export const mended: Rule = ['mended', (text) => mend(text)];

function mend(text: string): string {
  if (text.length > RAW_LENGTH_MAX) return text;
  const next = text
    .replace(FULL_WIDTH, (sign) => sign.normalize('NFKC'))
    .replace(/&nbsp;$/i, '')
    .replace(/^([^@]*?)(?:&#0*64;|&#x0*40;|&commat;|%40)([^@]*)$/i, '$1@$2')
    .replace(/^\[([^\[\]]+@[^\[\]]+)\]\(mailto:[^()]*\)$/i, '$1')
    .replace(/^(\S+)\s*@\s*(\S+)$/, '$1@$2')
    .replace(/^(\S+@\S+)\s+\([^()@]*\)$/, '$1')
    .replace(/^(\S+@[^\s,;]+)[\s,;]+\1$/i, '$1')
    .replace(/^[^<>]*<([^<>]+)>[\s.,;]*$/, '$1')
    .replace(/^(?:mailto|smtp):([^?]*)(?:\?.*)?$/i, '$1')
    .replace(/^e-?mail\s*[:：]\s*/i, '')
    .replace(/^(["'“‘«([`*„]+)[^]*$/, (whole, open: string) => within(whole, open.length))
    .replace(/^[<([•·]+|[.,;:!?>)\]/\\。]+$/g, '')
    .trim();
  return next === text ? text : mend(next);
}

/** The address between quotes or brackets. */
function within(text: string, open: number): string {
  const inner = text.slice(open).replace(/["'”’»)\]`*“]+[.,;]*$/, '');
  return inner.length < text.length - open && inner.includes('@') ? inner : text;
}

/** The reason that a form's address can't be written to, once mended; undefined for one that can. */
export function addressProblem(raw: string): string | undefined {
  const read = readMailbox([...ADDRESS_RULES, mended].reduce((text, [, apply]) => apply(text), raw));
  return 'reason' in read ? read.reason : undefined;
}

/**
 * The canonical spelling of an address: trimmed, NFC, lower case, domain as A-label, no needless quotes. Undefined when
 * it can't be a mailbox that we send to.
 */
export function canonicalAddress(raw: string): string | undefined {
  if (raw.length > RAW_LENGTH_MAX) return undefined;
  const read = readMailbox(ADDRESS_RULES.reduce((text, [, apply]) => apply(text), raw));
  return 'address' in read ? read.address : undefined;
}

/**
 * The canonical spelling of a recipient as a provider's event names it: bare, in angle brackets, with a name or a
 * trailing dot. What is no address stays as it came.
 */
export const recipientAddress = (raw: string): string =>
  canonicalAddress(raw) ?? canonicalAddress(mend(ADDRESS_RULES.reduce((text, [, apply]) => apply(text), raw))) ?? raw;

/**
 * Reads a bare mailbox (RFC 5321 `Local-part "@" Domain`, no display name, comment or address literal). `email` is the
 * recipient address, as written except for a domain that needs its A-label; `reason` never quotes the address.
 */
export function readMailbox(text: string): { email: string; address: string } | { reason: string } {
  const at = text.lastIndexOf('@');
  if (at < 1) return { reason: 'is no address: nothing before an @' };
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  const reason = localProblem(local);
  if (reason) return { reason };
  const host = readDomain(domain);
  if ('reason' in host) return host;
  if (local.length + 1 + host.name.length > ADDRESS_OCTETS_MAX)
    return { reason: `is longer than ${ADDRESS_OCTETS_MAX} octets` };
  return {
    email: `${local}@${NOT_ASCII.test(domain) ? host.name : domain}`,
    address: `${unquoted(local)}@${host.name}`.toLowerCase(),
  };
}

function localProblem(local: string): string | undefined {
  if (NOT_ASCII.test(local))
    return 'has characters outside ASCII before the @: our provider documents no SMTPUTF8 (RFC 6531)';
  if (local.length > LOCAL_OCTETS_MAX) return `has more than ${LOCAL_OCTETS_MAX} octets before the @`;
  if (DOT_ATOM.test(local) || QUOTED.test(local)) return undefined;
  if (/^\.|\.\.|\.$/.test(local)) return 'has a dot at an end of the part before the @, or two in a row';
  if (/[<>(),;:]/.test(local)) return 'has more than a bare address: a name, a comment or a list';
  if (local.includes('@')) return 'has more than one @';
  return 'has a blank, control or other character that an address can’t have';
}

function readDomain(domain: string): { name: string } | { reason: string } {
  if (domain.startsWith('[')) return { reason: 'has an address literal for a domain' };
  if (/[>)]$/.test(domain)) return { reason: 'has more than a bare address: a name, a comment or a list' };
  // The mapping costs more than all else of an address, and none of these characters makes a name shorter.
  if (domain.length > ADDRESS_OCTETS_MAX) return { reason: 'has a domain that is no host name (UTS 46)' };
  const name = ASCII_NAME.test(domain) ? domain.toLowerCase() : toASCII(domain, UTS_46);
  if (!name || /(?:^|\.)-|-(?:\.|$)/.test(name)) return { reason: 'has a domain that is no host name (UTS 46)' };
  if (!name.includes('.')) return { reason: 'has a domain without a dot' };
  if (/\.\d+$/.test(name)) return { reason: 'has an IP address for a domain' };
  return { name };
}

/** `"jane.doe"@…` and `jane.doe@…` are the same mailbox (RFC 5321 §4.1.2). */
function unquoted(local: string): string {
  if (!local.startsWith('"')) return local;
  const content = local.slice(1, -1).replace(/\\(.)/g, '$1');
  return DOT_ATOM.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`;
}
