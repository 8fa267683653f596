import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { Keyring } from '@leadstream/eventlog/keyring';
import { provisionAll } from '@leadstream/eventlog/provision';
import { startTelemetry } from '@leadstream/service/telemetry';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { freePort, startMongo, startNats, type Server } from '@leadstream/testing/servers';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { withPid } from './cpu.ts';
import type { Figure, MillionReport } from './growth.ts';
import { Lives } from './lives.ts';
import { looked, type Ground, type Look } from './million-looks.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';

const SEQUENCES = 'tests/bench/sequences';
/** Several times as long as a million leads take on a busy machine. */
const READY_MS_MAX = 600_000;
const SAID_EVERY_MS = 10_000;

export interface MillionOptions {
  leads: number;
}

/** All figures at a tenth of the leads, and at all of them. */
export async function benchMillion(
  started: AsyncDisposableStack,
  { leads }: MillionOptions,
  say: (text: string) => void,
): Promise<MillionReport> {
  const before = loadavg()[0] ?? 0;
  const ground = await prepare(started, say);
  const few = Math.max(1, Math.floor(leads / 10));
  await fill(ground, 0, few);
  const atFew = await looked(ground, few);
  await fill(ground, few, leads);
  const atMany = await looked(ground, leads);
  return {
    cores: availableParallelism(),
    load: { before, after: loadavg()[0] ?? 0 },
    few,
    many: leads,
    figures: beside(atFew, atMany),
  };
}

const beside = (few: readonly Look[], many: readonly Look[]): Figure[] =>
  few.map(({ name, unit, value }, index) => ({ name, unit, few: value, many: many[index]?.value ?? Number.NaN }));

async function prepare(started: AsyncDisposableStack, say: (text: string) => void): Promise<Ground> {
  const dir = await scratchFolder(started);
  const nats = await running((options) => startNats({ ...options, dir: join(dir, 'nats') }), started);
  const mongo = await running((options) => startMongo({ ...options, dir: join(dir, 'mongo') }), started);
  const settings = {
    ...exampleSettings('bench'),
    NATS_URL: nats.server.url,
    MONGODB_URI: `${mongo.server.url}/leadstream`,
    SEQUENCES_DIR: SEQUENCES,
    TMPDIR: dir,
    LEADSTREAM_DIR: dir,
  };
  await startTelemetry('bench', {});
  const broker = Broker.open(
    { servers: nats.server.url, name: 'bench', answerMs: 60_000, silenceMs: 600_000 },
    silentLog,
  );
  started.defer(() => broker.close());
  await broker.ready();
  await provisionAll(broker, 1);
  const client = await new MongoClient(mongo.server.url).connect();
  started.defer(() => client.close());
  const keys = new Keyring(broker, [settings.DATA_KEYS]);
  const lives = await Lives.open(broker, keys, settings.LEAD_ID_SECRET, SEQUENCES);
  let count = 0;
  const serve = async (service: string, over: Record<string, string> = {}) => {
    const env = { ...settings, PORT: String(await freePort()), ...over };
    return startService([`apps/${service}/dist/main.js`], env, join(dir, `${service}-${count++}.log`), started);
  };
  // They name the log, and create their consumers.
  for (const service of ['projector', 'scheduler']) await (await serve(service)).stop();
  const consumers: ConsumerConfig[] = [];
  for await (const { config } of (await broker.jsm()).consumers.list('LEADS')) consumers.push(config);
  const [db, records] = [client.db('leadstream'), new GuardRecords(broker, 1)];
  return { dir, nats, mongo, settings, broker, keys, db, lives, records, consumers, serve, say };
}

async function running(
  start: (options: { readyMsMax: number }) => Promise<Server>,
  started: AsyncDisposableStack,
): Promise<Ground['nats']> {
  const { it: server, pid } = await withPid(() => start({ readyMsMax: READY_MS_MAX }));
  started.defer(() => server.stop());
  return { server, pid };
}

async function fill({ lives, say }: Ground, from: number, until: number): Promise<void> {
  const startedMs = performance.now();
  let [written, saidMs] = [0, startedMs];
  await lives.write(from, until, () => {
    written++;
    const nowMs = performance.now();
    if (nowMs - saidMs < SAID_EVERY_MS) return;
    saidMs = nowMs;
    say(`${from + written} of ${until} leads, ${Math.round((written * 1_000) / (nowMs - startedMs))} a second`);
  });
}
