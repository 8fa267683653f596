import type { InboundMail } from '@leadstream/contracts/feedback';
import type { MailLimits } from '../inbound/limits.ts';
import { readMultipart, type FormFields } from '../inbound/multipart.ts';
import type { Keep } from '../port.ts';

const FIELDS: FormFields = { mime: 'email', isKept: () => true };

/** Reads an Inbound Parse request (SendGrid docs, "Inbound Parse Webhook"). Rejects only if the stream fails. */
export const readInboundMail = (
  request: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  keep: Keep,
  overrides: Partial<MailLimits> = {},
): Promise<InboundMail> => readMultipart(request, contentType, keep, FIELDS, overrides);
