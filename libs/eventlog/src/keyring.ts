import { randomBytes } from 'node:crypto';
import { headers } from '@nats-io/transport-node';
import { KEYS, keySubject } from '@leadstream/contracts/streams';
import { LRUCache } from 'lru-cache';
import { isConflict, reachable, type Broker } from './broker.ts';
import { KeyLost, Unavailable } from './errors.ts';
import { overwrite } from './overwrite.ts';
import { KEY_BYTES, unwrap, wrap, wrappedBy, wrappingKey, type WrappingKey } from './seal.ts';

/** The KV's entry for a lead: its key, a mark that it was destroyed, or undefined. */
export type LeadKey = Buffer | 'destroyed' | undefined;

const OPERATION = 'KV-Operation';
const CACHED_MAX = 20_000;
/** Time during which a process that has cached a key can still open data after the key was destroyed. */
const CACHED_MS = 60_000;

/**
 * The keys of leads' personal data, one each, in the KV bucket `keys`, wrapped by a secret of the environment. The
 * first secret wraps; the others only unwrap, until `leadctl keys rotate` has wrapped all anew. A destroyed key leaves
 * a marker, which no later key replaces.
 */
export class Keyring {
  readonly #broker: Broker;
  readonly #wrapping: readonly [WrappingKey, ...WrappingKey[]];
  readonly #cached = new LRUCache<string, Buffer | 'destroyed'>({ max: CACHED_MAX, ttl: CACHED_MS });

  constructor(broker: Broker, secrets: readonly string[]) {
    const [first, ...others] = secrets.map(wrappingKey);
    if (!first) throw new TypeError('a keyring needs a secret');
    this.#broker = broker;
    this.#wrapping = [first, ...others];
  }

  /** The lead's key. Throws KeyLost when no secret unwraps it, Unavailable. */
  async find(leadId: string): Promise<LeadKey> {
    const cached = this.#cached.get(leadId);
    if (cached) return cached;
    const { direct, streams } = await this.#broker.jsm();
    const query = { last_by_subj: keySubject(leadId) };
    // Only the leader is certain that a key is missing: a follower may lag.
    const entry = await reachable(
      async () => (await direct.getMessage(KEYS, query)) ?? streams.getMessage(KEYS, query),
    );
    if (!entry) return undefined;
    return this.#remember(leadId, entry.header.get(OPERATION) ? 'destroyed' : this.#unwrapped(leadId, entry.data));
  }

  /**
   * The key of a lead without one, drawn here; or the key of a faster concurrent caller. Throws KeyLost, Unavailable.
   */
  async create(leadId: string): Promise<Buffer | 'destroyed'> {
    const key = randomBytes(KEY_BYTES);
    try {
      await reachable(() => put(this.#broker, leadId, wrap(this.#wrapping[0], key, leadId), 0));
      return this.#remember(leadId, key);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    const { streams } = await this.#broker.jsm();
    const entry = await reachable(() => streams.getMessage(KEYS, { last_by_subj: keySubject(leadId) }));
    // A concurrent write is under way in the cluster: it is found at the next attempt.
    if (!entry) throw new Unavailable(`${leadId}: its key is being made`);
    return this.#remember(leadId, entry.header.get(OPERATION) ? 'destroyed' : this.#unwrapped(leadId, entry.data));
  }

  /**
   * Wraps the key with the first secret if another one wrapped it: returns true then. Earlier revisions are overwritten
   * on the disk, also those of a crashed rotation. Throws KeyLost, Unavailable.
   */
  async rewrap(leadId: string): Promise<boolean> {
    const { direct, streams } = await this.#broker.jsm();
    const entry = await reachable(() => streams.getMessage(KEYS, { last_by_subj: keySubject(leadId) }));
    if (!entry || entry.header.get(OPERATION)) return false;
    const before = await reachable(() => direct.getMessage(KEYS, { next_by_subj: keySubject(leadId), seq: 1 }));
    if (before && before.seq < entry.seq) await overwrite(this.#broker, KEYS, before.seq);
    const [first] = this.#wrapping;
    if (wrappedBy(entry.data) === first.id) return false;
    await reachable(() =>
      put(this.#broker, leadId, wrap(first, this.#unwrapped(leadId, entry.data), leadId), entry.seq),
    );
    await overwrite(this.#broker, KEYS, entry.seq);
    return true;
  }

  /** Ids of our secrets' keys, the wrapping one first. */
  get ids(): readonly string[] {
    return this.#wrapping.map(({ id }) => id);
  }

  #unwrapped(leadId: string, wrapped: Uint8Array): Buffer {
    const key = unwrap(this.#wrapping, wrapped, leadId);
    if (!key)
      throw new KeyLost(leadId, `was wrapped by ${wrappedBy(wrapped)}, and DATA_KEYS has ${this.ids.join(', ')}`);
    return key;
  }

  #remember<T extends Buffer | 'destroyed'>(leadId: string, key: T): T {
    this.#cached.set(leadId, key);
    return key;
  }
}

/** Written as the revision after `lastSeq`, or not at all. */
async function put(
  broker: Broker,
  leadId: string,
  value: Uint8Array,
  lastSeq: number,
  head?: ReturnType<typeof headers>,
): Promise<void> {
  const subject = keySubject(leadId);
  await broker.js().publish(subject, value, {
    ...(head ? { headers: head } : {}),
    expect: { streamName: KEYS, lastSubjectSequence: lastSeq, lastSubjectSequenceSubject: subject },
  });
}

/**
 * Destroys the lead's key, on the disk too, and leaves the marker; needs no secret. Processes that have read the key
 * forget it within a minute. Repeating it is safe, also after a crash in the middle. Returns the number of overwritten
 * revisions. Throws Unavailable.
 */
export async function destroyKey(broker: Broker, leadId: string): Promise<number> {
  const { streams } = await broker.jsm();
  for (let overwritten = 0; ;) {
    const entry = await reachable(() => streams.getMessage(KEYS, { last_by_subj: keySubject(leadId) }));
    if (entry?.header.get(OPERATION)) return overwritten;
    if (entry) {
      // A marker alone would leave the bytes in the file. An older revision is next.
      if (await overwrite(broker, KEYS, entry.seq)) overwritten++;
      continue;
    }
    const marker = headers();
    marker.set(OPERATION, 'PURGE');
    try {
      await reachable(() => put(broker, leadId, Buffer.alloc(0), 0, marker));
      return overwritten;
    } catch (error) {
      // A key created meanwhile is destroyed as well.
      if (!isConflict(error)) throw error;
    }
  }
}
