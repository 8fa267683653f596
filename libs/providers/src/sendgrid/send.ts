import { MailService, type MailDataRequired } from '@sendgrid/mail';
import { z } from 'zod';
import type { Email, Outcome, Send } from '../port.ts';
import { KeptConnections, NoResponse, type Response } from './client.ts';

const PROVIDER = 'sendgrid';
const TIMEOUTS = new Set(['TIMEOUT', 'ETIMEDOUT']);
const REASON_LENGTH_MAX = 300;

export interface SendgridSettings {
  SENDGRID_API_KEY: string;
  SENDGRID_BASE_URL: string;
  ESP_TIMEOUT_MS: number;
}

/**
 * SendGrid's v3 Mail Send. Resolves always: any response, and the lack of one, is an outcome. It repeats nothing, and
 * has its own deadline.
 */
export function sendgridSend(config: SendgridSettings): Send<'email'> {
  const service = new MailService();
  service.setClient(
    new KeptConnections({
      apiKey: config.SENDGRID_API_KEY,
      baseUrl: config.SENDGRID_BASE_URL,
      timeoutMs: config.ESP_TIMEOUT_MS,
    }),
  );
  return async (email) => {
    try {
      const [response] = await service.send(requestOf(email));
      return outcomeOf(response, Date.now());
    } catch (error) {
      return withoutResponse(error);
    }
  };
}

/** SendGrid's links and lists would conflict with ours, and its pixel is no evidence about people. */
const TRACKING = {
  clickTracking: { enable: false },
  openTracking: { enable: false },
  subscriptionTracking: { enable: false },
};

const requestOf = ({ sendId, leadId, ...mail }: Email): MailDataRequired => ({
  ...mail,
  trackingSettings: TRACKING,
  customArgs: { send_id: sendId, lead_id: leadId },
});

const errorBody = z.object({
  errors: z.array(z.looseObject({ message: z.string().nullish(), field: z.string().nullish() })).min(1),
});

/** The meaning of a status for the mail: sent, certainly not sent, permanently refused, or unknown (docs/adr/0006). */
function outcomeOf({ statusCode: status, headers, body }: Response, nowMs: number): Outcome {
  const fields: Record<string, unknown> = { ...headers };
  if (status >= 200 && status < 300) {
    const id = fields['x-message-id'];
    return {
      kind: 'accepted',
      provider: PROVIDER,
      status,
      ...(typeof id === 'string' ? { providerMessageId: id } : {}),
    };
  }
  const errors = errorBody.safeParse(body).data?.errors;
  const reason =
    `${status} ${errors?.map(({ field, message }) => [field, message].filter(Boolean).join(': ')).join('; ') ?? ''}`
      .trim()
      .slice(0, REASON_LENGTH_MAX);
  const hint = retryAfterMs(fields, nowMs);
  if (status === 429) return { kind: 'refused', class: 'rate-limited', reason, status, ...hint };
  if ((status === 500 || status === 503) && errors)
    return { kind: 'refused', class: 'server-error', reason, status, ...hint };
  if (status === 401 || status === 403) return { kind: 'refused', class: 'account', reason, status };
  if (status >= 400 && status < 500) return { kind: 'permanent', class: 'permanent', reason, status };
  return { kind: 'unknown', class: 'gateway', reason, status };
}

/** Before the first written byte the mail is certainly not sent; after it, its outcome is unknown. */
function withoutResponse(error: unknown): Outcome {
  const { code: reason, isWritten } = error instanceof NoResponse ? error : { code: 'no code', isWritten: true };
  if (!isWritten) return { kind: 'refused', class: 'unreachable', reason };
  return { kind: 'unknown', class: TIMEOUTS.has(reason) ? 'timeout' : 'connection-lost', reason };
}

const text = (header: unknown): string =>
  typeof header === 'string' || typeof header === 'number' ? String(header) : '';

/** Retry-After in seconds or as a date, else X-RateLimit-Reset in epoch seconds. */
function retryAfterMs(headers: Record<string, unknown>, nowMs: number): { retryAfterMs?: number } {
  const after = text(headers['retry-after']);
  const reset = Number(text(headers['x-ratelimit-reset']) || Number.NaN);
  const until = /^\d+$/.test(after) ? nowMs + Number(after) * 1_000 : after ? Date.parse(after) : reset * 1_000;
  return Number.isFinite(until) ? { retryAfterMs: Math.max(0, until - nowMs) } : {};
}
