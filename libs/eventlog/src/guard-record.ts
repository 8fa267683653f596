import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KvEntry } from '@nats-io/kv';
import {
  ALIVE_KEY,
  aliveSchema,
  GUARD_KEY,
  guardRecordSchema,
  type Alive,
  type GuardRecord,
  type Hold,
} from '@leadstream/contracts/guard';
import { GUARD_BUCKET } from '@leadstream/contracts/streams';
import type { Broker } from './broker.ts';
import { Bucket } from './bucket.ts';

/** The bucket `guard`: the log's own identity record. Changed by compare-and-swap only. */
export class GuardRecords {
  readonly bucket: Bucket;

  constructor(broker: Broker, replicas: number) {
    this.bucket = new Bucket(broker, GUARD_BUCKET, replicas);
  }

  /** null: no record. An unreadable record counts as a hold: fail closed. Throws Unavailable. */
  async read(): Promise<GuardRecord | null> {
    return recordOf(await this.bucket.entry(GUARD_KEY));
  }

  async alive(): Promise<Alive | null> {
    const entry = await this.bucket.entry(ALIVE_KEY);
    return (entry?.operation === 'PUT' && aliveSchema.safeParse(parsed(entry)).data) || null;
  }

  async beat(alive: Alive): Promise<void> {
    await this.bucket.put(ALIVE_KEY, JSON.stringify(alive));
  }

  /** Draws the epoch of a log without a record; a concurrent caller finds the first one's. */
  async draw(created: string): Promise<void> {
    await this.change((now) => now ?? { epoch: randomUUID(), created, witnessed: false, hold: null, confirms: [] });
  }

  /**
   * Holds all sending until an operator confirms; the first hold stays. Only the record that was judged is held: of one
   * that changed meanwhile, as by a confirm, the judgement says nothing. Resolves with the record as it is then.
   */
  async hold(judged: GuardRecord | null, created: string, hold: Hold): Promise<GuardRecord | null> {
    return this.change((now) =>
      isDeepStrictEqual(now, judged) && !now?.hold
        ? { ...(now ?? { epoch: randomUUID(), created, witnessed: true, confirms: [] }), hold }
        : now,
    );
  }

  /** Repeated until no concurrent change interferes; an unchanged record is not written. Throws Unavailable. */
  async change(decide: (now: GuardRecord | null) => GuardRecord | null): Promise<GuardRecord | null> {
    for (;;) {
      const entry = await this.bucket.entry(GUARD_KEY);
      const now = recordOf(entry);
      const next = decide(now);
      if (next === null || next === now) return now;
      if (await this.bucket.replace(GUARD_KEY, textOf(next), entry)) return next;
    }
  }
}

/**
 * The times of partitions as a list: a build from before them cannot read it, and holds. It would read one text, and
 * record a hold of the stream LEADS that it makes beside them.
 */
function textOf(record: GuardRecord): string {
  const times = record.created.split(' ');
  return JSON.stringify(times.length > 1 ? { ...record, created: times } : record);
}

function recordOf(entry: KvEntry | undefined): GuardRecord | null {
  if (entry?.operation !== 'PUT') return null;
  const { success, data } = guardRecordSchema.safeParse(parsed(entry));
  return success ? data : unreadable;
}

const unreadable: GuardRecord = {
  epoch: '',
  created: '',
  witnessed: true,
  confirms: [],
  hold: {
    reason: 'epoch',
    why: 'the entry of the bucket guard can’t be read',
    at: new Date(0).toISOString(),
    by: 'leadstream',
    endSeq: 0,
    endAt: null,
    highSeq: null,
  },
};

function parsed(entry: KvEntry): unknown {
  try {
    return entry.json();
  } catch {
    return undefined;
  }
}
