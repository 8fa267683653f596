import type { Esp } from '@leadstream/contracts/events';
import { getDomain } from 'tldts';
import { failed, passed, skipped, type Check } from '../doctor/check.ts';
import { inboundOf, NAMED } from './named.ts';
import { type Spf } from './spf.ts';

/** The domain that mails come from, as DMARC compares it, and those that the provider signs and bounces with. */
export interface Sending {
  esp: Esp;
  /** Of FROM_EMAIL. */
  from: string;
  /** DKIM's domain: with Mailgun MAILGUN_DOMAIN, else that of FROM_EMAIL. */
  signed: string;
  /** undefined: not known here. */
  returnPath: string | undefined;
}

const FAULTS = {
  several: ['has several SPF records, which count as none', 'merge them into one'],
  lookups: ['has an SPF record of more than 10 lookups, which counts as none', 'remove includes that are not used'],
  all: ['has an SPF record that allows every server (+all)', 'end it with ~all or -all'],
} as const satisfies Record<NonNullable<Spf['fault']>, readonly [string, string]>;

/** SPF counts on the domain of the return path; where that is not known, on the domain of FROM_EMAIL. */
export function judgedSpf({ esp, from, returnPath }: Sending, { record, fault, includes }: Spf): Check {
  const { title, spf } = NAMED[esp];
  const domain = returnPath ?? from;
  const term = spf === null ? 'ip4:<the server’s address>' : `include:${spf}`;
  if (record === undefined)
    return failed('dns', `${domain} has no SPF record`, `publish TXT ${domain} "v=spf1 ${term} ~all"`);
  if (fault) return failed('dns', `${domain} ${FAULTS[fault][0]}`, FAULTS[fault][1]);
  if (spf !== null && !includes)
    return failed(
      'dns',
      `the SPF record of ${domain} does not include ${title}`,
      returnPath === undefined
        ? `add ${term} to it, or name the return path’s domain by --return-path`
        : `add ${term} to it`,
    );
  return passed('dns', `${domain} has SPF${spf === null ? '' : ` for ${title}`}`);
}

/** The key of one selector; `texts` are the records at its name, behind a CNAME or not. */
export function judgedKeyRecord(domain: string, selector: string, texts: readonly string[]): Check {
  const name = `${selector}._domainkey.${domain}`;
  const key = texts.map((text) => /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.trim()).find((found) => found !== undefined);
  if (key === undefined)
    return failed('dns', `${name} has no DKIM key`, 'publish the record that the provider’s console shows for it');
  if (key === '') return failed('dns', `${name} is revoked (p= is empty)`, 'publish the key in use');
  return passed('dns', `${name} has a DKIM key`);
}

export const unknownSelector = (esp: Esp): Check =>
  skipped('dns', `${NAMED[esp].title} draws DKIM’s selector for each account: name it by --selector`);

const tagOf = (record: string, tag: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${tag}\\s*=\\s*([^;\\s]+)`, 'i').exec(record)?.[1]?.toLowerCase();

/** Whether a receiver would take the mail for one of the domain of FROM_EMAIL: by DKIM or by SPF (RFC 7489, 3.1). */
export function judgedDmarc({ from, signed, returnPath }: Sending, records: readonly string[]): Check {
  const policies = records.filter((text) => /^v=DMARC1(?:;|\s|$)/.test(text));
  const [policy] = policies;
  if (policy === undefined)
    return failed('dns', `${from} has no DMARC record`, `publish TXT _dmarc.${from} "v=DMARC1; p=none; rua=mailto:…"`);
  if (policies.length > 1) return failed('dns', `${from} has several DMARC records, which count as none`, 'keep one');
  if (tagOf(policy, 'p') === undefined)
    return failed('dns', `the DMARC record of ${from} has no policy`, 'add p=none, p=quarantine or p=reject');
  const byDkim = isAligned(from, signed, tagOf(policy, 'adkim'));
  const bySpf = returnPath !== undefined && isAligned(from, returnPath, tagOf(policy, 'aspf'));
  if (!byDkim && !bySpf)
    return failed(
      'dns',
      `DMARC of ${from} fails: mails are signed by ${signed}` +
        `${returnPath === undefined ? '' : ` and return to ${returnPath}`}`,
      `send from an address of ${signed}, or relax adkim (r) in _dmarc.${from}`,
    );
  const by = byDkim ? `DKIM of ${signed}` : `SPF of ${returnPath}`;
  return passed('dns', `DMARC of ${from} passes by ${by} (p=${tagOf(policy, 'p')})`);
}

/** `s`: the same name; else the same registrable domain. */
function isAligned(from: string, other: string, mode: string | undefined): boolean {
  if (mode === 's') return from === other;
  const root = (name: string): string => getDomain(name, { allowPrivateDomains: false }) ?? name;
  return root(from) === root(other);
}

/** Where replies go. A mail server's mailbox may be anyone's. */
export function judgedMx(esp: Esp, domain: string, hosts: readonly string[]): Check {
  if (hosts.length === 0)
    return failed(
      'dns',
      `${domain} (REPLY_DOMAIN) has no MX record: no reply arrives`,
      'publish the MX record that the provider’s console shows for inbound mail',
    );
  const of = hosts.map(inboundOf).find((found) => found !== undefined);
  if (of !== undefined) return passed('dns', `replies to ${domain} go to ${NAMED[of].title}`);
  return esp === 'smtp'
    ? passed('dns', `replies to ${domain} go to ${hosts.join(', ')}`)
    : failed(
        'dns',
        `replies to ${domain} go to ${hosts.join(', ')}, which is no provider’s inbound`,
        `point its MX record to ${NAMED[esp].title}, as docs/providers/${esp}.md says`,
      );
}
