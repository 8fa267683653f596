import type { Stored } from './broker.ts';
import type { Process, SimulatedRun } from './faults.ts';

const ACK_WAIT_MS = 30_000;
const AGAIN_MS = 1_000;
/** The longest redelivery delay of an event that an older build can't read. */
const NEWER_AGAIN_MS = 60_000;
/** PROJECTION_WAIT_MS of the projector. */
const GATHERING_MS = 50;
/** PROJECTION_COMPARE_EVERY_MS of the projector. */
const COMPARED_EVERY_MS = 10_000;
/** One batch is folded while the one before is written. */
const IN_HAND_MAX = 2;
const WHICH = [2, 1];

/** Updates documents, as often as needed; `failed` are the leads whose messages are delivered again. */
export type Project = (batch: readonly Stored[], ended: (failed: ReadonlySet<string>) => void) => void;

/** One comparison of the documents with the log, up to the last event `seq` given to the projectors. */
export type Compare = (seq: number, ended: () => void) => void;

interface Projector {
  project: Project;
  compare: Compare;
  gathering: boolean;
  inHand: number;
}

/**
 * The projectors' pull loop: batches arrive, sometimes late, out of order or at both projectors, and are acknowledged
 * after the write. Each projector handles two batches at once.
 */
export class Projecting {
  readonly #run: SimulatedRun;
  readonly #queue: Stored[] = [];
  readonly #projectors = new Map<Process, Projector>();
  /** The last sequence in the document. */
  readonly #shownSeq: () => number;
  readonly #isLost: (message: Stored) => boolean;
  #givenSeq = 0;
  #comparing = false;

  constructor(run: SimulatedRun, shownSeq: () => number, isLost: (message: Stored) => boolean) {
    this.#isLost = isLost;
    this.#run = run;
    this.#shownSeq = shownSeq;
  }

  register(process: Process, project: Project, compare: Compare): void {
    this.#projectors.set(process, { project, compare, gathering: false, inHand: 0 });
    this.#gather(process);
  }

  putBack(seq: number): void {
    this.#givenSeq = Math.min(this.#givenSeq, seq);
  }

  /** An acknowledged write was lost: the periodic comparison is simulated until it has found the loss. */
  lost(): void {
    if (this.#comparing) return;
    this.#comparing = true;
    this.#compareAfter(this.#run.drawDelayMs('compared after'));
  }

  #compareAfter(ms: number): void {
    this.#run.time.after(
      ms,
      () => {
        const [process, projector] = [...this.#projectors].find(([{ alive }]) => alive) ?? [];
        if (!process || !projector) return this.#compareAfter(COMPARED_EVERY_MS);
        const { incarnation } = process;
        const ended = () => {
          incarnation.onEnd.delete(ended);
          this.#comparing = this.#shownSeq() < this.#givenSeq;
          if (this.#comparing) this.#compareAfter(COMPARED_EVERY_MS);
        };
        incarnation.onEnd.add(ended);
        this.#run.time.incarnation = incarnation;
        projector.compare(this.#givenSeq, ended);
      },
      null,
    );
  }

  take(
    message: Stored,
    ms = this.#run.goesWrong('projection late') ? this.#run.drawDelayMs('projection late by') : 0,
  ): void {
    const [first, second] = this.#projectors.keys();
    const drawn =
      first?.alive && second?.alive
        ? [first, second][this.#run.choices.pick('which projector', WHICH)]
        : first?.alive
          ? first
          : second;
    this.#come(message, ms, drawn);
    if (this.#run.goesWrong('delivered twice')) this.#come(message, ms, second);
  }

  #come(message: Stored, ms: number, process: Process | undefined): void {
    const come = () => {
      this.#queue.push(message);
      if (process) this.#gather(process);
    };
    if (ms === 0) come();
    else this.#run.time.after(ms, come, null);
  }

  /** Starts with the first message of a batch. */
  #gather(process: Process): void {
    const projector = this.#projectors.get(process);
    if (
      !projector ||
      projector.gathering ||
      projector.inHand >= IN_HAND_MAX ||
      !process.alive ||
      this.#queue.length === 0
    )
      return;
    projector.gathering = true;
    this.#run.time.after(GATHERING_MS, () => this.#project(process, projector), process.incarnation);
  }

  #project(process: Process, projector: Projector): void {
    projector.gathering = false;
    const batch = this.#queue.splice(0).filter((message) => !this.#isLost(message));
    if (batch.length === 0) return;
    if (this.#run.goesWrong('out of order'))
      this.#queue.push(...batch.splice(this.#run.choices.pick('batch', [1, 1, 1]) + 1));
    this.#givenSeq = Math.max(this.#givenSeq, ...batch.map(({ seq }) => seq));
    projector.inHand++;
    const { incarnation } = process;
    const lost = () => batch.forEach((message) => this.take(message, ACK_WAIT_MS));
    incarnation.onEnd.add(lost);
    projector.project(
      batch.map((message) => message.readBy(process)),
      (failed) => {
        incarnation.onEnd.delete(lost);
        if (failed.size > 0)
          for (const message of batch)
            if (failed.has(message.subject.split('.')[1] ?? ''))
              this.take(message, process.isOlder ? NEWER_AGAIN_MS : AGAIN_MS);
        projector.inHand--;
        this.#gather(process);
      },
    );
    this.#gather(process);
  }
}
