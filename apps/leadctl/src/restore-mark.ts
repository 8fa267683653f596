import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KV } from '@nats-io/kv';
import { GUARD_BUCKET } from '@leadstream/contracts/streams';
import { Unavailable } from '@leadstream/eventlog/errors';
import { isConflict, reachable, type Broker } from '@leadstream/eventlog/broker';
import { openBucket } from '@leadstream/eventlog/bucket';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { z } from 'zod';
import type { GuardRecord } from '@leadstream/contracts/guard';
import { placeJson } from '@leadstream/contracts/place';
import { logParts, type Manifest } from './backup-folder.ts';

/** A key beside the guard's own entries. */
export const LOAD_KEY = 'load';
const ELECTION_MS_MAX = 30_000;
const AGAIN_MS = 200;

const markSchema = z.object({
  backup: z.uuid(),
  takenAt: z.iso.datetime(),
  at: z.iso.datetime(),
  /** The streams already removed, and those loaded: an interrupted load continues after them. */
  cleared: z.array(z.string()),
  done: z.array(z.string()),
  /**
   * True after the end: the same call is then a new load. Absent in marks of older releases, whose loads may continue.
   */
  finished: z.boolean().optional(),
});
/** The progress of a load in the bucket `guard`: the backup, and its streams so far. */
export type Mark = z.infer<typeof markSchema>;

export const openGuard = (broker: Broker, replicas: number): Promise<KV> =>
  answered(broker, () => reachable(() => openBucket(broker, GUARD_BUCKET, replicas)));

/** A cluster does not respond for a new stream until it has a leader and copies. */
async function answered<T>(broker: Broker, ask: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + ELECTION_MS_MAX; ;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() > deadline) throw error;
      await delay(AGAIN_MS);
      await broker.ready();
    }
  }
}

export async function readMark(broker: Broker, guard: KV): Promise<Mark | undefined> {
  const entry = await answered(broker, () => reachable(() => guard.get(LOAD_KEY)));
  if (entry?.operation !== 'PUT') return undefined;
  const { success, data } = markSchema.safeParse(entry.json());
  if (!success) throw new Error(`${GUARD_BUCKET}.${LOAD_KEY} cannot be read: another release of leadctl wrote it`);
  return data;
}

/** Throws while a load is interrupted: its missing streams would count as lost, and later be in the way. */
export async function mustBeWhole(broker: Broker, replicas: number): Promise<void> {
  const mark = await readMark(broker, await openGuard(broker, replicas));
  if (mark?.finished === false)
    throw new Error(`the load of the backup of ${mark.takenAt} was cut off: leadctl restore load again, to its end`);
}

/**
 * Writes of one load's mark, from the revision that was there at its beginning. Throws once another load has written
 * its own: two loads at once would delete each other's streams, or mix two backups.
 */
export class MarkWriter {
  readonly #broker: Broker;
  readonly #guard: KV;
  /** In each mark: two loads that continue the same one write otherwise equal texts. */
  readonly #by = randomUUID();
  #revision: number;

  private constructor(broker: Broker, guard: KV, revision: number) {
    [this.#broker, this.#guard, this.#revision] = [broker, guard, revision];
  }

  static async begin(broker: Broker, guard: KV): Promise<MarkWriter> {
    const entry = await answered(broker, () => reachable(() => guard.get(LOAD_KEY)));
    return new MarkWriter(broker, guard, entry?.revision ?? 0);
  }

  async write(mark: Mark): Promise<void> {
    const text = JSON.stringify({ ...mark, by: this.#by });
    const ask = async <T>(question: () => Promise<T>) => answered(this.#broker, () => reachable(question));
    try {
      this.#revision = await ask(() => this.#guard.put(LOAD_KEY, text, { previousSeq: this.#revision }));
    } catch (error) {
      if (!isConflict(error)) throw error;
      // A write whose answer was lost is repeated, and conflicts with itself.
      const entry = await ask(() => this.#guard.get(LOAD_KEY));
      if (entry?.string() !== text)
        throw new Error('another load has begun meanwhile: this one ends', { cause: error });
      this.#revision = entry.revision;
    }
  }
}

/**
 * Holds all sending until an operator confirms. Replaces an earlier hold: the end of that one's log is no evidence
 * about the log that is loaded now. The end of a kept stream is its own: what was claimed in it since the backup was
 * claimed before the hold.
 */
export async function holdLoaded(
  broker: Broker,
  replicas: number,
  { startedAt, lastEvent, parts }: Manifest,
  kept: readonly string[],
): Promise<void> {
  const { streams } = await broker.jsm();
  const log = logParts(parts);
  const ends = await Promise.all(
    log.map(async ({ stream, state }) =>
      kept.includes(stream)
        ? (await answered(broker, () => reachable(() => streams.info(stream)))).state.last_seq
        : state.last_seq,
    ),
  );
  const loaded = {
    reason: 'loaded',
    why: `the backup of ${startedAt} was loaded`,
    at: new Date().toISOString(),
    by: 'leadctl restore load',
    endSeq: placeJson(ends),
    ...(log.some(({ stream }) => kept.includes(stream)) && {
      backupSeq: placeJson(log.map(({ state }) => state.last_seq)),
    }),
    endAt: lastEvent?.at ?? null,
  } as const;
  const records = new GuardRecords(broker, replicas);
  const held = (now: GuardRecord | null): GuardRecord => ({
    ...(now ?? { epoch: randomUUID(), created: '', witnessed: true, confirms: [] }),
    hold: { ...loaded, highSeq: now?.hold?.highSeq ?? null },
  });
  await answered(broker, () => records.change(held));
}
