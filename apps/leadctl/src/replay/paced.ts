import { setTimeout as delay } from 'node:timers/promises';
import { covers, type Place } from '@leadstream/contracts/place';
import type { Broker } from '@leadstream/eventlog/broker';
import { placeAfter, readByTime } from '@leadstream/eventlog/log-stream';
import type { JsMsg } from '@nats-io/jetstream';

const BATCH_MAX = 500;

export interface Pace {
  after: Place;
  upTo: Place;
  /** Times the original speed; Infinity: as fast as possible. */
  speed: number;
  signal: AbortSignal;
}

export interface Due {
  messages: readonly JsMsg[];
  /** The place behind them. */
  place: Place;
}

/** A range of the log by time, its waits divided by the speed; messages that are due together come as one. */
export async function* paced(broker: Broker, { after, upTo, speed, signal }: Pace): AsyncGenerator<Due> {
  if (covers(after, upTo)) return;
  let place = after;
  const startedMs = performance.now();
  let firstMs: number | undefined;
  let due: JsMsg[] = [];
  for await (const message of readByTime(broker, { after, upTo, signal })) {
    const atMs = message.time.getTime();
    firstMs ??= atMs;
    const waitMs = startedMs + Math.max(0, atMs - firstMs) / speed - performance.now();
    if (due.length > 0 && (waitMs > 0 || due.length === BATCH_MAX)) {
      yield { messages: due, place };
      due = [];
    }
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    due.push(message);
    place = placeAfter(broker, place, message);
  }
  if (due.length > 0) yield { messages: due, place };
}
