import type { Process, SimulatedRun } from './faults.ts';

const ROUND_MS = 1_000;
/** The idle interval doubles up to this limit until the read model changes: a run has a limited number of steps. */
const ROUND_MS_MAX = 900_000;

/** One round; calls `ended` on success and on failure. */
export type Hunt = (ended: () => void) => void;

/** Schedules the hunters: at the time when a document is due by their own clocks, instead of every second of a week. */
export class Hunting {
  readonly #run: SimulatedRun;
  /** Due time of the lead in the read model, in ms; Infinity without one. */
  readonly #dueMs: () => number;
  readonly #hunters = new Map<
    Process,
    { hunt: Hunt; busy: boolean; fruitless: number; lastMs: number; callOff?: () => void }
  >();
  #knownMs = Infinity;

  constructor(run: SimulatedRun, dueMs: () => number) {
    this.#run = run;
    this.#dueMs = dueMs;
    run.time.after(run.faultsEndAtMs - run.time.nowMs, () => this.wake(), null);
  }

  register(process: Process, hunt: Hunt): void {
    this.#hunters.set(process, { hunt, busy: false, fruitless: 0, lastMs: -Infinity });
    this.#plan(process);
  }

  /** Called after each change of the read model; wakes the hunters only when the due time has changed. */
  lookUp(): void {
    const dueMs = this.#dueMs();
    if (dueMs !== this.#knownMs) this.wake();
    this.#knownMs = dueMs;
  }

  /** The due time or a clock has changed. */
  wake(): void {
    for (const [process, hunting] of this.#hunters) {
      hunting.fruitless = 0;
      this.#plan(process);
    }
  }

  #plan(process: Process): void {
    const hunting = this.#hunters.get(process);
    const next = this.#dueMs();
    if (!hunting || hunting.busy || !process.alive) return;
    hunting.callOff?.();
    if (next === Infinity) return;
    const waitMs = next - process.clockMs;
    const roundMs =
      hunting.fruitless === 0
        ? this.#run.choices.one('hunt', [0, 300, 900])
        : Math.min(ROUND_MS_MAX, ROUND_MS * 2 ** hunting.fruitless);
    const restMs = hunting.lastMs + ROUND_MS - this.#run.time.nowMs;
    hunting.callOff = this.#run.time.after(
      Math.max(waitMs, restMs, 0) + roundMs,
      () => this.#hunt(process),
      process.incarnation,
    );
  }

  #hunt(process: Process): void {
    const hunting = this.#hunters.get(process);
    if (!hunting) return;
    hunting.busy = true;
    hunting.lastMs = this.#run.time.nowMs;
    // A failed round is followed by another one, as in the hunter's own loop.
    hunting.hunt(() => {
      hunting.busy = false;
      hunting.fruitless++;
      this.#plan(process);
    });
  }
}
