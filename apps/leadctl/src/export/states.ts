import { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { LeadState } from '@leadstream/lead/state';

/** A lead's state, and the place of its last event. */
export interface Known {
  seq: number;
  state: LeadState;
}

const HOT_MAX = 10_000;

/**
 * The states of any number of leads in the memory of some thousands: the others are in a file without a name, which the
 * operating system removes with the process.
 */
export class LeadStates implements Disposable {
  readonly #file = new DatabaseSync('');
  readonly #hot: LRUCache<string, Known>;
  readonly #get;
  readonly #put;

  constructor(hotMax = HOT_MAX) {
    this.#file.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384');
    this.#file.exec('CREATE TABLE lead (id TEXT PRIMARY KEY, seq INTEGER, state TEXT) WITHOUT ROWID; BEGIN');
    this.#put = this.#file.prepare('INSERT OR REPLACE INTO lead VALUES (?, ?, ?)');
    this.#hot = new LRUCache<string, Known>({
      max: hotMax,
      dispose: ({ seq, state }, id, why) => {
        if (why === 'evict') this.#put.run(id, seq, JSON.stringify(state));
      },
    });
    this.#get = this.#file.prepare('SELECT seq, state FROM lead WHERE id = ?');
  }

  get(id: string): Known | undefined {
    const hot = this.#hot.get(id);
    if (hot) return hot;
    const row = this.#get.get(id);
    if (!row) return undefined;
    const known = { seq: Number(row['seq']), state: JSON.parse(String(row['state'])) as LeadState };
    this.#hot.set(id, known);
    return known;
  }

  set(id: string, known: Known): void {
    this.#hot.set(id, known);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
