import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { mailboxes, parseHeaders, type MailHeaders } from '../mail/addresses.ts';
import { readQmail } from './qmail.ts';
import { blameOf, words, type Failure, type Report } from './status.ts';

const RECIPIENTS_MAX = 100;

function failure(fields: MailHeaders): Failure[] {
  const field = (name: string): string | undefined => fields.get(name)?.[0];
  if (!/^failed(?![\w-])/i.test(field('action') ?? '')) return [];
  // Where mail was redirected the final one is whom it did not reach: the original one may well have it.
  const [address] = ['final-recipient', 'original-recipient'].flatMap((name) => mailboxes(field(name) ?? '').slice(0, 1)).map(canonicalAddress).filter((one) => one !== undefined);
  const diagnostic = field('diagnostic-code');
  return address ? [{ address, ...blameOf(field('status'), diagnostic), ...(diagnostic ? { reason: words(diagnostic) } : {}) }] : [];
}

/**
 * What a delivery status notification (RFC 3464) says has failed, and what it returns; qmail's own form of one too. Other
 * bounces tell recipient and reason in prose only, which is not read: nobody is stopped on a guess. A mail posted raw has
 * to be parsed first.
 */
export function readReport({ report, fields }: InboundMail): Report {
  if (!report) return readQmail(fields.text ?? '') ?? { failures: [], returned: new Map() };
  const groups = report.status.replaceAll('\r\n', '\n').split(/\n[ \t]*\n/, RECIPIENTS_MAX);
  return { failures: groups.flatMap((group) => failure(parseHeaders(group.trim()))), returned: parseHeaders(report.returned ?? '') };
}
