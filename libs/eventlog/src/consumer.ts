import { AckPolicy, JetStreamApiCodes, type Consumer } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { StreamName } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from './broker.ts';
import { isNewerSubject } from './handlers.ts';

export interface Durable {
  stream: StreamName;
  durable: string;
  /** Absent: the whole stream. */
  filterSubjects?: string[];
  ackWaitMs?: number;
  maxAckPending?: number;
}

/** Somebody made it a moment ago, a bit differently. */
const CONSUMER_EXISTS = [10148, 10013];

/**
 * Deliveries in hand or waiting for their next try. Messages of a newer build wait by the thousand while it is rolled
 * out; at this limit the consumer stands still for all leads. What a process has in hand is limited by its pull.
 */
export const ACK_PENDING_MAX = 20_000;

/**
 * The durable pull consumer, made when it is not there. Of an existing one only the filter is brought in line, because
 * only the filter is the code's; what an operator tuned stays. Subjects that only a newer build can have added stay
 * too:
 * without them JetStream would pass over their messages for good. Throws Unavailable when NATS or the stream is away.
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
    const newer = filterSubjects.length > 0 ? filter.filter((subject) => isNewerSubject(stream, subject)) : [];
    const brought = [...new Set([...filterSubjects, ...newer])];
    if (filter.toSorted().join() !== brought.toSorted().join()) {
      await consumers.update(stream, durable, { filter_subject: '', filter_subjects: brought });
    }
    return broker.js().consumers.get(stream, durable);
  });
}
