import { LRUCache } from 'lru-cache';
import type { Log } from './broker.ts';
import { messageKey, type OfStream } from './exits.ts';

/** Maximum wait of a message of a newer build before it is quarantined. Longer than any rollout. */
export const NEWER_MS_MAX = 24 * 3_600_000;
const DELAY_MS = 1_000;
const DELAY_MS_MAX = 60_000;
const LINE_EVERY_MS = 60_000;
/** Number of messages whose first delivery is remembered. A forgotten one waits longer, and is never lost. */
const REMEMBERED_MAX = 50_000;

/**
 * The delay before the next delivery: doubles from 1 s to a minute, with equal jitter. `deliveries` counts from 1. A
 * whole number: NATS takes a delay with a fraction for none, and delivers at once.
 */
export const newerDelayMs = (deliveries: number): number => {
  const longestMs = Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** Math.min(Math.max(deliveries, 1) - 1, 10));
  return Math.round(longestMs * (0.5 + Math.random() / 2));
};

/**
 * Messages that this process hands back because a newer build wrote them: the delay of each, and one log line a minute
 * for all of them. The wait begins with the process's first delivery, so that an old message whose lead has just got a
 * newer event waits as long as any other.
 */
export class NewerMessages {
  readonly #consumer: string;
  readonly #log: Log;
  readonly #waitMsMax: number;
  /** Not bounded by `max`, which would allocate the room of all at once, in each consumer. */
  readonly #firstMs = new LRUCache<string, number>({ maxSize: REMEMBERED_MAX, sizeCalculation: () => 1 });
  readonly #types = new Map<string, number>();
  #lineAtMs = -Infinity;

  constructor(consumer: string, log: Log, waitMsMax = NEWER_MS_MAX) {
    this.#consumer = consumer;
    this.#log = log;
    this.#waitMsMax = waitMsMax;
  }

  /** Counts a delivery; true when the message's wait is over without a newer build. */
  add(message: OfStream, type: string, nowMs = performance.now()): boolean {
    const key = messageKey(message);
    const firstMs = this.#firstMs.get(key) ?? nowMs;
    this.#firstMs.set(key, firstMs);
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    this.#report(nowMs);
    return nowMs - firstMs >= this.#waitMsMax;
  }

  /** Forgets a message that was handled or quarantined. */
  clear(message: OfStream): void {
    if (this.#firstMs.size > 0) this.#firstMs.delete(messageKey(message));
  }

  #report(nowMs: number): void {
    if (nowMs - this.#lineAtMs < LINE_EVERY_MS) return;
    this.#lineAtMs = nowMs;
    const deliveries = Object.fromEntries(this.#types);
    this.#types.clear();
    this.#log.warn(
      { consumer: this.#consumer, deliveries, waiting: this.#firstMs.size },
      'messages wait for a newer build',
    );
  }
}
