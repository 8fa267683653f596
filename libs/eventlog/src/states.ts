import { LRUCache } from 'lru-cache';
import type { ChainPosition } from './chain.ts';

export interface Loaded<S> extends ChainPosition {
  leadId: string;
  state: S;
}

const RECENT_MS = 60_000;
const RECENT_LENGTH_MAX = 8 * 1024 * 1024;

/**
 * The latest states that a process folded: baselines without a query, because most events of a lead come in bursts. The
 * logs of several services in one process share them.
 */
export class States<S> {
  readonly #recent = new LRUCache<string, Loaded<S>>({
    ttl: RECENT_MS,
    maxSize: RECENT_LENGTH_MAX,
    sizeCalculation: ({ state }) => JSON.stringify(state).length,
  });
  /** `performance.now()` from before the log confirmed a state; a state from elsewhere has no entry. */
  readonly #confirmedAtMs = new WeakMap<Loaded<S>, number>();
  /** Folded from an event whose personal fields its reader does not open. */
  readonly #partial = new WeakSet<Loaded<S>>();

  /** `whole`: only a state with its personal fields. */
  get(leadId: string, whole: boolean): Loaded<S> | undefined {
    const recent = this.#recent.get(leadId);
    return recent && whole && this.#partial.has(recent) ? undefined : recent;
  }

  keep(state: Loaded<S>, confirmedAtMs: number, isPartial: boolean): void {
    this.#confirmedAtMs.set(state, confirmedAtMs);
    if (isPartial) this.#partial.add(state);
    if (state.lastSeq > 0 && this.#recent.peek(state.leadId) !== state) this.#recent.set(state.leadId, state);
  }

  isPartial(state: Loaded<S>): boolean {
    return this.#partial.has(state);
  }

  /** Milliseconds since the log confirmed the state. */
  ageMs(state: Loaded<S>): number {
    return performance.now() - (this.#confirmedAtMs.get(state) ?? -Infinity);
  }

  clear(): void {
    this.#recent.clear();
  }
}
