import {
  DiscardPolicy,
  JetStreamApiCodes,
  StorageType,
  StoreCompression,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import {
  buckets,
  streams,
  type BucketName,
  type StreamDefinition,
  type StreamName,
} from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from './broker.ts';
import { openBucket } from './bucket.ts';
import { durableConsumer } from './consumer.ts';
import { GuardRecords } from './guard-record.ts';
import { createMissing } from './missing.ts';

const NAME_IN_USE = 10058;

/**
 * Creates missing streams. Existing ones are never altered: their limits and replicas belong to the operator.
 * Concurrent services all succeed. Throws Unavailable when NATS gives no answer.
 */
export async function provision(broker: Broker, needs: { replicas: number; streams: StreamName[] }): Promise<void> {
  await reachable(async () => {
    const jsm = await broker.jsm();
    for (const name of needs.streams) await provisionStream(broker, jsm, name, needs.replicas);
    if (needs.streams.includes('LEADS')) await provisionGuard(broker, jsm, needs.replicas);
  });
}

/**
 * The epoch is drawn before the first event; a log with events and without an epoch must not be named by an arbitrary
 * service.
 */
async function provisionGuard(broker: Broker, jsm: JetStreamManager, replicas: number): Promise<void> {
  const records = new GuardRecords(broker, replicas);
  if (await records.read()) return;
  const {
    created,
    state: { last_seq: lastSeq },
  } = await jsm.streams.info('LEADS');
  if (lastSeq === 0) await records.draw(created);
}

async function provisionStream(
  broker: Broker,
  jsm: JetStreamManager,
  name: StreamName,
  replicas: number,
): Promise<void> {
  try {
    await jsm.streams.info(name);
  } catch (error) {
    if (!hasCode(error, JetStreamApiCodes.StreamNotFound)) throw error;
    const { subjects, maxAgeMs, duplicateWindowMs, perSubjectMax, messageTtl, isCompressed }: StreamDefinition =
      streams[name];
    // Never allow_msg_schedules: it silently turns roll-ups on, and a roll-up deletes history.
    const config = {
      name,
      subjects: [...subjects],
      num_replicas: replicas,
      storage: StorageType.File,
      allow_direct: true,
      // At any operator's limit, the log rejects a write rather than drop its oldest event.
      discard: name === 'LEADS' ? DiscardPolicy.New : DiscardPolicy.Old,
      max_age: nanos(maxAgeMs),
      duplicate_window: nanos(duplicateWindowMs),
      ...(perSubjectMax ? { max_msgs_per_subject: perSubjectMax } : {}),
      ...(messageTtl ? { allow_msg_ttl: true } : {}),
      ...(isCompressed ? { compression: StoreCompression.S2 } : {}),
    };
    await createMissing(broker, `stream ${name}`, () => once(() => jsm.streams.add(config)));
  }
}

/** Creates all streams and buckets that are missing: those that one service creates, and those of the others. */
export async function provisionAll(broker: Broker, replicas: number): Promise<void> {
  // The guard's bucket before LEADS: an empty log is named before its first event.
  for (const name of Object.keys(buckets) as BucketName[]) await reachable(() => openBucket(broker, name, replicas));
  await provision(broker, { replicas, streams: Object.keys(streams) as StreamName[] });
}

/** The durable consumer by which another team reads its outcomes; an existing one is never altered. */
export const provisionReader = (broker: Broker, name: string): Promise<unknown> =>
  durableConsumer(broker, { stream: 'PUBLIC', durable: name });

/** A concurrent process of another version created it: its configuration stays. */
async function once(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!hasCode(error, NAME_IN_USE)) throw error;
  }
}
