import type { JsMsg } from '@nats-io/jetstream';
import { NewerEvent } from '@leadstream/contracts/envelope';
import { isUnavailable } from './broker.ts';
import { Poison, Retry } from './errors.ts';

/** The outcomes of a delivery. */
export const EXITS = ['ack', 'failed', 'retry', 'newer', 'unavailable', 'poison'] as const;
export type Exit = (typeof EXITS)[number];

export const exitOf = (error: unknown): Exit => {
  if (error instanceof Poison) return 'poison';
  if (error instanceof Retry) return 'retry';
  if (error instanceof NewerEvent) return 'newer';
  return isUnavailable(error) ? 'unavailable' : 'failed';
};

/** A nak without a delay is redelivered at once: a hot loop. */
export const NAK_MS_MIN = 250;
const NAK_MS_MAX = 30_000;

/** Full jitter over a bound that doubles with every delivery. */
export const nakDelayMs = (deliveries: number): number =>
  Math.max(NAK_MS_MIN, Math.round(Math.random() * Math.min(NAK_MS_MAX, NAK_MS_MIN * 2 ** Math.min(deliveries, 10))));

const REMEMBERED_MAX = 10_000;

/** A message by its stream and sequence: another stream of the consumer has a message of the same sequence. */
export type OfStream = Pick<JsMsg, 'seq'> & { info: Pick<JsMsg['info'], 'stream'> };
export const messageKey = ({ seq, info }: OfStream): string => `${info.stream}/${seq}`;

/** Counts in memory how often a message failed for no known reason. */
export class Failures {
  readonly #counts = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** True at the failure that reaches the limit. */
  add(message: OfStream): boolean {
    const key = messageKey(message);
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const [oldest] = this.#counts.keys();
    // A message that another process handled stays counted here.
    if (this.#counts.size > REMEMBERED_MAX && oldest !== undefined) this.#counts.delete(oldest);
    return count >= this.#max;
  }

  clear(message: OfStream): void {
    if (this.#counts.size > 0) this.#counts.delete(messageKey(message));
  }
}
