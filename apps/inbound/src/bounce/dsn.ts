import { canonicalAddress, recipientAddress } from '@leadstream/lead/address';
import { mailboxes } from '../mail/addresses.ts';
import { parseHeaders, type MailHeaders } from '../mail/headers.ts';
import type { Mail } from '../mail/mail.ts';
import { readQmail } from './qmail.ts';
import { blameOf, words, type Failure, type BounceReport } from './status.ts';

const RECIPIENTS_MAX = 100;

function failure(fields: MailHeaders): Failure[] {
  const field = (name: string): string | undefined => fields.get(name)?.[0];
  if (!/^failed(?![\w-])/i.test(field('action') ?? '')) return [];
  // For a redirected mail the final recipient failed; the original recipient may have received it.
  const [address] = ['final-recipient', 'original-recipient']
    .flatMap((name) => mailboxes(field(name) ?? '').slice(0, 1))
    .map((spelled) => canonicalAddress(recipientAddress(spelled)))
    .filter((one) => one !== undefined);
  const diagnostic = field('diagnostic-code');
  if (!address) return [];
  return [{ address, ...blameOf(field('status'), diagnostic), ...(diagnostic ? { reason: words(diagnostic) } : {}) }];
}

/**
 * The failed deliveries that a delivery status notification (RFC 3464) reports, and the mail that it returns; also of
 * qmail's own form. Other bounces have recipient and reason in prose only, which is not read: no lead is stopped on a
 * guess.
 */
export function readReport({ report, plainText }: Pick<Mail, 'report' | 'plainText'>): BounceReport {
  if (!report) return readQmail(plainText) ?? { failures: [], returned: new Map() };
  const groups = report.status.replaceAll('\r\n', '\n').split(/\n[ \t]*\n/, RECIPIENTS_MAX);
  return {
    failures: groups.flatMap((group) => failure(parseHeaders(group.trim()))),
    returned: parseHeaders(report.returned),
  };
}
