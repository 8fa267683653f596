import type { Stored } from './broker.ts';
import type { Process, World } from './world.ts';

const ACK_WAIT_MS = 30_000;
const AGAIN_MS = 1_000;
/** What an older build can't read it hands back for a minute at most. */
const NEWER_AGAIN_MS = 60_000;
/** PROJECTION_WAIT_MS of the projector. */
const GATHERING_MS = 50;

/** Brings documents up to date, as often as it takes; `failed` are the leads whose messages are to be delivered again. */
export type Project = (batch: readonly Stored[], ended: (failed: ReadonlySet<string>) => void) => void;

/**
 * The projectors' own loop, which lives on a pull consumer: batches are handed in, sometimes late, out of order, or the
 * same events to both of them, and are acknowledged when they are written.
 */
export class Projecting {
  readonly #world: World;
  readonly #queue: Stored[] = [];
  readonly #projectors = new Map<Process, { project: Project; busy: boolean }>();

  constructor(world: World) {
    this.#world = world;
  }

  employ(process: Process, project: Project): void {
    this.#projectors.set(process, { project, busy: false });
    this.#gather(process);
  }

  take(message: Stored, ms = this.#world.goesWrong('projection late') ? this.#world.while('projection late by') : 0): void {
    const [first, second] = this.#projectors.keys();
    this.#come(message, ms, first?.alive === false ? second : first);
    if (this.#world.goesWrong('delivered twice')) this.#come(message, ms, second);
  }

  #come(message: Stored, ms: number, process: Process | undefined): void {
    const come = () => {
      this.#queue.push(message);
      if (process) this.#gather(process);
    };
    if (ms === 0) come();
    else this.#world.time.after(ms, come, null);
  }

  /** Begins with a batch's first message; until it is written there is no other. */
  #gather(process: Process): void {
    const projector = this.#projectors.get(process);
    if (!projector || projector.busy || !process.alive || this.#queue.length === 0) return;
    projector.busy = true;
    this.#world.time.after(GATHERING_MS, () => this.#project(process, projector), process.life);
  }

  #project(process: Process, projector: { project: Project; busy: boolean }): void {
    const batch = this.#queue.splice(0);
    if (batch.length === 0) {
      projector.busy = false;
      return;
    }
    if (this.#world.goesWrong('out of order')) this.#queue.push(...batch.splice(this.#world.choices.pick('batch', [1, 1, 1]) + 1));
    const { life } = process;
    const lost = () => batch.forEach((message) => this.take(message, ACK_WAIT_MS));
    life.onEnd.add(lost);
    projector.project(batch.map((message) => message.readBy(process)), (failed) => {
      life.onEnd.delete(lost);
      if (failed.size > 0) for (const message of batch) if (failed.has(message.subject.split('.')[1] ?? '')) this.take(message, process.isOlder ? NEWER_AGAIN_MS : AGAIN_MS);
      projector.busy = false;
      this.#gather(process);
    });
  }
}
