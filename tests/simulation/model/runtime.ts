import type { Recorded } from '@leadstream/contracts/events';
import { Poison, Retry, Unavailable } from '@leadstream/eventlog/errors';
import { leadId as idOf } from '@leadstream/lead/identity';
import { idleAt, nextActionAt, statusOf, view } from '@leadstream/lead/state';
import { enrich, feedback, hunt, lookup, plan, send, triage } from '@leadstream/sequences/simulator/shell';
import { begin, wait, type Work } from '@leadstream/sequences/simulator/work';
import { CALL_TIMEOUT_MS, type Stored } from '../broker.ts';
import { configs, EMAIL, type Service } from '../configuration.ts';
import type { CommandRequest } from '../operator-commands.ts';
import type { Compare, Project } from '../projecting.ts';
import type { Backends, Handle, StartRuntime, RuntimeListener, Shown, Runtime } from '../runtime.ts';
import type { Process, SimulatedRun } from '../faults.ts';
import { command } from './commands.ts';
import { ModelDesk } from './desk.ts';
import { LeadHistory, ModelLog, pausing, type Lead, type Unplaced } from './log.ts';
import { GatewayPosted } from '../gateway.ts';
import { feedbackOf, submissionOf, textOf } from './inputs.ts';

const LEAD_ID = idOf(configs.triage.LEAD_ID_SECRET, EMAIL);
const PROJECTED_AGAIN_MS = 1_000;
const CLAIM_OPEN_RETRY_MS = 2_000;
const [UNKNOWN_MS_MAX, UNKNOWN_EVERY_MS] = [600_000, 5_000];
const NOTHING: ReadonlySet<string> = new Set();

/**
 * A model of the services: deciders and fold are the services' own, the code around them is written again, as short as
 * its rules. It uses classes, also for generators and getters: V8 keeps generator functions, getters and classes
 * created in each run, and with them the whole run, until the old generation is collected.
 */
export const model: StartRuntime = (run, backends, on) => new Model(run, backends, on);

class Model implements Runtime {
  dueMs = Infinity;
  readonly #run: SimulatedRun;
  readonly #backends: Backends;
  readonly #on: RuntimeListener;
  readonly #history = new LeadHistory();
  #document: Lead | undefined;

  constructor(run: SimulatedRun, backends: Backends, on: RuntimeListener) {
    this.#run = run;
    this.#backends = backends;
    this.#on = on;
  }

  startProcess({ name }: Service, process: Process): ReturnType<Runtime['startProcess']> {
    const at = this.#context(process);
    if (name === 'projector') return { project: this.#project(at), compare: this.#compare(at) };
    const handle: Handle = (message, deliveries, ended) => {
      const work = this.#work(name, at, message, deliveries);
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

  command(operator: Process, _leadId: string, request: CommandRequest): void {
    this.#run.time.incarnation = operator.incarnation;
    begin(
      command(this.#run, operator, this.#context(operator).log, request),
      () => undefined,
      () => undefined,
    );
  }

  eventOf({ seq, body }: Stored): Recorded {
    const event = { ...(body as Unplaced), seq } as Recorded;
    this.#history.add(event);
    return event;
  }

  /** The services test the encoding of events; the model has none. */
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
      ? [
          {
            lastSeq: document.lastSeq,
            status: statusOf(document.state),
            isDue: nextActionAt(document.state) !== null,
            faults: [],
          },
        ]
      : [];
  }

  #context(process: Process): ModelDesk {
    const { streams, esp } = this.#backends;
    return new ModelDesk(this.#run, process, new ModelLog(this.#run, streams, this.#history, process, LEAD_ID), esp);
  }

  #work(name: Service['name'], at: ModelDesk, message: Stored, deliveries: number): Work<void> | undefined {
    if (name === 'triage') return triaged(at, message);
    if (message.body instanceof GatewayPosted && message.body.of === 'inbound')
      return this.#texted(at, message, message.body);
    const fact = name === 'inbound' ? feedbackOf(message) : undefined;
    if (fact) return feedback(at, message.seq, fact);
    const event = this.#history.events.find(({ seq }) => seq === message.seq);
    if (event && name === 'enricher') return enriched(at, event, deliveries);
    if (event?.type === 'lead.send-unknown' && name === 'lookup') return lookedUp(at, event);
    if (event && name === 'scheduler') return plan(at, event);
    const isSender = name === 'sender' || name === 'sms';
    return event && isSender && event.type === 'lead.step-due' ? send(at, event) : undefined;
  }

  /** A text's lead is found by its number in the read model, which lags. */
  *#texted(at: ModelDesk, message: Stored, posted: GatewayPosted): Work<void> {
    const text = textOf(posted, message);
    if (!text) return;
    const isKnown = yield* this.#database(at, 'look the number up', () => {
      const { numbers } = this.#document ? view(this.#document.state) : {};
      return Array.isArray(numbers) && numbers.includes(text.from);
    });
    if (isKnown) return yield* feedback(at, message.seq, text.fact);
    if (at.nowMs() - Date.parse(text.fact.at) < UNKNOWN_MS_MAX)
      throw new Retry('no lead has this number yet', UNKNOWN_EVERY_MS);
    if (text.fact.kind === 'unsubscribed') throw new Poison('a text says stop, and no lead has its number');
  }

  *#hunt(at: ModelDesk): Work<void> {
    const seen = yield* this.#database(at, 'look the lead up', () =>
      this.dueMs <= at.process.clockMs ? this.#document : undefined,
    );
    if (seen) yield* hunt(at, seen);
  }

  #project(at: ModelDesk): Project {
    const { events } = this.#history;
    return (batch, ended) => {
      const newest = Math.max(...batch.map(({ seq }) => events.findIndex((event) => event.seq === seq) + 1));
      begin(
        this.#bringUpTo(this.#history.after(newest), at),
        () => ended(NOTHING),
        () => undefined,
      );
    };
  }

  #compare(at: ModelDesk): Compare {
    const { events } = this.#history;
    return (upTo, ended) =>
      begin(this.#bringUpTo(this.#history.after(events.findLastIndex(({ seq }) => seq <= upTo) + 1), at), ended, ended);
  }

  /** The services test how a document is built; in the model it is up to date or not yet. */
  *#bringUpTo(newest: Lead, at: ModelDesk): Work<void> {
    let isWritten = newest.version <= (this.#document?.version ?? 0);
    while (!isWritten) {
      try {
        yield* this.#database(at, 'write the document', () => this.#write(newest));
        isWritten = true;
      } catch {
        yield* wait(pausing(this.#run, PROJECTED_AGAIN_MS));
      }
    }
  }

  #write(newest: Lead): void {
    if (newest.version <= (this.#document?.version ?? 0)) return;
    if (this.#run.goesWrong('write lost')) return this.#on.lost();
    this.#document = newest;
    const [dueAt, lapsedAt] = [nextActionAt(newest.state), this.#run.waitsForMonths ? idleAt(newest.state) : null];
    this.dueMs = Math.min(...[dueAt, lapsedAt].map((at) => (at === null ? Infinity : Date.parse(at))));
    this.#on.written();
  }

  #database<T>({ process }: ModelDesk, what: string, answer: () => T): Work<T> {
    return wait(
      this.#run.call(process, what, {
        answer: () => {
          if (this.#run.goesWrong('database away')) throw new Unavailable('away');
          return answer();
        },
        timeoutError: () => new Unavailable('no answer'),
        timeoutMs: CALL_TIMEOUT_MS,
      }),
    );
  }
}

function* enriched(at: ModelDesk, event: Recorded, deliveries: number): Work<void> {
  const waitMs = yield* enrich(at, event, deliveries);
  if (waitMs !== undefined) throw new Retry('an enricher is asked again later', waitMs);
}

function* lookedUp(at: ModelDesk, event: Recorded<'lead.send-unknown'>): Work<void> {
  const waitMs = yield* lookup(at, event);
  if (waitMs !== undefined) throw new Retry('a send is looked up again later', waitMs);
}

function* triaged(at: ModelDesk, message: Stored): Work<void> {
  const outcome = yield* triage(at, message.seq, submissionOf(message));
  if ('nothing' in outcome && outcome.nothing === 'claim-open') throw new Retry(outcome.nothing, CLAIM_OPEN_RETRY_MS);
}
