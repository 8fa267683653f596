import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { Keyring } from '@leadstream/eventlog/keyring';
import { provisionAll } from '@leadstream/eventlog/provision';
import { startTelemetry } from '@leadstream/service/telemetry';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { freePort, startMongo, startNats, type Server } from '@leadstream/testing/servers';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { z } from 'zod';
import { rssMb, withPid } from './cpu.ts';
import type { Figure, MillionReport } from './growth.ts';
import { Lives } from './lives.ts';
import { lastSeqOf, looked, lookNames, type Ground, type Look, type LookName } from './million-looks.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';

const SEQUENCES = 'tests/bench/sequences';
/** Several times as long as a million leads take on a busy machine. */
const READY_MS_MAX = 600_000;
const SAID_EVERY_MS = 10_000;

export interface MillionOptions {
  leads: number;
  /** Keeps the leads for later runs; by default they are written in a temporary folder. */
  folder?: string;
  /** Writes the leads that `folder` does not have yet, and measures nothing. */
  fill: boolean;
  /** Default: all. Each but `rebuild` needs a read model that an earlier run in the folder has built. */
  looks?: readonly LookName[];
}

/** All figures at a tenth of the leads, and at all of them: two logs, each with servers of its own. */
export async function benchMillion(
  started: AsyncDisposableStack,
  { leads, folder, fill, looks: names = lookNames }: MillionOptions,
  say: (text: string) => void,
): Promise<MillionReport | undefined> {
  const before = loadavg()[0] ?? 0;
  const root = folder === undefined ? await scratchFolder(started) : resolve(folder);
  const few = Math.max(1, Math.floor(leads / 10));
  const looks: Look[][] = [];
  for (const count of [few, leads]) {
    await using servers = new AsyncDisposableStack();
    const ground = await prepare(servers, join(root, String(count)), say);
    const filledMb = await filled(ground, count);
    if (!fill) looks.push([justWritten(filledMb), ...(await looked(ground, count, names))]);
  }
  const [atFew, atMany] = looks;
  if (!atFew || !atMany) return undefined;
  return {
    cores: availableParallelism(),
    load: { before, after: loadavg()[0] ?? 0 },
    few,
    many: leads,
    figures: beside(atFew, atMany),
  };
}

const justWritten = (value: number): Look => ({ name: 'nats-server just after writing', unit: 'MB', value });

const beside = (few: readonly Look[], many: readonly Look[]): Figure[] =>
  few.map(({ name, unit, value }, index) => ({ name, unit, few: value, many: many[index]?.value ?? Number.NaN }));

async function prepare(started: AsyncDisposableStack, dir: string, say: (text: string) => void): Promise<Ground> {
  await mkdir(dir, { recursive: true });
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

/** A folder without it has no lead yet, or was left in the middle of them. */
const FILLED = 'filled.json';
const filledFile = z.object({ rssMb: z.number() });

/** The memory of nats-server, in MB, just after the leads were written: now or by an earlier run. */
async function filled({ dir, nats, broker, lives, say }: Ground, leads: number): Promise<number> {
  const file = join(dir, FILLED);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return filledFile.parse(JSON.parse(kept)).rssMb;
  if ((await lastSeqOf(broker)) > 0) throw new Error(`${dir}: a run ended in the middle of its leads; delete it`);
  const startedMs = performance.now();
  let [written, saidMs] = [0, startedMs];
  await lives.write(0, leads, () => {
    written++;
    const nowMs = performance.now();
    if (nowMs - saidMs < SAID_EVERY_MS) return;
    saidMs = nowMs;
    say(`${written} of ${leads} leads, ${Math.round((written * 1_000) / (nowMs - startedMs))} a second`);
  });
  const rssMbNow = rssMb(nats.pid).now;
  await writeFile(file, JSON.stringify({ rssMb: rssMbNow } satisfies z.infer<typeof filledFile>));
  return rssMbNow;
}
