import { MAIL_LIMITS } from '../inbound/limits.ts';
import type { Receiver } from '../port.ts';
import { parseMailgunEvent } from './events.ts';
import { readMailgunMail } from './inbound.ts';
import { isSigned } from './signature.ts';

/** One event a post, with the mail's headers and variables. */
const EVENTS_BYTES_MAX = 1024 * 1024;

/** Mailgun's webhooks and Routes. It retries at any 4xx but 406, which inbound never answers. */
export const mailgunReceiver: Receiver<{ MAILGUN_SIGNING_KEYS?: readonly string[] | undefined }> = {
  judge: ({ MAILGUN_SIGNING_KEYS: keys }) =>
    keys && ((_headers, body) => (isSigned(keys, Buffer.concat(body).toString()) ? 'ours' : 'forged')),
  events: {
    bytesMax: EVENTS_BYTES_MAX,
    forged: 401,
    // The signature is in the body.
    hasSignatureShape: () => true,
    parse: parseMailgunEvent,
  },
  mail: { bytesMax: MAIL_LIMITS.totalBytes, read: readMailgunMail },
};
