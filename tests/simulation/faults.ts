import type { Recorded } from '@leadstream/contracts/events';
import type { Wait } from '@leadstream/sequences/simulator/work';
import type { Choices } from './choices.ts';
import { Time, type Incarnation } from './time.ts';

const QUESTION = [0, 0.005, 0.02, 0.06];
const EVENT = [0, 0.05, 0.15, 0.4];
const MAIL = [0, 0.2, 0.5, 0.8];
/** Once a run at most. */
const ONCE = [0, 0, 0.03, 0.1];

/**
 * The faults, and their possible rates for each call, event or mail. The rates are drawn anew for each run: most faults
 * are absent from most runs.
 */
const RATES = {
  'request lost': QUESTION,
  'reply lost': QUESTION,
  'lands late': QUESTION,
  slow: QUESTION,
  killed: QUESTION,
  'stale read': EVENT,
  hole: EVENT,
  'busy cluster': EVENT,
  'database away': QUESTION,
  'write lost': EVENT,
  'delivered twice': EVENT,
  'ack lost': EVENT,
  'out of order': EVENT,
  'projection late': EVENT,
  'never delivered': EVENT,
  'clock jump': EVENT,
  'older build': EVENT,
  'worst moment': EVENT,
  people: EVENT,
  provider: MAIL,
  webhook: MAIL,
  enricher: EVENT,
  restore: ONCE,
} as const;
export type Fault = keyof typeof RATES;
export const FAULTS = Object.keys(RATES) as Fault[];
/** Faults of a remote call. */
const CALL_FAULTS = ['request lost', 'reply lost', 'lands late', 'slow', 'killed'] as const;
type CallFault = (typeof CALL_FAULTS)[number];
const NEWER = ['.delivered', '.tagged', '.replied', '.unsubscribed', '.paused', '.resumed'] as const;
/** Shorter delays do not excuse a swept claim. */
const NOTICED_MS = 1_000;
const THERE_MS = 1;
const FAULTY_STEPS_MAX = 2_500;
const FAULTY_MS = 8 * 86_400_000;
const HELD_MS_MAX = 7_200_000;

/** A remote call and its failure as the caller sees it. */
export interface Remote<T> {
  /** Runs at the remote side when the call arrives; an error that it throws is a response too. */
  answer: () => T;
  timeoutError: () => Error;
  timeoutMs: number;
  /** Multiplies the fault rates of this call. */
  weight?: number;
}

interface Caller {
  name: string;
  kill: () => void;
}

/** The wait as a promise, for `await`. */
export const promised = <T>(wait: Wait<T>): Promise<T> => new Promise<T>(wait);

/**
 * A time during which a process was down or waiting for a response; `ms` Infinity: the moment at which it lost all that
 * it had in hand.
 */
export interface Hindrance {
  who: string;
  fromMs: number;
  ms: number;
}

/** An action that is held until the next event of this type. */
interface Held {
  until: Recorded['type'];
  release: () => void;
  incarnation: Incarnation | null;
}

/** The share of runs that go on for months, and how far their faults reach. */
const WAITING = 0.15;
const MONTHS_MS = 100 * 86_400_000;
const LAPSES_MAX = 2;
/** The share of runs in which the lead has a phone, and some sequences have texts. */
const TEXTING = 0.25;
/** A lead of the canary, and a person's whose form names the canary's source; their weights among runs. */
const CANARIES = { none: 18, canary: 1, pretends: 1 } as const;
type Canary = keyof typeof CANARIES;
const canaries = Object.keys(CANARIES) as Canary[];
/** The numbers of the log’s streams, and their weights among runs. Of five the lead is in the last. */
const PARTITIONS = [1, 5] as const;
const PARTITIONED = [3, 1];

export interface Line {
  atMs: number;
  who: string;
  what: string;
}

interface Options {
  startMs: number;
  trace: boolean;
  restores?: boolean;
  /** The model's log is one stream. */
  modelled?: boolean;
}

/** One run: its time, choices, faults and trace. */
export class SimulatedRun {
  readonly choices: Choices;
  readonly time: Time;
  readonly tally = new Map<Fault, number>();
  readonly lines: Line[] | undefined;
  readonly hindrances: Hindrance[] = [];
  /** From this time on there are no faults, so that the run comes to its end. */
  readonly faultsEndAtMs: number;
  /** The last subject token of the event type that an older build can't read. */
  readonly newerToken: string;
  readonly #waits: boolean;
  /** Whether the run has texts, an SMS gateway and the service `sms`. */
  readonly texts: boolean;
  readonly canary: Canary;
  /** Whether the services are a model, which has no outcomes for other teams. */
  readonly modelled: boolean;
  /** The number of the log's streams. */
  readonly partitions: number;
  /** Reports that inbound has counted for the account's reputation. */
  reported = 0;
  #lapses = 0;
  readonly #held = new Set<Held>();
  readonly #rates: ReadonlyMap<Fault, number>;
  /** The call faults of this run. */
  readonly #callFaults: readonly CallFault[];

  constructor(choices: Choices, options: Options) {
    this.choices = choices;
    this.time = new Time(options.startMs, choices);
    this.lines = options.trace ? [] : undefined;
    this.modelled = options.modelled ?? false;
    this.#waits = choices.happens('waits for months', WAITING);
    this.texts = choices.happens('texts', TEXTING);
    this.canary = this.texts ? 'none' : (canaries[choices.pickOnce('canary', Object.values(CANARIES))] ?? 'none');
    this.partitions = this.modelled ? 1 : (PARTITIONS[choices.pickOnce('partitions', PARTITIONED)] ?? 1);
    this.faultsEndAtMs = options.startMs + FAULTY_MS + (this.#waits ? MONTHS_MS : 0);
    const faults = FAULTS.filter((fault) => fault !== 'restore' || options.restores);
    this.#rates = new Map(faults.map((fault) => [fault, RATES[fault][choices.pick('fault rates', [5, 2, 2, 1])] ?? 0]));
    this.newerToken = this.#rates.get('older build') ? choices.one('newer event', NEWER) : 'none';
    this.#callFaults = CALL_FAULTS.filter((fault) => this.#rates.get(fault));
  }

  /** Whether the run goes on after its last step, until a check-in after months or the second one, a year later. */
  get waitsForMonths(): boolean {
    return this.#waits && this.#lapses < LAPSES_MAX;
  }

  /** Whether faults have ended: after a fixed time, or after so many steps, so that every run ends. */
  get isCalm(): boolean {
    return this.time.nowMs >= this.faultsEndAtMs || this.time.steps > FAULTY_STEPS_MAX;
  }

  /** Adds a line to the trace. Most runs have none, so long texts are passed as functions. */
  trace(who: string, what: string | (() => string)): void {
    this.lines?.push({ atMs: this.time.nowMs, who, what: typeof what === 'string' ? what : what() });
  }

  /** Draws whether the fault happens now, and counts it. The caller adds it to the trace. */
  goesWrong(fault: Fault, weight = 1): boolean {
    const rate = (this.#rates.get(fault) ?? 0) * weight;
    if (rate === 0 || this.isCalm || !this.choices.happens(fault, Math.min(0.9, rate))) return false;
    this.tally.set(fault, (this.tally.get(fault) ?? 0) + 1);
    return true;
  }

  hinder(who: string, ms: number): Hindrance {
    const hindrance = { who, fromMs: this.time.nowMs, ms };
    if (ms >= NOTICED_MS) this.hindrances.push(hindrance);
    return hindrance;
  }

  /**
   * Holds an action until the next event of a type is in the log: a random delay would hit that moment once in a
   * thousand runs. Without such an event it runs hours later.
   */
  holdUntil(until: Recorded['type'], then: (keptMs: number) => void, incarnation: Incarnation | null): void {
    const fromMs = this.time.nowMs;
    const held: Held = { until, release: () => then(this.time.nowMs - fromMs), incarnation };
    this.#held.add(held);
    this.time.after(
      HELD_MS_MAX,
      () => {
        if (this.#held.delete(held)) held.release();
      },
      incarnation,
    );
  }

  happened(type: Recorded['type']): void {
    if (type === 'lead.lapsed') this.#lapses++;
    for (const held of this.#held) {
      if (held.until !== type) continue;
      this.#held.delete(held);
      this.time.after(this.choices.one('held after', [1, 20, 400]), held.release, held.incarnation);
    }
  }

  /** A delay between zero and hours. */
  drawDelayMs(stream: string): number {
    return this.choices.one(stream, [0, 1, 20, 400, 5_000, 40_000, 130_000, 1_000_000, 7_200_000, 18_000_000]);
  }

  /**
   * A remote call of `who`: it may be lost on its way there or back, arrive late, or find `who` dead; a call under way
   * when `who` dies still arrives. A response without a fault takes no time: the caller's next action is not visible
   * before its next call.
   */
  call<T>(who: Caller, what: string, { answer, timeoutError, timeoutMs, weight = 1 }: Remote<T>): Wait<T> {
    const { time } = this;
    return (resolve, reject) => {
      const { incarnation } = time;
      const fault = this.#drawCallFault(weight);
      if (fault)
        return this.#callWithFault(who, what, fault, { answer, timeoutError, timeoutMs }, incarnation)(resolve, reject);
      time.after(
        THERE_MS,
        () => {
          let value: T;
          try {
            value = answer();
          } catch (error) {
            return time.as(incarnation, reject, error);
          }
          time.as(incarnation, resolve, value);
        },
        null,
      );
    };
  }

  #callWithFault<T>(
    who: Caller,
    what: string,
    fault: CallFault,
    { answer, timeoutError, timeoutMs }: Remote<T>,
    incarnation: Incarnation | null,
  ): Wait<T> {
    return (resolve, reject) => {
      const back = (ms: number, settle: () => void) => {
        this.hinder(who.name, ms);
        this.time.after(ms, settle, incarnation);
      };
      this.trace(who.name, `${what}: ${fault}`);
      if (fault === 'request lost') return back(timeoutMs, () => reject(timeoutError()));
      if (fault === 'lands late') back(timeoutMs, () => reject(timeoutError()));
      this.time.after(
        fault === 'lands late' ? this.choices.one('how late', [1, 4_000, 6_000, 60_000]) : THERE_MS,
        () => {
          const settle = attempt(answer, resolve, reject);
          if (fault === 'killed') who.kill();
          if (fault === 'reply lost') back(timeoutMs - THERE_MS, () => reject(timeoutError()));
          if (fault === 'slow') back(this.drawDelayMs('how slow'), settle);
        },
        null,
      );
    };
  }

  #drawCallFault(weight: number): CallFault | undefined {
    for (const fault of this.#callFaults)
      if (this.goesWrong(fault, fault === 'killed' ? weight / 2 : weight)) return fault;
    return undefined;
  }
}

function attempt<T>(answer: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
  try {
    const value = answer();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}

const newIncarnation = (): Incarnation => ({ ended: false, onEnd: new Set(), readSeq: 0 });

/** One process of a service: it dies and restarts as another incarnation, and its clock may be wrong. */
export class Process {
  readonly name: string;
  readonly service: string;
  incarnation: Incarnation = newIncarnation();
  skewMs = 0;
  #isOlder = false;
  readonly #run: SimulatedRun;
  readonly #onRestart: () => void;

  constructor(run: SimulatedRun, service: string, number: number, onRestart: () => void) {
    this.#run = run;
    this.service = service;
    this.name = `${service} ${number}`;
    this.#onRestart = onRestart;
  }

  get alive(): boolean {
    return !this.incarnation.ended;
  }

  /** Whether it runs an older build: until its next start, or until faults end. */
  get isOlder(): boolean {
    return this.#isOlder && !this.#run.isCalm;
  }

  /** Runs an older build until it is replaced, after a while. */
  replaceLater(): void {
    this.#isOlder = true;
    this.#run.trace(this.name, 'is of an older build');
    this.#run.time.after(this.#run.drawDelayMs('older for'), this.kill, null);
  }

  /** The process's own clock. */
  readonly clock = (): Temporal.Instant => this.#run.time.nowBut(this.#aheadMs);

  /** The same as text and in ms, which is cheaper. */
  get clockText(): string {
    return this.#run.time.textBut(this.#aheadMs);
  }

  get clockMs(): number {
    return this.#run.time.msBut(this.#aheadMs);
  }

  get #aheadMs(): number {
    return this.#run.isCalm ? 0 : this.skewMs;
  }

  readonly kill = (): void => {
    if (!this.alive) return;
    this.incarnation.ended = true;
    this.#run.trace(this.name, 'is killed');
    this.#run.hinder(this.name, Infinity);
    for (const lost of this.incarnation.onEnd) lost();
    this.#run.time.after(
      this.#run.choices.one('down for', [3_000, 100, 60_000, 600_000]),
      () => {
        this.incarnation = newIncarnation();
        this.#isOlder = false;
        this.#run.trace(this.name, 'is back');
        this.#onRestart();
      },
      null,
    );
  };
}
