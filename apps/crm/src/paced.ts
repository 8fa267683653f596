import { setTimeout as delay } from 'node:timers/promises';
import { bodyOf, HubSpotTrouble, troubleOf, type HubSpotCall } from '@leadstream/providers/hubspot/access';
import type { Answered } from '@leadstream/service/crm/words';
import CircuitBreaker from 'opossum';

/** Half of what the smallest plan allows, 100 calls in ten seconds: two processes are below it. */
const EVERY_MS = 200;
const BREAKER_RESET_MS = 30_000;

/**
 * Calls one after the other, at most five a second. Half of them without an answer of HubSpot's own opens a breaker for
 * 30 s.
 */
export class Paced {
  readonly #breaker: CircuitBreaker<Parameters<HubSpotCall>, Awaited<ReturnType<HubSpotCall>>>;
  readonly #everyMs: number;
  #nextAtMs = -Infinity;

  constructor(call: HubSpotCall, counted: (answer: Answered) => void, everyMs = EVERY_MS) {
    this.#everyMs = everyMs;
    this.#breaker = new CircuitBreaker(
      async (request: Parameters<HubSpotCall>[0]) => {
        let answer: Answered = 'down';
        try {
          const response = await call(request);
          answer = kindOf(response);
          if (answer === 'down') bodyOf(response);
          return response;
        } finally {
          counted(answer);
        }
      },
      {
        timeout: false,
        resetTimeout: BREAKER_RESET_MS,
        errorThresholdPercentage: 50,
        volumeThreshold: 5,
        rollingCountTimeout: 60_000,
      },
    );
  }

  readonly call: HubSpotCall = async (request) => {
    const waitMs = Math.max(0, this.#nextAtMs - performance.now());
    this.#nextAtMs = performance.now() + waitMs + this.#everyMs;
    if (waitMs > 0) await delay(waitMs);
    try {
      return await this.#breaker.fire(request);
    } catch (error) {
      if (!CircuitBreaker.isOurError(error as Error)) throw error;
      throw new HubSpotTrouble('down', 'breaker-open', { waitMs: BREAKER_RESET_MS });
    }
  };

  close(): void {
    this.#breaker.shutdown();
  }
}

function kindOf(response: Awaited<ReturnType<HubSpotCall>>): Answered {
  return response.status >= 200 && response.status < 300 ? 'ok' : troubleOf(response).kind;
}
