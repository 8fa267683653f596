import type { Receiver } from '../port.ts';
import { parseEvent } from './events.ts';
import { readPostedMail } from './inbound.ts';
import { MAIL_LIMITS } from './posted-mail.ts';
import { hasLogin, isLogin } from './login.ts';

/** An event has no more than the mail's subject and the server's answer; a bounce may have the returned mail. */
const EVENTS_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Postmark's webhooks. A forged event is answered 503: at a 4xx Postmark drops an event for ever, and ours may be the
 * wrong password; after a 503 it tries for 51 minutes.
 */
export const postmarkReceiver: Receiver<{ POSTMARK_WEBHOOK_LOGINS?: readonly string[] | undefined }> = {
  judge: ({ POSTMARK_WEBHOOK_LOGINS: logins }) =>
    logins && ((headers) => (isLogin(headers, logins) ? 'ours' : 'forged')),
  events: { bytesMax: EVENTS_BYTES_MAX, forged: 503, hasSignatureShape: hasLogin, parse: parseEvent },
  mail: { bytesMax: MAIL_LIMITS.totalBytes, read: readPostedMail },
};
