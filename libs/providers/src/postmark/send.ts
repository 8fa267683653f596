import { z } from 'zod';
import { Http, jsonOf, refusedBy, retryAfterMs, withoutResponse, type HttpResponse } from '../http.ts';
import type { Email, Outcome, Send } from '../port.ts';
import { headersOf, type PostmarkAccess } from './access.ts';

const PROVIDER = 'postmark';
/** After a hard bounce, a complaint or an unsubscribe: no event follows this refusal. */
const INACTIVE = 406;
/** Codes of a 422 that any mail of the account would get: its sender, credits, approval, server or stream. */
const ACCOUNT: ReadonlySet<number | undefined> = new Set([400, 401, 405, 412, 413, 422, 1235, 1236, 1480]);

export interface PostmarkSettings extends PostmarkAccess {
  POSTMARK_MESSAGE_STREAM: string;
  ESP_TIMEOUT_MS: number;
}

/** Postmark's `POST /email`. Resolves always, and repeats nothing. */
export function postmarkSend(settings: PostmarkSettings): Send<'email'> {
  const http = new Http(settings.POSTMARK_BASE_URL, settings.ESP_TIMEOUT_MS);
  const headers = { ...headersOf(settings), 'content-type': 'application/json' };
  return async (email) => {
    const body = JSON.stringify(bodyOf(email, settings.POSTMARK_MESSAGE_STREAM));
    try {
      return outcomeOf(await http.call({ method: 'POST', path: '/email', headers, body }), Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

const mailbox = ({ email, name }: { email: string; name?: string }): string =>
  name ? `"${name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/["\\]/g, '\\$&')}" <${email}>` : email;

/**
 * `X-PM-KeepID` keeps our Message-ID. Tracking is off: Postmark's links would conflict with ours, and its pixel is no
 * evidence about people.
 */
const bodyOf = (email: Email, messageStream: string): object => ({
  From: mailbox(email.from),
  To: email.to,
  ReplyTo: mailbox(email.replyTo),
  Subject: email.subject,
  TextBody: email.text,
  HtmlBody: email.html,
  Headers: Object.entries({ ...email.headers, 'X-PM-KeepID': 'true' }).map(([Name, Value]) => ({ Name, Value })),
  Metadata: { send_id: email.sendId, lead_id: email.leadId },
  TrackOpens: false,
  TrackLinks: 'None',
  MessageStream: messageStream,
});

const answer = z.object({
  ErrorCode: z.number().optional().catch(undefined),
  Message: z.string().optional().catch(undefined),
  MessageID: z.string().min(1).max(200).optional().catch(undefined),
});

/** Only a response with a MessageID accepts the mail: a proxy's page has none. */
function outcomeOf(response: HttpResponse, nowMs: number): Outcome {
  const { status, headers } = response;
  const { ErrorCode: code, Message: message, MessageID: providerMessageId } = answer.parse(jsonOf(response));
  if (status >= 200 && status < 300 && providerMessageId !== undefined)
    return { kind: 'accepted', provider: PROVIDER, status, providerMessageId };
  const outcome = refusedBy(response, {
    reason: [code, message].filter(Boolean).join(' '),
    isOwn: code !== undefined,
    // A 404 is of a wrong base URL: the API has other words for each fault of a mail.
    isAccount: status === 404 || (status === 422 && ACCOUNT.has(code)),
    retryAfterMs: retryAfterMs(headers, nowMs),
  });
  return outcome.kind === 'permanent' && code === INACTIVE ? { ...outcome, isClosed: true } : outcome;
}
