import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@leadstream/service/config';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { freePort } from '@leadstream/testing/servers';
import { buildAll } from '../../tools/build-all.ts';

/** Two schedulers as processes; each in turn is killed once the other is ready, and started again. */
export async function killedSchedulers(env: Environment): Promise<{ kills: () => number; stop: () => Promise<void> }> {
  await buildAll();
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-schedulers-'));
  const start = async (number: number) => {
    const [port, log] = [await freePort(), join(dir, `${number}.log`)];
    const child = spawnWatched([process.execPath, ...serviceArgs('scheduler')], log, { ...env, PORT: String(port) });
    return { name: 'scheduler', child, port, log };
  };
  let kills = 0;
  let isOver = false;
  let running = [await start(0), await start(1)];
  await Promise.all(running.map(untilReady));
  const killing = (async () => {
    while (!isOver) {
      const [oldest, ...others] = running;
      if (oldest) await end(oldest.child, 'SIGKILL');
      const next = await start(++kills + 1);
      running = [...others, next];
      await untilReady(next);
    }
  })();
  // Awaited by `stop`; until then a failure must not count as unhandled.
  killing.catch(() => undefined);
  return {
    kills: () => kills,
    stop: async () => {
      isOver = true;
      await killing.finally(() => Promise.all(running.map(({ child }) => end(child, 'SIGKILL'))));
      await rm(dir, { recursive: true });
    },
  };
}
