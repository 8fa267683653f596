import type { KeyObject } from 'node:crypto';
import { MAIL_LIMITS } from '../inbound/limits.ts';
import type { Receiver, WebhookHeaders } from '../port.ts';
import { parseEventBatch } from './events.ts';
import { readInboundMail } from './inbound-parse.ts';
import { hasSignatureShape, verifySignature, type SignatureHeaders } from './signature.ts';

/** SendGrid's batches end at 768 KB. */
const EVENTS_BYTES_MAX = 2 * 1024 * 1024;

const text = (header: string | string[] | undefined) => (typeof header === 'string' ? header : undefined);
const signed = (headers: WebhookHeaders): SignatureHeaders => ({
  signature: text(headers['x-twilio-email-event-webhook-signature']),
  timestamp: text(headers['x-twilio-email-event-webhook-timestamp']),
});

/** SendGrid's Event Webhook and Inbound Parse. */
export const sendgridReceiver: Receiver<{ SENDGRID_EVENT_PUBLIC_KEYS?: readonly KeyObject[] | undefined }> = {
  judge: ({ SENDGRID_EVENT_PUBLIC_KEYS: keys }) =>
    keys && ((headers, body) => (verifySignature(keys, signed(headers), body) ? 'ours' : 'forged')),
  events: {
    bytesMax: EVENTS_BYTES_MAX,
    forged: 401,
    hasSignatureShape: (headers) => hasSignatureShape(signed(headers)),
    parse: parseEventBatch,
  },
  mail: { bytesMax: MAIL_LIMITS.totalBytes, read: readInboundMail },
};
