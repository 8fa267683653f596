import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@leadstream/service/config';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { isLong } from '@leadstream/testing/long';
import { freePort } from '@leadstream/testing/servers';
import { buildAll } from '../../tools/build-all.ts';

export interface KilledScheduler {
  /** Kills it; resolves when another is ready in its place. A call during a kill waits for its end. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * A scheduler as a process, beside the stack's own. A test kills it where its story has work in hand; in its long form
 * it is also killed again and again without a break, which takes a core to itself.
 */
export async function killedScheduler(env: Environment): Promise<KilledScheduler> {
  await buildAll();
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-scheduler-'));
  const start = async (number: number) => {
    const [port, log] = [await freePort(), join(dir, `${number}.log`)];
    const child = spawnWatched([process.execPath, ...serviceArgs('scheduler')], log, { ...env, PORT: String(port) });
    return { name: 'scheduler', child, port, log };
  };
  let started = 0;
  let isOver = false;
  let running = await start(started++);
  await untilReady(running);
  const killOne = async () => {
    if (isOver) return;
    await end(running.child, 'SIGKILL');
    running = await start(started++);
    await untilReady(running);
  };
  let last = Promise.resolve();
  const kill = () => {
    last = last.then(killOne);
    // A failure reaches the caller, and `stop`.
    last.catch(() => undefined);
    return last;
  };
  const killing = (async () => {
    while (isLong && !isOver) await kill();
  })();
  // Awaited by `stop`; until then a failure must not count as unhandled.
  killing.catch(() => undefined);
  return {
    kill,
    stop: async () => {
      isOver = true;
      try {
        await Promise.all([killing, last]);
      } finally {
        await end(running.child, 'SIGKILL');
      }
      await rm(dir, { recursive: true });
    },
  };
}
