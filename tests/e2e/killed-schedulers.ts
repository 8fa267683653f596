import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@leadstream/service/config';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { isLong } from '@leadstream/testing/long';
import { freePort } from '@leadstream/testing/servers';
import { buildAll } from '../../tools/build-all.ts';

export interface KilledSchedulers {
  /** Kills the older one; resolves when another is ready in its place. A call during a kill waits for its end. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Two schedulers as processes. A test kills them where its story has work in hand; in its long form they are also
 * killed one after the other without a break, which takes a core to itself.
 */
export async function killedSchedulers(env: Environment): Promise<KilledSchedulers> {
  await buildAll();
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-schedulers-'));
  const start = async (number: number) => {
    const [port, log] = [await freePort(), join(dir, `${number}.log`)];
    const child = spawnWatched([process.execPath, ...serviceArgs('scheduler')], log, { ...env, PORT: String(port) });
    return { name: 'scheduler', child, port, log };
  };
  let started = 2;
  let isOver = false;
  let running = [await start(0), await start(1)];
  await Promise.all(running.map(untilReady));
  const killOne = async () => {
    if (isOver) return;
    const [oldest, ...others] = running;
    if (oldest) await end(oldest.child, 'SIGKILL');
    const next = await start(started++);
    running = [...others, next];
    await untilReady(next);
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
        await Promise.all(running.map(({ child }) => end(child, 'SIGKILL')));
      }
      await rm(dir, { recursive: true });
    },
  };
}
