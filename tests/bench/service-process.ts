import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';

const READY_MS_MAX = 60_000;

/**
 * Runs a program under Node.js that serves /readyz on PORT, its log in a file; its process id, once it is ready. It
 * ends with `started`, or before by `stop`.
 */
export async function startService(
  command: string[],
  env: Record<string, string>,
  log: string,
  started: AsyncDisposableStack,
): Promise<{ pid: number; stop: () => Promise<void> }> {
  const child = spawnWatched([process.execPath, ...command], log, env);
  const stop = () => end(child, 'SIGTERM');
  started.defer(stop);
  for (
    const deadline = performance.now() + READY_MS_MAX;
    !hasEnded(child) && performance.now() < deadline;
    await delay(50)
  ) {
    const answer = await fetch(`http://127.0.0.1:${env['PORT']}/readyz`).catch(() => undefined);
    if (answer?.ok && child.pid) return { pid: child.pid, stop };
  }
  throw new Error(
    `${command.at(-1)} did not get ready; its last words:\n${(await readFile(log, 'utf8')).slice(-2_000)}`,
  );
}
