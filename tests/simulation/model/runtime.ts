import type { Recorded } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import { leadId as idOf } from '@leadstream/lead/identity';
import { nextActionMs, statusOf } from '@leadstream/lead/state';
import type { Planning } from '@leadstream/sequences/plan';
import { PATIENCE_MS, patternFor, type Stored } from '../broker.ts';
import { configs, EMAIL, sequenceOf, type Service } from '../configuration.ts';
import type { Order } from '../operator-commands.ts';
import type { Compare, Project } from '../projecting.ts';
import type { Around, Handle, Hire, OnWrite, Shown, Staff } from '../runtime.ts';
import type { Process, World } from '../faults.ts';
import { command, feedback, hunt, plan, send, triage, type Desk } from './handlers.ts';
import { Chronicle, ModelLog, pausing, type Lead, type Unplaced } from './log.ts';
import { feedbackSaid, submissionOf } from './inputs.ts';
import { begin, wait, type Work } from './work.ts';

const LEAD_ID = idOf(configs.triage.LEAD_ID_SECRET, EMAIL);
const PROJECTED_AGAIN_MS = 1_000;
const NOTHING: ReadonlySet<string> = new Set();

/**
 * A model of the services: the deciders and the fold are their own, what carries them is written once more, as short as
 * its
 * rules. Classes, down to the last generator and getter: what V8 keeps of those that are made anew in each life holds
 * the
 * whole life, until the old generation is collected.
 */
export const model: Hire = (world, around, on) => new Model(world, around, on);

class Model implements Staff {
  dueMs = Infinity;
  readonly #world: World;
  readonly #around: Around;
  readonly #on: OnWrite;
  readonly #chronicle = new Chronicle();
  #document: Lead | undefined;

  constructor(world: World, around: Around, on: OnWrite) {
    this.#world = world;
    this.#around = around;
    this.#on = on;
  }

  employ({ name }: Service, process: Process): ReturnType<Staff['employ']> {
    const at = this.#desk(process);
    if (name === 'projector') return { project: this.#project(at), compare: this.#compare(at) };
    const handle: Handle = (message, _, ended) => {
      const work = this.#work(name, at, message);
      if (work)
        begin(
          work,
          () => ended(),
          (error) => ended({ error }),
        );
      else ended();
    };
    return name === 'scheduler' ? { handle, hunt: (ended) => begin(this.#hunt(at), ended, ended) } : { handle };
  }

  command(operator: Process, _leadId: string, order: Order): void {
    this.#world.time.life = operator.life;
    begin(
      command(this.#desk(operator), order),
      () => undefined,
      () => undefined,
    );
  }

  eventOf({ seq, said }: Stored): Recorded {
    const event = { ...(said as Unplaced), seq } as Recorded;
    this.#chronicle.add(event);
    return event;
  }

  /** How events are written is for the services to show. */
  readable(): readonly string[] {
    return [];
  }

  inClear(): readonly string[] {
    return [];
  }

  get shownSeq(): number {
    return this.#document?.lastSeq ?? 0;
  }

  shown(): readonly Shown[] {
    const document = this.#document;
    return document
      ? [{ lastSeq: document.lastSeq, status: statusOf(document.state), isDue: this.dueMs < Infinity, faults: [] }]
      : [];
  }

  #desk(process: Process): Desk {
    const { streams, provider } = this.#around;
    return {
      world: this.#world,
      process,
      provider,
      planning: new Clocked(process),
      log: new ModelLog(this.#world, streams, this.#chronicle, process, LEAD_ID),
    };
  }

  #work(name: Service['name'], at: Desk, message: Stored): Work<void> | undefined {
    if (name === 'triage') return triage(at, message, submissionOf(message));
    const said = name === 'inbound' ? feedbackSaid(message) : undefined;
    if (said) return feedback(at, message, said);
    const event = name === 'scheduler' ? this.#chronicle.events.find(({ seq }) => seq === message.seq) : undefined;
    if (event) return plan(at, event);
    return name === 'sender' && patternFor(message.subject) === 'lead.step-due' ? send(at) : undefined;
  }

  *#hunt(at: Desk): Work<void> {
    const seen = yield* this.#database(at, 'look the lead up', () =>
      this.dueMs <= at.process.clockMs ? this.#document : undefined,
    );
    if (seen) yield* hunt(at, seen);
  }

  #project(at: Desk): Project {
    const { events } = this.#chronicle;
    return (batch, ended) => {
      const newest = Math.max(...batch.map(({ seq }) => events.findIndex((event) => event.seq === seq) + 1));
      begin(
        this.#bringUpTo(this.#chronicle.after(newest), at),
        () => ended(NOTHING),
        () => undefined,
      );
    };
  }

  #compare(at: Desk): Compare {
    const { events } = this.#chronicle;
    return (upTo, ended) =>
      begin(
        this.#bringUpTo(this.#chronicle.after(events.findLastIndex(({ seq }) => seq <= upTo) + 1), at),
        ended,
        ended,
      );
  }

  /** How a document comes to be what the log folds to is for the services to show; here it is, or is not yet. */
  *#bringUpTo(newest: Lead, at: Desk): Work<void> {
    let isWritten = newest.version <= (this.#document?.version ?? 0);
    while (!isWritten) {
      try {
        yield* this.#database(at, 'write the document', () => this.#write(newest));
        isWritten = true;
      } catch {
        yield* wait(pausing(this.#world, PROJECTED_AGAIN_MS));
      }
    }
  }

  #write(newest: Lead): void {
    if (newest.version <= (this.#document?.version ?? 0)) return;
    if (this.#world.goesWrong('write lost')) return this.#on.lost();
    this.#document = newest;
    this.dueMs = nextActionMs(newest.state);
    this.#on.written();
  }

  #database<T>({ process }: Desk, what: string, answer: () => T): Work<T> {
    return wait(
      this.#world.ask(process, what, {
        answer: () => {
          if (this.#world.goesWrong('database away')) throw new Unavailable('away');
          return answer();
        },
        noAnswer: () => new Unavailable('no answer'),
        patienceMs: PATIENCE_MS,
      }),
    );
  }
}

/** Most plans are a no that nobody needs a clock for. */
class Clocked implements Planning {
  readonly draw = Math.random;
  readonly delayScale = 1;
  readonly sequence = sequenceOf;
  readonly #process: Process;

  constructor(process: Process) {
    this.#process = process;
  }

  get now(): Temporal.Instant {
    return this.#process.clock();
  }
}
