import { setTimeout as wait } from 'node:timers/promises';

/**
 * Repeats `check` until it neither throws nor returns a falsy value, and resolves with its result. After `timeoutMs` it
 * throws the last error of `check`, so that a test shows the failed assertion and its position.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 150_000, everyMs = 25 } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await check();
      if (answer) return answer as Exclude<T, undefined | null | false>;
      last = new Error(`still ${String(answer)} after ${timeoutMs} ms: ${check.toString()}`);
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) throw last;
    await wait(everyMs);
  }
}
