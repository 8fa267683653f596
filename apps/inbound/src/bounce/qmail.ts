import { canonicalAddress } from '@leadstream/lead/address';
import { parseHeaders } from '../mail/headers.ts';
import { blame, words, type BounceReport } from './status.ts';

const TEXT_LENGTH = 64 * 1024;
const PARAGRAPHS_MAX = 100;

/**
 * Reads a bounce of qmail, which is plain text in a fixed form (https://cr.yp.to/proto/qsbmf.txt): an introduction, a
 * paragraph for each recipient, a break that begins with a dash, and the mail. qmail sends no reports about delays.
 */
export function readQmail(body: string): BounceReport | undefined {
  const text = body.slice(0, TEXT_LENGTH).replaceAll('\r\n', '\n').trimStart();
  if (!/^Hi\. This is the qmail-send program\b/.test(text)) return undefined;
  const [, report = text, returned = ''] = /^(.*?)\n\n-[^\n]*\n\n(.*)$/s.exec(text) ?? [];
  const failures = report.split('\n\n', PARAGRAPHS_MAX).flatMap((paragraph) => {
    const [, recipient = '', reason = ''] = /^<([^<>\n]{1,320})>:\n(.*)$/s.exec(paragraph) ?? [];
    const address = canonicalAddress(recipient);
    const codes = [
      ...reason.matchAll(/\(#([245]\.\d{1,3}\.\d{1,3})\)|said: [245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b/g),
    ].map(([, own, remote]) => own ?? remote);
    return address ? [{ address, ...blame(codes), ...(reason ? { reason: words(reason) } : {}) }] : [];
  });
  return { failures, returned: parseHeaders(returned) };
}
