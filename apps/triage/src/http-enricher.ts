import { createHmac } from 'node:crypto';
import { factsSchema, type Data } from '@leadstream/contracts/events';
import type { Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import CircuitBreaker from 'opossum';
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { SENDABLE, type Sendable } from './sendable.ts';

export interface HttpEnricherSettings {
  url: string;
  secret: string;
  fields: readonly Sendable[];
  timeoutMs: number;
}

type Why = NonNullable<Data<'lead.enriched'>['why']>;
const BODY_BYTES_MAX = 64 * 1024;
const BREAKER_RESET_MS = 30_000;
const answerSchema = z.object({ facts: factsSchema });

class Unanswered extends Error {
  override readonly name = 'Unanswered';
  readonly why: Why;
  constructor(why: Why) {
    super(why);
    this.why = why;
  }
}

/**
 * A team's own service behind ENRICH_URL: one signed POST a lead, with one deadline from the connection to the last
 * byte
 * of the answer, no repetition and no redirect. Half of its calls unanswered open a breaker for 30 s.
 */
export class HttpEnricher {
  readonly #settings: HttpEnricherSettings;
  readonly #agent = new EnvHttpProxyAgent();
  readonly #breaker: CircuitBreaker<[LeadState], Found>;

  constructor(settings: HttpEnricherSettings) {
    this.#settings = settings;
    this.#breaker = new CircuitBreaker((state: LeadState) => this.#ask(state), {
      timeout: false,
      resetTimeout: BREAKER_RESET_MS,
      errorThresholdPercentage: 50,
      volumeThreshold: 10,
      rollingCountTimeout: 60_000,
    });
  }

  async find(state: LeadState): Promise<Found> {
    try {
      return await this.#breaker.fire(state);
    } catch (error) {
      if (error instanceof Unanswered) return { outcome: 'unavailable', why: error.why };
      return {
        outcome: 'unavailable',
        why: CircuitBreaker.isOurError(error as Error) ? 'breaker-open' : 'unreachable',
      };
    }
  }

  async close(): Promise<void> {
    this.#breaker.shutdown();
    await this.#agent.destroy();
  }

  /** Throws Unanswered, which the breaker counts. */
  async #ask(state: LeadState): Promise<Found> {
    const { url, secret, fields, timeoutMs } = this.#settings;
    const body = JSON.stringify({ lead: Object.fromEntries(fields.map((name) => [name, SENDABLE[name](state)])) });
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const headers = { 'content-type': 'application/json', accept: 'application/json', ...signed(secret, body) };
      const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.#agent });
      return await read(answer);
    } catch (error) {
      if (error instanceof Unanswered) throw error;
      throw new Unanswered(signal.aborted ? 'timeout' : 'unreachable');
    }
  }
}

/**
 * HMAC-SHA256 of the timestamp, a dot and the raw body: a receiver refuses old timestamps, so that no call is replayed.
 */
function signed(secret: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'leadstream-timestamp': timestamp, 'leadstream-signature': `v1=${signature}` };
}

async function read({ statusCode, body }: Dispatcher.ResponseData): Promise<Found> {
  if (statusCode !== 200) {
    // Without a listener the error of the aborted body would end the process.
    body.on('error', () => undefined).destroy();
    if (statusCode === 204 || statusCode === 404) return { outcome: 'nothing' };
    throw new Unanswered(statusCode >= 300 && statusCode < 400 ? 'redirect' : 'status');
  }
  const parsed = answerSchema.safeParse(json(await textOf(body)));
  if (!parsed.success) throw new Unanswered('not-valid');
  const { facts } = parsed.data;
  return Object.keys(facts).length > 0 ? { outcome: 'enriched', facts } : { outcome: 'nothing' };
}

async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Unanswered('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
