import { request } from 'undici';
import { GuardedAgents, PrivateAddress, type Network } from './addresses.ts';
import { signedHeaders } from './secrets.ts';
import type { Why } from './why.ts';

/** Standard Webhooks recommends 15 to 30 s. */
const TIMEOUT_MS = 15_000;
/** The answer's body says nothing; what is longer ends the connection. */
const BODY_BYTES_MAX = 16 * 1024;
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;

export type Attempt =
  | { kind: 'delivered'; status: number; ms: number }
  | { kind: 'failed'; why: Why; detail: string; ms: number; status?: number; retryAfterMs?: number };

export interface Webhook {
  url: string;
  secrets: readonly string[];
  /** Id of the event: the same in every attempt, so that the receiver can drop a repetition. */
  id: string;
  body: string;
}

export interface PosterSettings {
  /** Private networks that endpoints may be in; plain http is only for them. */
  allowed: readonly Network[];
  now: () => Temporal.Instant;
  timeoutMs?: number;
}

/** Posts webhooks: one deadline from the connection to the answer's last byte, no redirect, no proxy, no repetition. */
export class Poster {
  readonly #settings: PosterSettings;
  readonly #agents: GuardedAgents;

  constructor(settings: PosterSettings) {
    this.#settings = settings;
    const { allowed, timeoutMs = TIMEOUT_MS } = settings;
    this.#agents = new GuardedAgents(allowed, timeoutMs);
  }

  async post({ url, secrets, id, body }: Webhook): Promise<Attempt> {
    const startedMs = performance.now();
    const ms = () => Math.round(performance.now() - startedMs);
    if (secrets.length === 0)
      return { kind: 'failed', why: 'no-secret', detail: 'no secret of DATA_KEYS opens it', ms: 0 };
    const signal = AbortSignal.timeout(this.#settings.timeoutMs ?? TIMEOUT_MS);
    try {
      const timestamp = Math.floor(this.#settings.now().epochMilliseconds / 1_000);
      const { statusCode, headers } = await this.#ask(url, signed(secrets, { id, timestamp, body }), body, signal);
      if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered', status: statusCode, ms: ms() };
      const retryAfterMs = this.#retryAfterMs(headers['retry-after']);
      return { kind: 'failed', ...refused(statusCode), ms: ms(), status: statusCode, ...retryAfterMs };
    } catch (error) {
      return { kind: 'failed', ...silence(error, signal), ms: ms() };
    }
  }

  close(): Promise<unknown> {
    return this.#agents.close();
  }

  async #ask(url: string, headers: Record<string, string>, body: string, signal: AbortSignal) {
    const dispatcher = this.#agents.of(new URL(url));
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher });
    await answer.body.dump({ limit: BODY_BYTES_MAX, signal });
    return answer;
  }

  #retryAfterMs(header: unknown): { retryAfterMs?: number } {
    const text = typeof header === 'string' ? header : '';
    const until = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - this.#settings.now().epochMilliseconds;
    return until > 0 ? { retryAfterMs: Math.min(until, RETRY_AFTER_MS_MAX) } : {};
  }
}

const signed = (secrets: readonly string[], message: { id: string; timestamp: number; body: string }) => ({
  'content-type': 'application/cloudevents+json; charset=utf-8',
  'user-agent': 'leadstream-webhooks',
  ...signedHeaders(secrets, message),
});

function refused(status: number): { why: Why; detail: string } {
  if (status === 410) return { why: 'gone', detail: '410' };
  if (status >= 300 && status < 400) return { why: 'redirect', detail: `${status}: redirects are not followed` };
  return { why: 'status', detail: String(status) };
}

/** The code alone: a message of a network error may quote the URL, which is a secret at some receivers. */
function silence(error: unknown, signal: AbortSignal): { why: Why; detail: string } {
  if (isPrivate(error)) return { why: 'private-address', detail: 'the address is private, and not allowed' };
  if (signal.aborted) return { why: 'timeout', detail: 'no whole answer in time' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return { why: /TIMEOUT|ETIMEDOUT/.test(code) ? 'timeout' : 'unreachable', detail: code };
}

const isPrivate = (error: unknown): boolean =>
  error instanceof Error && (error instanceof PrivateAddress || (error.cause !== undefined && isPrivate(error.cause)));
