import { z } from 'zod';
import { Http, jsonOf, refusedBy, withoutResponse, type HttpResponse } from '../http.ts';
import type { Email, Outcome, Send } from '../port.ts';
import { authorizationOf } from './access.ts';

const PROVIDER = 'mailgun';

export interface MailgunSettings {
  MAILGUN_API_KEY: string;
  MAILGUN_DOMAIN: string;
  /** A region's API; a key of another region is refused with 401. */
  MAILGUN_BASE_URL: string;
  ESP_TIMEOUT_MS: number;
}

/** Mailgun's Messages API. Resolves always: any response, and the lack of one, is an outcome. It repeats nothing. */
export function mailgunSend(config: MailgunSettings): Send<'email'> {
  const http = new Http(config.MAILGUN_BASE_URL, config.ESP_TIMEOUT_MS);
  const path = `/v3/${encodeURIComponent(config.MAILGUN_DOMAIN)}/messages`;
  const headers = {
    authorization: authorizationOf(config.MAILGUN_API_KEY),
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'leadstream',
  };
  return async (email) => {
    try {
      return outcomeOf(await http.call({ method: 'POST', path, headers, body: formOf(email).toString() }), Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

const mailbox = ({ email, name }: { email: string; name?: string }): string =>
  name ? `"${name.replace(/["\\]/g, '\\$&')}" <${email}>` : email;

/** Mailgun's links would conflict with ours, and its pixel is no evidence about people. */
const UNTRACKED = { 'o:tracking': 'no', 'o:tracking-opens': 'no', 'o:tracking-clicks': 'no' };

function formOf({ to, from, replyTo, subject, text, html, headers = {}, sendId, leadId }: Email): URLSearchParams {
  const own = Object.entries({ 'Reply-To': mailbox(replyTo), ...headers });
  return new URLSearchParams({
    to,
    from: mailbox(from),
    subject,
    text,
    html,
    ...Object.fromEntries(own.map(([name, value]) => [`h:${name}`, value])),
    'v:send_id': sendId,
    'v:lead_id': leadId,
    ...UNTRACKED,
  });
}

const acceptance = z.object({ id: z.string().min(1) });
const refusal = z.object({ message: z.string() });

/** The domain's state, and not the mail, is the cause of a 400 with these words. */
const NOT_ALLOWED = /\bis not allowed to send\b/i;
/** The hint of a 429 is in its words alone; the date may be past. */
const TRY_AGAIN = /\btry again after (.{10,40})$/i;

function outcomeOf(response: HttpResponse, nowMs: number): Outcome {
  const { status } = response;
  const body = jsonOf(response);
  if (status >= 200 && status < 300) {
    const id = acceptance.safeParse(body).data?.id.replace(/^<|>$/g, '');
    if (id) return { kind: 'accepted', provider: PROVIDER, status, providerMessageId: id };
    // A body that was too long to be read.
    if (response.text === '') return { kind: 'unknown', class: 'gateway', reason: `${status} without a body`, status };
    // A wrong path is answered 200, and nothing is sent.
    return { kind: 'refused', class: 'account', reason: `${status} without an id: the URL is not the API’s`, status };
  }
  const reason = refusal.safeParse(body).data?.message;
  const until = Date.parse(TRY_AGAIN.exec(reason ?? '')?.[1] ?? '');
  return refusedBy(response, {
    reason,
    isOwn: reason !== undefined,
    isAccount: status === 402 || status === 404 || (status === 400 && NOT_ALLOWED.test(reason ?? '')),
    retryAfterMs: Number.isFinite(until) ? Math.max(0, until - nowMs) : undefined,
  });
}
