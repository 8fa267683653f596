import TinyQueue from 'tinyqueue';
import type { Clock } from './calm.ts';

/** At one time the services finish their work, then the hunter visits, then people and operators act. */
const RANKS = { service: 0, hunter: 1, person: 2 } as const;
export type Actor = keyof typeof RANKS;

interface Task {
  atMs: number;
  rank: number;
  /** Tasks of one time and rank run in the order in which they were added. */
  order: number;
  run: () => void;
}

/** The clock of a simulation and its tasks, by time. */
export class Agenda implements Clock {
  atMs = -Infinity;
  readonly #tasks = new TinyQueue<Task>([], (a, b) => a.atMs - b.atMs || a.rank - b.rank || a.order - b.order);
  #added = 0;

  /** A time that has passed means now. */
  add(atMs: number, by: Actor, run: () => void): void {
    this.#tasks.push({ atMs: Math.max(atMs, this.atMs), rank: RANKS[by], order: ++this.#added, run });
  }

  /** Runs what is due until then; the clock stays at the last task's time. */
  runUntil(untilMs: number): void {
    for (let next = this.#tasks.peek(); next && next.atMs <= untilMs; next = this.#tasks.peek()) {
      this.#tasks.pop();
      this.atMs = next.atMs;
      next.run();
    }
  }
}
