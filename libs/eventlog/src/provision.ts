import { DiscardPolicy, JetStreamApiCodes, StorageType, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import {
  buckets,
  logStreams,
  streams,
  type BucketName,
  type StreamDefinition,
  type StreamName,
} from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from './broker.ts';
import { openBucket } from './bucket.ts';
import { durableConsumer } from './consumer.ts';
import { GuardRecords } from './guard-record.ts';
import { logEnd } from './log-stream.ts';
import { createMissing } from './missing.ts';
import { drawPartitions } from './partitions.ts';

const NAME_IN_USE = 10058;

interface Needs {
  replicas: number;
  streams: StreamName[];
  /** The number of streams of a new log, default 1; one that is there keeps its own. */
  partitions?: number;
}

/**
 * Creates missing streams. Existing ones are never altered: their limits and replicas belong to the operator.
 * Concurrent services all succeed. Throws Unavailable when NATS gives no answer, and OtherPartitions for a log that was
 * made anew with another number.
 */
export async function provision(broker: Broker, { replicas, streams: names, partitions }: Needs): Promise<void> {
  await reachable(async () => {
    const jsm = await broker.jsm();
    for (const name of names)
      if (name === 'LEADS') await provisionLog(broker, jsm, replicas, partitions);
      else await provisionStream(broker, jsm, { ...streams[name], name, replicas });
  });
}

/**
 * The streams of the log, by their number. The epoch is drawn before the first event; a log with events and without an
 * epoch must not be named by an arbitrary service.
 */
async function provisionLog(broker: Broker, jsm: JetStreamManager, replicas: number, wanted?: number): Promise<void> {
  const log = logStreams(await drawPartitions(broker, replicas, wanted));
  broker.learn(log.length);
  for (const { stream: name, subject } of log)
    await provisionStream(broker, jsm, {
      ...streams.LEADS,
      name,
      subjects: [subject('*', '*')],
      replicas,
      // At any operator's limit, the log rejects a write rather than drop its oldest event.
      discard: DiscardPolicy.New,
    });
  const records = new GuardRecords(broker, replicas);
  if (await records.read()) return;
  const { created, end } = await logEnd(broker);
  if (end.every((seq) => seq === 0)) await records.draw(created);
}

async function provisionStream(
  broker: Broker,
  jsm: JetStreamManager,
  it: StreamDefinition & { name: string; replicas: number; discard?: DiscardPolicy },
): Promise<void> {
  const { name, replicas, subjects, maxAgeMs, duplicateWindowMs, perSubjectMax, messageTtl } = it;
  try {
    await jsm.streams.info(name);
  } catch (error) {
    if (!hasCode(error, JetStreamApiCodes.StreamNotFound)) throw error;
    // Never allow_msg_schedules: it silently turns roll-ups on, and a roll-up deletes history.
    const config = {
      name,
      subjects: [...subjects],
      num_replicas: replicas,
      storage: StorageType.File,
      allow_direct: true,
      discard: it.discard ?? DiscardPolicy.Old,
      max_age: nanos(maxAgeMs),
      duplicate_window: nanos(duplicateWindowMs),
      ...(perSubjectMax ? { max_msgs_per_subject: perSubjectMax } : {}),
      ...(messageTtl ? { allow_msg_ttl: true } : {}),
    };
    await createMissing(broker, `stream ${name}`, () => once(() => jsm.streams.add(config)));
  }
}

/** Creates all streams and buckets that are missing: those that one service creates, and those of the others. */
export async function provisionAll(broker: Broker, replicas: number, partitions?: number): Promise<void> {
  // The guard's bucket before LEADS: an empty log is named before its first event.
  for (const name of Object.keys(buckets) as BucketName[]) await reachable(() => openBucket(broker, name, replicas));
  await provision(broker, {
    replicas,
    streams: Object.keys(streams) as StreamName[],
    ...(partitions === undefined ? {} : { partitions }),
  });
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
