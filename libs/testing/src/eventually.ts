import { setTimeout as wait } from 'node:timers/promises';

/** A long wait is not asked about more often than this: each question costs CPU that the awaited work needs. */
const PAUSE_MS_MAX = 100;

interface Patience {
  timeoutMs?: number;
  everyMs?: number;
  progress?: () => unknown;
}

/**
 * Repeats `check` until it neither throws nor returns a falsy value, and resolves with its result. After `timeoutMs` it
 * throws the last error of `check`, so that a test shows the failed assertion and its position. The pause between two
 * checks is `everyMs`, later a tenth of the time waited. With `progress` the timeout counts anew as long as that value
 * has changed since the timeout before: a long work ends on a busy machine, too.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 150_000, everyMs = 25, progress }: Patience = {},
): Promise<Exclude<T, undefined | null | false>> {
  let startedMs = performance.now();
  let reached: unknown;
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
    if (waitedMs >= timeoutMs) {
      const now = await progress?.();
      if (now === reached) throw last;
      [startedMs, reached] = [performance.now(), now];
    }
    await wait(Math.max(everyMs, Math.min(waitedMs / 10, PAUSE_MS_MAX)));
  }
}
