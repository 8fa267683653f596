import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import type { LogStream } from '@leadstream/contracts/streams';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { logInfo } from '@leadstream/eventlog/log-stream';
import type { LiveEvent } from './recent.ts';

const HOUR_MS = 3_600_000;
const AHEAD_MAX = 500;
/** The broker's limit for a consumer that nobody deletes; the client takes milliseconds. */
const ABANDONED_MS = 60_000;
/** The interval at which a silent consumer is compared with its stream. */
const LOOK_MS = 2_000;

interface Following {
  /** Begin behind this sequence; without it, an hour back. */
  after?: number;
  /** The stream's last sequence at the start. */
  end: number;
  signal: AbortSignal;
}

/**
 * The events of a stream of the log, without their data: the broker sends headers alone. After those up to `end` comes
 * `caught-up`. Ends at a reconnect, and when the stream has events that a consumer does not deliver: it was lost with
 * its server.
 */
export async function* latest(
  broker: Broker,
  log: LogStream,
  { after, end, signal }: Following,
): AsyncGenerator<LiveEvent | 'caught-up'> {
  let last = after ?? 0;
  if (last >= end) yield 'caught-up';
  const start =
    after === undefined
      ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(Date.now() - HOUR_MS).toISOString() }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 };
  const { consumers } = broker.js();
  const consumer = await reachable(() =>
    consumers.get(log.stream, { ...start, headers_only: true, inactive_threshold: ABANDONED_MS }),
  );
  const messages = await reachable(() => consumer.consume({ max_messages: AHEAD_MAX }));
  await using ending = new AsyncDisposableStack();
  ending.defer(async () => void (broker.connected && (await consumer.delete().catch(() => undefined))));
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  ending.defer(() => signal.removeEventListener('abort', stop));
  ending.defer(broker.onReady(stop));
  ending.defer(stop);
  if (signal.aborted) stop();
  if (after === undefined && (await reachable(() => consumer.info())).num_pending === 0) yield 'caught-up';
  const watch = setInterval(() => {
    const seen = last;
    void missed(broker, log, seen).then(
      (isMissed) => {
        if (isMissed && seen === last) stop();
      },
      () => undefined,
    );
  }, LOOK_MS);
  ending.defer(() => clearInterval(watch));
  for await (const message of messages) {
    const isFirst = last < end;
    last = message.seq;
    yield eventOf(message);
    if (isFirst && last >= end) yield 'caught-up';
  }
}

const missed = async (broker: Broker, log: LogStream, seq: number): Promise<boolean> =>
  seq > 0 && (await logInfo(broker, log)).state.last_seq > seq;

function eventOf({ seq, subject, headers }: JsMsg): LiveEvent {
  const header = (name: string): string => headers?.get(name) ?? '';
  return {
    seq,
    id: header(CE.id),
    type: header(CE.type),
    leadId: subject.split('.')[1] ?? '',
    version: Number(header(LEAD_VERSION)),
    at: header(CE.time),
    source: header(CE.source),
  };
}
