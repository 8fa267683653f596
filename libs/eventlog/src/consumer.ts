import { AckPolicy, JetStreamApiCodes, type Consumer } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { StreamName } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from './broker.ts';

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
 * The durable pull consumer, made when it is not there. Of an existing one only the filter is brought in line, because
 * only the filter is the code's; what an operator tuned stays. Throws Unavailable when NATS or the stream is away.
 */
export async function durableConsumer(broker: Broker, wanted: Durable): Promise<Consumer> {
  const { stream, durable, filterSubjects = [], ackWaitMs = 30_000, maxAckPending = 1_000 } = wanted;
  return reachable(async () => {
    const { consumers } = await broker.jsm();
    const make = () => consumers.add(stream, {
      durable_name: durable, ack_policy: AckPolicy.Explicit, max_deliver: -1, ack_wait: nanos(ackWaitMs), max_ack_pending: maxAckPending,
      ...(filterSubjects.length > 0 ? { filter_subjects: filterSubjects } : {}),
    });
    const info = () => consumers.info(stream, durable);
    const { config } = await info()
      .catch((error: unknown) => { if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return make(); throw error; })
      .catch((error: unknown) => { if (hasCode(error, ...CONSUMER_EXISTS)) return info(); throw error; });
    const filter = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);
    if (filter.toSorted().join() !== filterSubjects.toSorted().join()) {
      await consumers.update(stream, durable, { filter_subject: '', filter_subjects: filterSubjects });
    }
    return broker.js().consumers.get(stream, durable);
  });
}
