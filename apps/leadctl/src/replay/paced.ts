import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '@leadstream/eventlog/broker';
import { readLog } from '@leadstream/eventlog/log-stream';
import type { JsMsg } from '@nats-io/jetstream';

const BATCH_MAX = 500;

export interface Pace {
  from: number;
  upTo: number;
  /** Times the original speed; Infinity: as fast as possible. */
  speed: number;
  signal: AbortSignal;
}

/** A range of LEADS in its order, its waits divided by the speed; messages that are due together come as one. */
export async function* paced(broker: Broker, { from, upTo, speed, signal }: Pace): AsyncGenerator<JsMsg[]> {
  if (from > upTo) return;
  const startedMs = performance.now();
  let firstMs: number | undefined;
  let due: JsMsg[] = [];
  for await (const message of readLog(broker, { after: [from - 1], upTo: [upTo], signal })) {
    const atMs = message.time.getTime();
    firstMs ??= atMs;
    const waitMs = startedMs + Math.max(0, atMs - firstMs) / speed - performance.now();
    if (due.length > 0 && (waitMs > 0 || due.length === BATCH_MAX)) {
      yield due;
      due = [];
    }
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    due.push(message);
  }
  if (due.length > 0) yield due;
}
