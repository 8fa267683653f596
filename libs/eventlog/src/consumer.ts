import { AckPolicy, JetStreamApiCodes, type Consumer } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { hasCode, reachable, type Broker } from './broker.ts';

export interface Durable {
  /** Of the log, one of its streams. */
  stream: string;
  durable: string;
  /** Absent: the whole stream. */
  filterSubjects?: string[];
  ackWaitMs?: number;
  maxAckPending?: number;
}

/** A concurrent process created it with a different configuration. */
const CONSUMER_EXISTS = [10148, 10013];

/**
 * Deliveries in hand or waiting for their next attempt. Messages of a newer build wait by the thousand during a
 * rollout; at this limit the consumer stands still for all leads. The number in hand of one process is limited by its
 * pull.
 */
export const ACK_PENDING_MAX = 20_000;

/** Whether the durable consumer exists. Throws Unavailable. */
export const isThere = (broker: Broker, { stream, durable }: Durable): Promise<boolean> =>
  reachable(async () => {
    const { consumers } = await broker.jsm();
    return consumers.info(stream, durable).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return false;
        throw error;
      },
    );
  });

/**
 * The durable pull consumer, created when missing. Of an existing one only the filter is widened, because only the
 * filter belongs to the code; an operator's tuning stays. It is never narrowed: a newer build beside this one may
 * handle an event type that this build only knows, and JetStream would skip its messages for good. Throws Unavailable
 * when NATS or the stream is unavailable.
 */
export async function durableConsumer(broker: Broker, wanted: Durable): Promise<Consumer> {
  const { stream, durable, filterSubjects = [], ackWaitMs = 30_000, maxAckPending = ACK_PENDING_MAX } = wanted;
  return reachable(async () => {
    const { consumers } = await broker.jsm();
    const make = () =>
      consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        max_deliver: -1,
        ack_wait: nanos(ackWaitMs),
        max_ack_pending: maxAckPending,
        ...(filterSubjects.length > 0 ? { filter_subjects: filterSubjects } : {}),
      });
    const info = () => consumers.info(stream, durable);
    const { config } = await info()
      .catch((error: unknown) => {
        if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return make();
        throw error;
      })
      .catch((error: unknown) => {
        if (hasCode(error, ...CONSUMER_EXISTS)) return info();
        throw error;
      });
    const filter = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);
    const isWhole = filter.length === 0 || filterSubjects.length === 0;
    const widened = isWhole ? [] : [...new Set([...filter, ...filterSubjects])];
    if (filter.length !== widened.length)
      await consumers.update(stream, durable, { filter_subject: '', filter_subjects: widened });
    return broker.js().consumers.get(stream, durable);
  });
}
