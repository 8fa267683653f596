import type { ProviderResponse } from '@leadstream/lead/claim';
import { Client } from '@sendgrid/client';
import { MailService } from '@sendgrid/mail';
import { z } from 'zod';
import type { Config } from './config.ts';
import type { Letter } from './mail.ts';

const PROVIDER = 'sendgrid';
/** The connection was never made, so nothing was sent. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const TIMEOUTS = new Set(['ECONNABORTED', 'ETIMEDOUT']);
const REASON_LENGTH_MAX = 300;

export type Send = (letter: Letter) => Promise<ProviderResponse & { status?: number }>;

/** SendGrid's v3 Mail Send. Always resolves: every outcome is a ProviderResponse. It does not retry, and has its own timeout. */
export function sendgridSend(config: Config): Send {
  const client = new Client();
  // In this order: setApiKey resets the base URL (8.1.6).
  client.setApiKey(config.SENDGRID_API_KEY);
  client.setDefaultRequest('baseUrl', config.SENDGRID_BASE_URL);
  const service = new MailService();
  service.setClient(client);
  service.setTimeout(config.ESP_TIMEOUT_MS);
  return async (letter) => {
    try {
      const [response] = await service.send(letter);
      const id: unknown = (response.headers as Record<string, unknown>)['x-message-id'];
      return { kind: 'accepted', provider: PROVIDER, status: response.statusCode, ...(typeof id === 'string' ? { providerMessageId: id } : {}) };
    } catch (error) {
      return classify(error);
    }
  };
}

const failure = z.object({
  code: z.union([z.number(), z.string()]).optional(),
  message: z.string().optional(),
  // axios' headers are of a class of its own.
  response: z.object({ headers: z.custom<object>((headers) => typeof headers === 'object' && headers !== null).transform((headers): Record<string, unknown> => ({ ...headers })), body: z.unknown() }).optional(),
});
const errorBody = z.object({ errors: z.array(z.looseObject({ message: z.string().nullish(), field: z.string().nullish() })).min(1) });

/** What an error of the SDK means for the mail: certainly not sent, never going to be, or nobody knows (docs/adr/0006). */
export function classify(error: unknown, nowMs = Date.now()): ProviderResponse & { status?: number } {
  const { code, response } = failure.safeParse(error).data ?? {};
  if (!response) {
    const name = String(code ?? 'no code');
    if (UNREACHABLE.has(name)) return { kind: 'refused', class: 'unreachable', reason: name };
    return { kind: 'unknown', class: TIMEOUTS.has(name) ? 'timeout' : 'connection-lost', reason: name };
  }
  const status = Number(code);
  const body = errorBody.safeParse(response.body).data;
  const reason = `${status} ${body?.errors.map(({ field, message }) => [field, message].filter(Boolean).join(': ')).join('; ') ?? ''}`.trim().slice(0, REASON_LENGTH_MAX);
  const hint = retryAfterMs(response.headers, nowMs);
  if (status === 429) return { kind: 'refused', class: 'rate-limited', reason, status, ...hint };
  if ((status === 500 || status === 503) && body) return { kind: 'refused', class: 'server-error', reason, status, ...hint };
  if (status === 401 || status === 403) return { kind: 'refused', class: 'account', reason, status };
  if (status >= 400 && status < 500) return { kind: 'permanent', class: 'permanent', reason, status };
  return { kind: 'unknown', class: 'gateway', reason, status };
}

const text = (header: unknown): string => (typeof header === 'string' || typeof header === 'number' ? String(header) : '');

/** Retry-After in seconds or as a date, else X-RateLimit-Reset in epoch seconds. */
function retryAfterMs(headers: Record<string, unknown>, nowMs: number): { retryAfterMs?: number } {
  const after = text(headers['retry-after']);
  const reset = Number(text(headers['x-ratelimit-reset']) || Number.NaN);
  const until = /^\d+$/.test(after) ? nowMs + Number(after) * 1_000 : after ? Date.parse(after) : reset * 1_000;
  return Number.isFinite(until) ? { retryAfterMs: Math.max(0, until - nowMs) } : {};
}
