import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { setTimeout as delay } from 'node:timers/promises';
import { logStreams } from '@leadstream/contracts/streams';
import { isUnavailable, type Broker } from './broker.ts';
import { ACK_PENDING_MAX, durableConsumer, type Durable } from './consumer.ts';
import { describeError } from './errors.ts';

export interface BatchOptions extends Durable {
  /** Most messages of one batch. */
  max: number;
  /** Maximum wait of a batch's first message for others. */
  expiresMs: number;
  /** Minimum time between two batches that are not full: in a steady flow they are fewer and larger. Default 0. */
  everyMs?: number;
  /** After so long without a message comes an empty batch. Default: none comes. */
  idleMs?: number;
  signal: AbortSignal;
}

const RETRY_MS = 1_000;

/** Reads each stream of the log beside the others, once their number is known; resolves when all reads have ended. */
export async function eachLogStream(
  broker: Broker,
  signal: AbortSignal,
  read: (stream: string) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const log = await broker
      .ready(signal)
      .then(() => logStreams(broker.partitions))
      .catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
        return undefined;
      });
    if (log) return void (await Promise.all(log.map(({ stream }) => read(stream))));
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * The consumer's messages in their order, in batches, until `signal` aborts. The caller acknowledges each message once
 * its batch is stored; unacknowledged messages are delivered again. Waits while NATS, the stream or the consumer is
 * unavailable.
 */
export async function* batches(broker: Broker, options: BatchOptions): AsyncGenerator<JsMsg[], void, void> {
  const { signal, max } = options;
  let said = '';
  while (!signal.aborted) {
    let messages: ConsumerMessages | undefined;
    const stop = () => messages?.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await broker.ready(signal);
      const consumer = await durableConsumer(broker, { maxAckPending: Math.max(ACK_PENDING_MAX, max * 4), ...options });
      messages = await consumer.consume({ max_messages: max, expires: 5_000, abort_on_missing_resource: true });
      if (signal.aborted) messages.stop();
      said = '';
      yield* gather(messages, options);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = describeError(error);
      if (message !== said)
        broker.log.warn({ consumer: options.durable, error: describeError(error) }, 'consumer is waiting');
      said = message;
    } finally {
      signal.removeEventListener('abort', stop);
      messages?.stop();
    }
    await delay(RETRY_MS / 2 + (Math.random() * RETRY_MS) / 2, undefined, { signal }).catch(() => undefined);
  }
}

async function* gather(
  messages: ConsumerMessages,
  { max, expiresMs, everyMs = 0, idleMs, signal }: BatchOptions,
): AsyncGenerator<JsMsg[], void, void> {
  const iterator = messages[Symbol.asyncIterator]();
  const ahead = () => {
    const message = iterator.next();
    // It may reject while the caller is busy with a batch; the next await reports it.
    message.catch(() => undefined);
    return message;
  };
  let next = ahead();
  let lastAtMs = -Infinity;
  while (!signal.aborted) {
    const first = idleMs === undefined ? await next : await within(next, idleMs);
    if (!first) {
      yield [];
      continue;
    }
    if (first.done) return;
    const batch = [first.value];
    next = ahead();
    const full = new AbortController();
    const waitMs = Math.max(expiresMs, lastAtMs + everyMs - performance.now());
    const over = delay(waitMs, undefined, { signal: full.signal }).catch(() => undefined);
    while (batch.length < max) {
      const more = await Promise.race([next, over]);
      if (!more || more.done) break;
      batch.push(more.value);
      next = ahead();
    }
    full.abort();
    lastAtMs = performance.now();
    yield batch;
  }
}

/** undefined: it has not come in this time. */
async function within<T>(coming: Promise<T>, ms: number): Promise<T | undefined> {
  const come = new AbortController();
  try {
    return await Promise.race([coming, delay(ms, undefined, { signal: come.signal }).catch(() => undefined)]);
  } finally {
    come.abort();
  }
}
