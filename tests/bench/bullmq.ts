import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { end, hasEnded, spawnWatched } from '@leadstream/testing/child';
import { freePort } from '@leadstream/testing/servers';
import { Queue } from 'bullmq';
import { startEsp } from './esp-process.ts';
import { QUEUE, type MailJob } from './mail-job.ts';
import { Arrivals, type Contender } from './load.ts';

const READY_MS_MAX = 10_000;
const MINUTE_MS = 60_000;

export const redisBinary = (): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'redis-server'))
    .find(existsSync);

/**
 * The minimum that sends a mail later: one BullMQ queue, one job per lead, one worker that posts the same mail to an
 * ESP of the same kind.
 */
export async function startBullmq(
  redis: string,
  mail: MailJob,
  delayScale: number,
  started: AsyncDisposableStack,
): Promise<Contender> {
  const { port, pid } = await startRedis(redis, started);
  const arrivals = new Arrivals();
  const esp = await startEsp(arrivals, started);
  const worker = fork('tests/bench/bullmq-worker.ts', [String(port), esp.url, JSON.stringify(mail)]);
  started.defer(() => {
    worker.disconnect();
  });
  await Promise.race([
    once(worker, 'message'),
    once(worker, 'exit').then(() => {
      throw new Error('the worker ended');
    }),
  ]);
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port } });
  started.defer(() => queue.close());
  return {
    arrivals,
    offer: (to) =>
      queue.add(
        'mail',
        { to },
        {
          delay: Math.round((3 + Math.random() * 4) * MINUTE_MS * delayScale),
          attempts: 6,
          backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
          removeOnComplete: true,
        },
      ),
    settled: async () => {
      while ((await queue.count()) + (await queue.getActiveCount()) > 0) await delay(100);
    },
    pids: { worker: worker.pid ?? 0, 'redis-server': pid },
  };
}

/** With an append-only file, synced every second: a queue needs it to survive a restart. */
export async function startRedis(redis: string, started: AsyncDisposableStack): Promise<{ port: number; pid: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-bench-redis-'));
  started.defer(() => rm(dir, { recursive: true, force: true }));
  const [port, log] = [await freePort(), join(dir, 'redis.log')];
  const child = spawnWatched(
    [redis, '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'],
    log,
  );
  started.defer(() => end(child, 'SIGTERM'));
  for (
    const deadline = performance.now() + READY_MS_MAX;
    !hasEnded(child) && performance.now() < deadline;
    await delay(20)
  ) {
    if (child.pid && (await readFile(log, 'utf8')).includes('Ready to accept connections'))
      return { port, pid: child.pid };
  }
  throw new Error(`redis-server did not get ready:\n${await readFile(log, 'utf8')}`);
}
