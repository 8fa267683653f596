import { parseRecorded } from '@leadstream/contracts/envelope';
import type { Projection } from '@leadstream/projection/projection';
import type { LeadState } from '@leadstream/lead/state';
import type { LeadLog } from '@leadstream/service/lead-log';
import type { Stored } from './broker.ts';
import type { Process, World } from './world.ts';

const ACK_WAIT_MS = 30_000;
const AGAIN_MS = 1_000;

export interface Projector { projection: Projection<LeadState>; leads: LeadLog }

/**
 * The projectors' own loop, which lives on a pull consumer: batches are handed in, sometimes late, out of order, or the
 * same events to both of them, and are acknowledged when they are written.
 */
export class Projecting {
  readonly #world: World;
  readonly #queue: Stored[] = [];
  readonly #projectors = new Map<Process, Projector & { busy: boolean }>();

  constructor(world: World) {
    this.#world = world;
  }

  employ(process: Process, projector: Projector): void {
    this.#projectors.set(process, { ...projector, busy: false });
    this.#plan(process, 0);
  }

  take(message: Stored, ms = this.#world.goesWrong('projection late') ? this.#world.while('projection late by') : 1): void {
    const [first, second] = [...this.#projectors.keys()];
    const come = (process: Process | undefined) => this.#world.time.after(ms, () => {
      this.#queue.push(message);
      if (process) this.#plan(process, 1);
    }, null);
    come(first?.alive === false ? second : first);
    if (this.#world.goesWrong('delivered twice')) come(second);
  }

  #plan(process: Process, ms: number): void {
    if (process.alive) this.#world.time.after(ms, () => void this.#project(process), process.life);
  }

  async #project(process: Process): Promise<void> {
    const projector = this.#projectors.get(process);
    if (!projector || projector.busy || this.#queue.length === 0) return;
    projector.busy = true;
    const batch = this.#queue.splice(0);
    if (this.#world.goesWrong('out of order')) this.#queue.push(...batch.splice(this.#world.choices.pick('batch', [1, 1, 1]) + 1));
    const lost = () => batch.forEach((message) => this.take(message, ACK_WAIT_MS));
    process.life.onEnd.add(lost);
    const failed = await this.#applied(projector, batch);
    process.life.onEnd.delete(lost);
    for (const message of batch) if (failed.has(message.subject.split('.')[1] ?? '')) this.take(message, AGAIN_MS);
    projector.busy = false;
    this.#plan(process, 1);
  }

  /** Until the database takes it; the leads that could not be brought up to date are to be delivered again. */
  async #applied({ projection, leads }: Projector, batch: readonly Stored[]): Promise<ReadonlyMap<string, unknown>> {
    const tail = (leadId: string, afterSeq: number) => leads.history(leadId, afterSeq);
    for (;;) {
      try {
        return (await projection.apply(batch.map((message) => parseRecorded(message)), tail)).failed;
      } catch {
        await this.#world.time.wait(AGAIN_MS);
      }
    }
  }
}
