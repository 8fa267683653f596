import { randomUUID } from 'node:crypto';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
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
import { isConflict, reachable, type Broker } from './broker.ts';

/** Some fifty confirms. */
const VALUE_BYTES_MAX = 64 * 1024;

/** The bucket `guard`: the log's own identity record. Changed by compare-and-swap only. */
export class GuardRecords {
  readonly #broker: Broker;
  readonly #replicas: number;
  #opened: { by: unknown; kv: Promise<KV> } | undefined;

  constructor(broker: Broker, replicas: number) {
    this.#broker = broker;
    this.#replicas = replicas;
  }

  /** Opened once per connection; created when missing. */
  bucket(): Promise<KV> {
    const js = this.#broker.js();
    if (this.#opened?.by !== js) {
      const kv = new Kvm(js).create(GUARD_BUCKET, {
        history: 1,
        maxValueSize: VALUE_BYTES_MAX,
        replicas: this.#replicas,
      });
      this.#opened = { by: js, kv };
      kv.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened.kv;
  }

  /** null: no record. An unreadable record counts as a hold: fail closed. Throws Unavailable. */
  async read(): Promise<GuardRecord | null> {
    return recordOf(await this.#entry(GUARD_KEY));
  }

  async alive(): Promise<Alive | null> {
    const entry = await this.#entry(ALIVE_KEY);
    return (entry?.operation === 'PUT' && aliveSchema.safeParse(parsed(entry)).data) || null;
  }

  async beat(alive: Alive): Promise<void> {
    await reachable(async () => (await this.bucket()).put(ALIVE_KEY, JSON.stringify(alive)));
  }

  /** Draws the epoch of a log without a record; a concurrent caller finds the first one's. */
  async draw(created: string): Promise<void> {
    await this.change((now) => now ?? { epoch: randomUUID(), created, witnessed: false, hold: null, confirms: [] });
  }

  /** Holds all sending until an operator confirms; the first hold stays. */
  async hold(created: string, hold: Hold): Promise<GuardRecord | null> {
    return this.change((now) =>
      now?.hold ? now : { ...(now ?? { epoch: randomUUID(), created, witnessed: true, confirms: [] }), hold },
    );
  }

  /** Repeated until no concurrent change interferes; an unchanged record is not written. Throws Unavailable. */
  async change(decide: (now: GuardRecord | null) => GuardRecord | null): Promise<GuardRecord | null> {
    for (;;) {
      const entry = await this.#entry(GUARD_KEY);
      const now = recordOf(entry);
      const next = decide(now);
      if (next === null || next === now) return now;
      try {
        await reachable(async () =>
          (await this.bucket()).put(GUARD_KEY, JSON.stringify(next), { previousSeq: entry?.revision ?? 0 }),
        );
        return next;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  async #entry(key: string): Promise<KvEntry | undefined> {
    return (await reachable(async () => (await this.bucket()).get(key))) ?? undefined;
  }
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
