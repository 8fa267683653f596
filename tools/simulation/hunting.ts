import type { Hunter } from '@leadstream/scheduler/hunter';
import type { Database } from './database.ts';
import type { Process, World } from './world.ts';

const ROUND_MS = 1_000;
const ROUND_MS_MAX = 60_000;

/** When the hunters hunt: whenever a document's time has come by their own clocks, rather than in every second of a week. */
export class Hunting {
  readonly #world: World;
  readonly #database: Database;
  readonly #hunters = new Map<Process, { hunter: Hunter; busy: boolean; fruitless: number; lastMs: number; callOff?: () => void }>();

  constructor(world: World, database: Database) {
    this.#world = world;
    this.#database = database;
    world.time.after(world.calmAtMs - world.time.nowMs, () => this.wake(), null);
  }

  employ(process: Process, hunter: Hunter): void {
    this.#hunters.set(process, { hunter, busy: false, fruitless: 0, lastMs: -Infinity });
    this.#plan(process);
  }

  /** The read model has changed, or a clock. */
  wake(): void {
    for (const [process, hunting] of this.#hunters) {
      hunting.fruitless = 0;
      this.#plan(process);
    }
  }

  #plan(process: Process): void {
    const hunting = this.#hunters.get(process);
    const next = Math.min(...[...this.#database.leads.values()].flatMap(({ nextActionAt }) => (nextActionAt instanceof Date ? [nextActionAt.getTime()] : [])));
    if (!hunting || hunting.busy || !process.alive) return;
    hunting.callOff?.();
    if (next === Infinity) return;
    const waitMs = next - process.clock().epochMilliseconds;
    const roundMs = hunting.fruitless === 0 ? this.#world.choices.one('hunt', [0, 300, 900]) : Math.min(ROUND_MS_MAX, ROUND_MS * 2 ** hunting.fruitless);
    const restMs = hunting.lastMs + ROUND_MS - this.#world.time.nowMs;
    hunting.callOff = this.#world.time.after(Math.max(waitMs, restMs, 0) + roundMs, () => void this.#hunt(process), process.life);
  }

  async #hunt(process: Process): Promise<void> {
    const hunting = this.#hunters.get(process);
    if (!hunting) return;
    hunting.busy = true;
    hunting.lastMs = this.#world.time.nowMs;
    // As the hunter's own loop: a round that fails is followed by another one.
    await hunting.hunter['hunt']().catch(() => undefined);
    hunting.busy = false;
    hunting.fruitless++;
    this.#plan(process);
  }
}
