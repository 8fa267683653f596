import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Choices } from './choices.ts';

/** One life of a process: when it ends, whatever it waits for never comes. */
export interface Incarnation {
  ended: boolean;
  onEnd: Set<() => void>;
  /** The newest event that its only handler has read from the leader; undefined while several handlers read. */
  readSeq: number | undefined;
}

/**
 * When no promise is left to be carried on: Node turns to a tick whenever it has carried on all of them, without a
 * round of the event loop.
 */
const drained = (): Promise<void> => new Promise((resolve) => void process.nextTick(resolve));

interface Task {
  at: number;
  run: () => void;
  incarnation: Incarnation | null;
}

const MINUTE_MS = 60_000;
/** Three of each. */
const digits = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));
/** More than any life needs to come to its rest, even when somebody is away for hours and asked for every minute. */
const STEPS_MAX = 30_000;

/**
 * Time as one simulated life has it. Nothing in it happens by itself: each task is one thing that somebody waits for,
 * and one is run at a time, with all that follows from it without another wait. What is ready at the same moment is
 * run in an order that chance decides.
 */
export class Time {
  nowMs: number;
  steps = 0;
  /** Whose task runs now: what it asks for is asked for by this life. */
  incarnation: Incarnation | null = null;
  /** By their time, then as they came. */
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

  /** As a clock shows it that is `skewMs` ahead: to the millisecond. */
  msBut(skewMs: number): number {
    return Math.round(this.nowMs) + skewMs;
  }

  /** Asked for several times at each moment, as its text is. */
  nowBut(skewMs: number): Temporal.Instant {
    const ms = this.msBut(skewMs);
    if (this.#shown.epochMilliseconds !== ms) this.#shown = Temporal.Instant.fromEpochMilliseconds(ms);
    return this.#shown;
  }

  /** Without an instant: each costs more than all else at its moment, and once more when it is collected. */
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

  /** Runs it later, unless the life that waits for it has ended by then. Returns what calls it off. */
  after(ms: number, run: () => void, incarnation = this.incarnation): () => void {
    // As a timer does: what is no number is no wait.
    const task: Task = { at: this.nowMs + (ms > 0 ? ms : 0), run, incarnation };
    const tasks = this.#tasks;
    let index = 0;
    // Most come next.
    for (let before = tasks[0]; before && before.at <= task.at; before = tasks[index]) index++;
    tasks.splice(index, 0, task);
    return () => {
      const at = tasks.indexOf(task);
      if (at >= 0) tasks.splice(at, 1);
    };
  }

  /** Runs it now, as a part of the task under way, unless the life that waits for it has ended. */
  as<T>(incarnation: Incarnation | null, run: (value: T) => void, value: T): void {
    if (incarnation?.ended) return;
    this.incarnation = incarnation;
    run(value);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Until nobody waits for anything. */
  async run(): Promise<void> {
    while (this.#step()) await drained();
  }

  /** The same where nothing that is run leaves a promise behind. */
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

/** How likely each of so many is to be next: the first one most. */
const orders: number[][] = [];

let current: Time | undefined;
let choices: Choices | undefined;
let drawn = 0;

/** Whose time, chance and ids this process' are from here on: one life at a time. */
export function useRun(incarnation: { time: Time; choices: Choices }): void {
  current = incarnation.time;
  choices = incarnation.choices;
  drawn = 0;
}

const require = createRequire(import.meta.url);
const time = (): Time => {
  if (!current) throw new Error('something waits outside of a simulated life');
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
 * Takes timers, the monotonic clock, chance and ids out of this process' own hands, for good. To be called before the
 * code under test is loaded: it imports some of them by name.
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
  const { now: started } = Date;
  // The table of figures, which is made outside of a life, has the computer's.
  Date.now = () => current?.nowMs ?? started();
  Math.random = () => choices?.unit('Math.random') ?? 0;
  AbortSignal.timeout = () => new AbortController().signal;
}
