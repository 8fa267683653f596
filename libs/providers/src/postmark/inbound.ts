import type { InboundMail } from '@leadstream/contracts/feedback';
import { stringsOfJson } from '../inbound/strings-of-json.ts';
import type { Keep } from '../port.ts';
import { MAIL_LIMITS, PostedMail, type MailLimits } from './posted-mail.ts';

/**
 * Reads a post of Postmark's inbound webhook into the fields of Inbound Parse, in memory that its attachments do not
 * raise: each is reduced to name, type, size and hash while it comes, except for the parts of a delivery status
 * notification. `problem` says why a body could not be read whole. The request is read to its end in any case.
 */
export async function readPostedMail(
  request: AsyncIterable<Uint8Array>,
  _contentType: string | undefined,
  keep: Keep,
  overrides: Partial<MailLimits> = {},
): Promise<InboundMail> {
  const limits = { ...MAIL_LIMITS, ...overrides };
  const mail = new PostedMail(limits, keep);
  const reader = stringsOfJson(mail.open);
  const raw = mail.prefix(limits.rawBytes);
  let total = 0;
  for await (const chunk of request) {
    total += chunk.length;
    raw.add(chunk);
    if (total <= limits.totalBytes) await reader.write(chunk);
  }
  const problem = await reader.end();
  return mail.posted(total > limits.totalBytes ? `over ${limits.totalBytes} bytes` : problem, raw);
}
