import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Choices } from './choices.ts';

/** One incarnation of a process: after its end its waits never resolve. */
export interface Incarnation {
  ended: boolean;
  onEnd: Set<() => void>;
  /** The newest event that its only handler has read from the leader; undefined while several handlers read. */
  readSeq: number | undefined;
}

/** Resolves when the microtask queue is empty: Node runs a tick then, without a round of the event loop. */
const drained = (): Promise<void> => new Promise((resolve) => void process.nextTick(resolve));

interface Task {
  at: number;
  run: () => void;
  incarnation: Incarnation | null;
}

const MINUTE_MS = 60_000;
/** Three digits each. */
const digits = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));
/** More steps than any run needs, even with hours of an outage and retries every minute. */
const STEPS_MAX = 100_000;

/**
 * The simulated time of one run. Each task is one wait of a process or a person; one task runs at a time, with all that
 * follows without another wait. Tasks that are ready at the same moment run in random order.
 */
export class Time {
  nowMs: number;
  steps = 0;
  /** The incarnation whose task runs now; its new waits belong to it. */
  incarnation: Incarnation | null = null;
  /** By time, then in order of arrival. */
  readonly #tasks: Task[] = [];
  readonly #choices: Choices;
  #shown = Temporal.Instant.fromEpochMilliseconds(0);
  #textMs = NaN;
  #text = '';
  #minute = NaN;
  #minuteText = '';

  constructor(startMs: number, choices: Choices) {
    this.nowMs = startMs;
    this.#choices = choices;
  }

  /** The time of a clock that is `skewMs` ahead, to the millisecond. */
  msBut(skewMs: number): number {
    return Math.round(this.nowMs) + skewMs;
  }

  /** Cached: read several times at each moment, as its text is. */
  nowBut(skewMs: number): Temporal.Instant {
    const ms = this.msBut(skewMs);
    if (this.#shown.epochMilliseconds !== ms) this.#shown = Temporal.Instant.fromEpochMilliseconds(ms);
    return this.#shown;
  }

  /** Avoids a Temporal instant, which costs more than all else at its moment, and again at garbage collection. */
  textBut(skewMs: number): string {
    const ms = this.msBut(skewMs);
    if (this.#textMs === ms) return this.#text;
    this.#textMs = ms;
    const minute = Math.floor(ms / MINUTE_MS);
    if (this.#minute !== minute)
      this.#minuteText = new Date(minute * MINUTE_MS).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:'.length);
    this.#minute = minute;
    const restMs = ms - minute * MINUTE_MS;
    const seconds = Math.floor(restMs / 1_000);
    return (this.#text = `${this.#minuteText}${digits[seconds]?.slice(1)}.${digits[restMs - 1_000 * seconds]}Z`);
  }

  get rushed(): boolean {
    return this.steps >= STEPS_MAX;
  }

  /** Runs `run` later, unless its incarnation has ended by then. Returns a function that cancels it. */
  after(ms: number, run: () => void, incarnation = this.incarnation): () => void {
    // NaN means no wait, as in a timer.
    const task: Task = { at: this.nowMs + (ms > 0 ? ms : 0), run, incarnation };
    const tasks = this.#tasks;
    let index = 0;
    // Most tasks go near the front.
    for (let before = tasks[0]; before && before.at <= task.at; before = tasks[index]) index++;
    tasks.splice(index, 0, task);
    return () => {
      const at = tasks.indexOf(task);
      if (at >= 0) tasks.splice(at, 1);
    };
  }

  /** Runs `run` now, as part of the current task, unless its incarnation has ended. */
  as<T>(incarnation: Incarnation | null, run: (value: T) => void, value: T): void {
    if (incarnation?.ended) return;
    this.incarnation = incarnation;
    run(value);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Runs until no wait is left. */
  async run(): Promise<void> {
    while (this.#step()) await drained();
  }

  /** The same for code that leaves no promises behind. */
  runAtOnce(): void {
    while (this.#step());
  }

  #step(): boolean {
    const task = this.rushed ? undefined : this.#next();
    if (!task) return false;
    this.steps++;
    this.incarnation = task.incarnation;
    task.run();
    return true;
  }

  #next(): Task | undefined {
    const tasks = this.#tasks;
    let ready = 0;
    for (let task = tasks[0]; task; task = tasks[ready]) {
      if (task.incarnation?.ended) {
        tasks.splice(ready, 1);
        continue;
      }
      if (ready === 0) this.nowMs = Math.max(this.nowMs, task.at);
      else if (task.at > this.nowMs) break;
      ready++;
    }
    const [task] =
      ready > 1
        ? tasks.splice(
            this.#choices.pick(
              'order',
              (orders[ready] ??= Array.from({ length: ready }, (_, index) => (index === 0 ? 4 : 1))),
            ),
            1,
          )
        : [tasks.shift()];
    return task;
  }
}

/** Weights of the next task among so many; the first is the likeliest. */
const orders: number[][] = [];

let current: Time | undefined;
let choices: Choices | undefined;
let drawn = 0;

/** Uses the time, chance and ids of this run in this process from now on: one run at a time. */
export function useRun(run: { time: Time; choices: Choices }): void {
  current = run.time;
  choices = run.choices;
  drawn = 0;
}

const require = createRequire(import.meta.url);
const time = (): Time => {
  if (!current) throw new Error('a wait outside of a simulated run');
  return current;
};

function timeout(run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) {
  const callOff = time().after(ms, () => run(...args));
  return { callOff, unref: () => undefined };
}

async function delay<T>(ms: number, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T | undefined> {
  signal?.throwIfAborted();
  await time().wait(ms);
  return value;
}

/**
 * Replaces timers, the monotonic clock, chance and ids in this process, permanently. Call it before loading the code
 * under test, which imports some of them by name.
 */
export function replaceGlobals(): void {
  const builtin = (name: string) => require(name) as Record<string, unknown>;
  builtin('node:timers/promises')['setTimeout'] = delay;
  builtin('node:crypto')['randomUUID'] = () => `00000000-0000-4000-8000-${String(++drawn).padStart(12, '0')}`;
  syncBuiltinESMExports();
  Object.assign(globalThis, {
    setTimeout: timeout,
    clearTimeout: (timer?: { callOff?: () => void }) => timer?.callOff?.(),
  });
  performance.now = () => time().nowMs;
  const { now: realNow } = Date;
  // Outside of a run, for the table of figures, it is the computer's time.
  Date.now = () => current?.nowMs ?? realNow();
  Math.random = () => choices?.unit('Math.random') ?? 0;
  AbortSignal.timeout = () => new AbortController().signal;
}
