import { setTimeout as wait } from 'node:timers/promises';

/** A long wait is not asked about more often than this: each question costs CPU that the awaited work needs. */
const PAUSE_MS_MAX = 100;

/**
 * Repeats `check` until it neither throws nor returns a falsy value, and resolves with its result. After `timeoutMs` it
 * throws the last error of `check`, so that a test shows the failed assertion and its position. The pause between two
 * checks is `everyMs`, later a tenth of the time waited.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 150_000, everyMs = 25 } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const startedMs = performance.now();
  for (;;) {
    let last: unknown;
    try {
      const answer = await check();
      if (answer) return answer as Exclude<T, undefined | null | false>;
      last = new Error(`still ${String(answer)} after ${timeoutMs} ms: ${check.toString()}`);
    } catch (error) {
      last = error;
    }
    const waitedMs = performance.now() - startedMs;
    if (waitedMs >= timeoutMs) throw last;
    await wait(Math.max(everyMs, Math.min(waitedMs / 10, PAUSE_MS_MAX)));
  }
}
