import { PARTITIONS_KEY, partitionsSchema } from '@leadstream/contracts/guard';
import { GUARD_BUCKET, partitionsIn } from '@leadstream/contracts/streams';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { hasCode, isConflict, isRefused, reachable, type Broker } from './broker.ts';
import { openBucket } from './bucket.ts';
import { createMissing } from './missing.ts';

/**
 * The number of streams of the log; undefined where there is none. A log of an older release is one stream, without an
 * entry. Throws Unavailable.
 */
export async function partitionsOf(broker: Broker): Promise<number | undefined> {
  const { streams } = await broker.jsm();
  // The leader: for a moment after provisioning a replica may lack the entry.
  const entry = await missing(() =>
    streams.getMessage(`KV_${GUARD_BUCKET}`, { last_by_subj: `$KV.${GUARD_BUCKET}.${PARTITIONS_KEY}` }),
  );
  if (entry) return partitionsSchema.parse(entry.json());
  return (await missing(() => streams.info('LEADS'))) && 1;
}

/** Undefined, too, where this user may not ask: its rights are those of a log with another number. */
async function missing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return reachable(() =>
    ask().catch((error: unknown) => {
      if (hasCode(error, JetStreamApiCodes.StreamNotFound) || isRefused(error)) return undefined;
      throw error;
    }),
  );
}

/**
 * The number of streams of the log, drawn before its first one: a process that dies between two streams leaves the
 * number, by which any later call creates the others. Of concurrent callers the first one's counts, and streams that
 * are there count before `wanted`: their bucket was lost. Throws Unavailable.
 */
export async function drawPartitions(broker: Broker, replicas: number, wanted = 1): Promise<number> {
  const there = await partitionsOf(broker);
  if (there !== undefined) return there;
  const bucket = await openBucket(broker, GUARD_BUCKET, replicas);
  await createMissing(broker, 'the log', async () => {
    const number = (await numberInNames(broker)) ?? wanted;
    await bucket.put(PARTITIONS_KEY, JSON.stringify(number), { previousSeq: 0 }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  });
  return (await partitionsOf(broker)) ?? wanted;
}

/** The number in the names of partitions that are there: another one drawn beside them would begin a second log. */
async function numberInNames(broker: Broker): Promise<number | undefined> {
  const { streams } = await broker.jsm();
  for await (const name of streams.names()) {
    const number = partitionsIn(name);
    if (number !== undefined) return number;
  }
  return undefined;
}
