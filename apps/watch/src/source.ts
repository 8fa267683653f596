import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@leadstream/eventlog/errors';
import { forget } from '@leadstream/service/exposition';
import type { Gauge } from 'prom-client';

const DEADLINE_MS = 2_000;
/** The rest after an answer, in multiples of its time: asking costs a large installation at most a tenth of a core. */
const REST_FACTOR = 10;

/** One value of a gauge. */
export interface Sample {
  gauge: Gauge;
  labels?: Record<string, string>;
  value: number;
}

/** A question to a dependency, and the gauges that have its answer. */
export interface Question {
  gauges: readonly Gauge[];
  ask: (signal: AbortSignal) => Promise<Sample[]>;
}

export interface Source {
  dependency: string;
  questions: readonly Question[];
  up: Gauge;
  everyMs: number;
  /** Called when it stops to answer, and with undefined when it answers again. */
  changed: (error: unknown) => void;
}

/**
 * Asks again and again until `signal` aborts. A question without an answer within its deadline removes its gauges, so
 * that no value outlives its source, and delays no other question.
 */
export async function askOften({ dependency, questions, up, everyMs, changed }: Source, signal: AbortSignal) {
  let failed: string | null | undefined;
  while (!signal.aborted) {
    const startedMs = performance.now();
    const errors = await Promise.all(questions.map(askOnce));
    if (signal.aborted) return;
    const error = errors.find((one) => one !== undefined);
    up.set({ dependency }, error === undefined ? 1 : 0);
    const reason = error && describeError(error).message;
    if (reason !== failed) changed(error);
    failed = reason;
    const restMs = Math.max(everyMs, (performance.now() - startedMs) * REST_FACTOR);
    await delay(error === undefined ? restMs : everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The error, or undefined. */
async function askOnce({ gauges, ask }: Question): Promise<unknown> {
  const over = new AbortController();
  const deadline = setTimeout(() => over.abort(new Error(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  over.signal.addEventListener('abort', () => reject(over.signal.reason as Error), { once: true });
  try {
    // A frozen server never rejects, and a client's own deadline does not hold for a connection that is stuck.
    const samples = await Promise.race([ask(over.signal), isLate]);
    for (const gauge of gauges) forget(gauge);
    for (const { gauge, labels = {}, value } of samples) gauge.set(labels, value);
    return undefined;
  } catch (error) {
    for (const gauge of gauges) forget(gauge);
    return error;
  } finally {
    clearTimeout(deadline);
    over.abort();
  }
}
