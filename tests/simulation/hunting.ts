import type { Process, SimulatedRun } from './faults.ts';

const ROUND_MS = 1_000;
/**
 * Who found nothing to do finds nothing a minute later either, unless something has changed; a life has only so many
 * steps.
 */
const ROUND_MS_MAX = 900_000;

/** One round; `ended` however it went. */
export type Hunt = (ended: () => void) => void;

/**
 * When the hunters hunt: whenever a document's time has come by their own clocks, rather than in every second of a
 * week.
 */
export class Hunting {
  readonly #run: SimulatedRun;
  /** When the read model says that the lead is due, in ms; Infinity when it does not. */
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

  /** The read model has changed: most of what does is no news to a hunter. */
  lookUp(): void {
    const dueMs = this.#dueMs();
    if (dueMs !== this.#knownMs) this.wake();
    this.#knownMs = dueMs;
  }

  /** When the lead is due has changed, or a clock. */
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
    // As the hunter's own loop: a round that fails is followed by another one.
    hunting.hunt(() => {
      hunting.busy = false;
      hunting.fruitless++;
      this.#plan(process);
    });
  }
}
