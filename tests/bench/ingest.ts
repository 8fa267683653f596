import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, startNats } from '@leadstream/testing/servers';
import { cpuMs } from './cpu.ts';
import { doneSchema } from './http-load.ts';
import { compare, compared, type Compared } from './rounds.ts';
import { startService } from './service-process.ts';
import { scratchFolder } from './scratch.ts';

const CONNECTIONS = 32;
const WARM_UP = 2_000;

export interface IngestOptions {
  requests: number;
  rounds: number;
  profile?: string;
}

/**
 * The cost of one accepted lead at ingest, compared with the least possible server: CPU time of the one process, the
 * same load from a third.
 */
export async function benchIngest(
  started: AsyncDisposableStack,
  { requests, rounds, profile }: IngestOptions,
): Promise<Record<string, Compared>> {
  const dir = await scratchFolder(started);
  const nats = await startNats();
  started.defer(() => nats.stop());
  const load = fork('tests/bench/http-load.ts');
  started.defer(() => {
    load.disconnect();
  });
  const door = async (name: string, command: string[]) => {
    const port = String(await freePort());
    const { pid } = await startService(
      command,
      { NATS_URL: nats.url, HOST: '127.0.0.1', PORT: port, TRUST_PROXY: 'false', INGEST_RATE_PER_MINUTE: '1000000' },
      join(dir, `${name}.log`),
      started,
    );
    const post = async (count: number) => {
      load.send({ url: `http://127.0.0.1:${port}/v1/leads`, requests: count, connections: CONNECTIONS });
      const { ms, refused } = doneSchema.parse((await once(load, 'message'))[0]);
      if (refused > 0) throw new Error(`${name} refused ${refused} of ${count} leads`);
      return ms;
    };
    return async (count = requests) => {
      const before = cpuMs(pid);
      const ms = await post(count);
      return { perSecond: (count * 1_000) / ms, cpuMs: (cpuMs(pid) - before) / count };
    };
  };
  const ours = await door('ingest', [
    ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, '--cpu-prof-name=ingest.cpuprofile'] : []),
    'apps/ingest/dist/main.js',
  ]);
  const bare = await door('bare', ['tests/bench/ingest-bare.ts']);
  await ours(WARM_UP);
  await bare(WARM_UP);
  const measured = await compare(rounds, ours, bare);
  return {
    cpu: compared('ms of CPU a request', measured, (one) => one.cpuMs),
    rate: compared('requests/s', measured, (one) => one.perSecond),
  };
}
