import { end, spawnWatched, untilReady } from '@leadstream/testing/child';

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
  const name = command.at(-1) ?? '';
  await untilReady({ name, child, port: Number(env['PORT']), log });
  if (child.pid === undefined) throw new Error(`${name} has no process id`);
  return { pid: child.pid, stop };
}
