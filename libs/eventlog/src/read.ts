import {
  DeliverPolicy,
  type Consumer,
  type JetStreamClient,
  type JsMsg,
  type OrderedConsumerOptions,
} from '@nats-io/jetstream';
import { reachable } from './broker.ts';
import { Unavailable } from './errors.ts';

const AHEAD_MAX = 500;
const IDLE_MS = 1_000;
/** A connection is restored by itself; a stream without a leader for this long is no evidence. */
const SILENCE_MS_MAX = 60_000;

export interface ReadOptions {
  /** Default: all messages. */
  only?: Partial<OrderedConsumerOptions>;
  /** Default: the stream's last sequence at the start. */
  upTo?: number;
  /** Ends the read with the signal's reason. */
  signal?: AbortSignal;
  /** The longest wait for one message. Default: a minute. */
  silenceMs?: number;
}

/**
 * A stream's messages up to its last one at the start, in order, by a consumer that leaves nothing behind. A read that
 * NATS does not serve to the end throws Unavailable.
 */
export async function* messagesTo(
  js: JetStreamClient,
  stream: string,
  { only = { deliver_policy: DeliverPolicy.All }, upTo, signal, silenceMs = SILENCE_MS_MAX }: ReadOptions = {},
): AsyncGenerator<JsMsg> {
  signal?.throwIfAborted();
  const { streams } = await js.jetstreamManager(false);
  const head = upTo ?? (await reachable(() => streams.info(stream))).state.last_seq;
  if (head === 0) return;
  const consumer = await reachable(() => js.consumers.get(stream, only));
  try {
    if ((await reachable(() => consumer.info())).num_pending > 0)
      yield* consumed(js, consumer, head, silenceMs, signal);
  } finally {
    await consumer.delete().catch(() => undefined);
  }
}

async function* consumed(
  js: JetStreamClient,
  consumer: Consumer,
  head: number,
  silenceMs: number,
  signal?: AbortSignal,
): AsyncGenerator<JsMsg> {
  const messages = await consumer.consume({ max_messages: AHEAD_MAX });
  const stop = () => messages.stop();
  signal?.addEventListener('abort', stop);
  let last = { seq: 0, delivery: 0 };
  let isDeleted = false;
  let waitsSinceMs = performance.now();
  const watch = setInterval(() => {
    const waitMs = performance.now() - waitsSinceMs;
    if (waitMs > silenceMs) return stop();
    if (waitMs < IDLE_MS) return;
    void delivered(js, consumer).then(
      (delivery) => {
        if (delivery !== last.delivery) return;
        isDeleted = true;
        stop();
      },
      () => undefined,
    );
  }, IDLE_MS);
  try {
    for await (const message of messages) {
      // A caller may take longer for a message than NATS may.
      waitsSinceMs = Infinity;
      last = { seq: message.seq, delivery: message.info.deliverySequence };
      if (message.seq <= head) yield message;
      signal?.throwIfAborted();
      if (message.seq >= head || message.info.pending === 0) return;
      waitsSinceMs = performance.now();
    }
    signal?.throwIfAborted();
    if (!isDeleted) throw new Unavailable(`NATS delivers no more after ${last.seq} of ${head}`);
  } finally {
    clearInterval(watch);
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/**
 * The number of the consumer's last delivery, once none is pending: if it arrived, the rest of the stream was deleted
 * during the read. One that was lost on its way counts as delivered, too.
 */
async function delivered(js: JetStreamClient, consumer: Consumer): Promise<number | undefined> {
  const { consumers } = await js.jetstreamManager(false);
  const { stream_name: stream, name } = await consumer.info(true);
  const { num_pending: pending, delivered: last } = await consumers.info(stream, name);
  return pending === 0 ? last.consumer_seq : undefined;
}
