import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { provision } from '@leadstream/eventlog/provision';
import { PROJECTOR } from '@leadstream/projection/collections';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { bulkDoneSchema } from './bulk-write.ts';
import { cpuMs } from './cpu.ts';
import { logOfRuns, publishLives } from './histories.ts';
import { compare, compared, type Compared } from './rounds.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';

/** Equal to the projector's own default. */
const BATCH_MAX = 500;
const LOOK_MS = 5;

export interface ProjectorOptions {
  leads: number;
  rounds: number;
  profile?: string;
}

/** The projector's speed on an existing log, beside a process that only makes its writes. */
export async function benchProjector(
  started: AsyncDisposableStack,
  { leads, rounds, profile }: ProjectorOptions,
): Promise<Record<string, Compared>> {
  const dir = await scratchFolder(started);
  const [nats, mongo] = await Promise.all([startNats(), startMongo()]);
  started.defer(() => nats.stop());
  started.defer(() => mongo.stop());
  const nc = await connect({ servers: nats.url });
  started.defer(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const broker = Broker.open({ servers: nats.url, name: 'bench' }, silentLog);
  started.defer(() => broker.close());
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  const records = new GuardRecords(broker, 1);
  const log = logOfRuns(leads);
  await publishLives(nc, log);
  const bare = fork('tests/bench/bulk-write.ts', [mongo.url, String(leads), String(BATCH_MAX)]);
  started.defer(() => {
    bare.disconnect();
  });
  await once(bare, 'message');
  let count = 0;
  const ours = async () => {
    // Each round has a new database, which has not seen the log: otherwise the restore guard would hold it.
    await records.change((now) => now && { ...now, witnessed: false });
    const env = {
      NATS_URL: nats.url,
      MONGODB_URI: `${mongo.url}/projector_${count++}`,
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
      PROJECTION_BATCH_MAX: String(BATCH_MAX),
    };
    const flags = profile
      ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=projector-${count}.cpuprofile`]
      : [];
    const { pid, stop } = await startService(
      [...flags, 'apps/projector/dist/main.js'],
      env,
      join(dir, 'projector.log'),
      started,
    );
    const result = await watch(jsm, pid, log.length);
    await stop();
    await jsm.consumers.delete('LEADS', PROJECTOR);
    return result;
  };
  const reference = async () => {
    bare.send({ database: `bare_${count++}` });
    const done = bulkDoneSchema.parse((await once(bare, 'message'))[0]);
    return { perSecond: (log.length * 1_000) / done.ms, cpuMs: done.cpuMs / log.length };
  };
  const measured = await compare(rounds, ours, reference);
  return {
    rate: compared('events/s', measured, (one) => one.perSecond),
    cpu: compared('ms of CPU an event', measured, (one) => one.cpuMs),
  };
}

/** From the first acknowledged batch to the last, without the start of the process. */
async function watch(
  jsm: JetStreamManager,
  pid: number,
  events: number,
): Promise<{ perSecond: number; cpuMs: number }> {
  const acked = async () =>
    (await jsm.consumers.info('LEADS', PROJECTOR).catch(() => undefined))?.ack_floor.stream_seq ?? 0;
  let first = 0;
  while ((first = await acked()) === 0) await delay(LOOK_MS);
  const [startedMs, cpuBefore] = [performance.now(), cpuMs(pid)];
  while ((await acked()) < events) await delay(LOOK_MS);
  return {
    perSecond: ((events - first) * 1_000) / (performance.now() - startedMs),
    cpuMs: (cpuMs(pid) - cpuBefore) / (events - first),
  };
}
