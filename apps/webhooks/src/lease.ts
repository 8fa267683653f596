import { randomUUID } from 'node:crypto';
import type { Bucket } from '@leadstream/eventlog/bucket';

const KEY = 'lease';
const LEASE_MS = 15_000;

/**
 * The right to deliver, held by one process at a time. Another one takes over once the entry has not changed for
 * `leaseMs` of its own clock; the holder gives up at two thirds of that without a renewal.
 */
export class Lease {
  readonly #bucket: Bucket;
  readonly #leaseMs: number;
  readonly #holder = randomUUID();
  #seen = { revision: -1, atMs: 0 };
  #renewedMs = -Infinity;
  #terms = 0;

  constructor(bucket: Bucket, leaseMs = LEASE_MS) {
    this.#bucket = bucket;
    this.#leaseMs = leaseMs;
  }

  get everyMs(): number {
    return this.#leaseMs / 3;
  }

  /**
   * The number of the present term, with which all that an earlier term has read is out of date; undefined: not held.
   */
  get term(): number | undefined {
    return performance.now() - this.#renewedMs < (this.#leaseMs * 2) / 3 ? this.#terms : undefined;
  }

  /** Takes or renews it where it can. Throws Unavailable. */
  async beat(): Promise<void> {
    const startedMs = performance.now();
    const entry = await this.#bucket.entry(KEY);
    const revision = entry?.revision ?? 0;
    const holder = entry?.operation === 'PUT' ? entry.string() : '';
    const isOurs = holder === this.#holder;
    if (!isOurs && holder !== '') {
      if (revision !== this.#seen.revision) this.#seen = { revision, atMs: startedMs };
      if (startedMs - this.#seen.atMs < this.#leaseMs) return;
    }
    const wasHeld = isOurs && this.term !== undefined;
    if (!(await this.#bucket.replace(KEY, this.#holder, entry))) return;
    if (!wasHeld) this.#terms++;
    this.#renewedMs = startedMs;
  }

  /** Lets another process take over at once. */
  async release(): Promise<void> {
    if (this.term === undefined) return;
    this.#renewedMs = -Infinity;
    const entry = await this.#bucket.entry(KEY);
    if (entry?.operation === 'PUT' && entry.string() === this.#holder) await this.#bucket.replace(KEY, '', entry);
  }
}
