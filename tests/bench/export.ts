import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { stoodAt } from '@leadstream/leadctl/export/as-of';
import { openDuck } from '@leadstream/leadctl/export/duck';
import { readManifest } from '@leadstream/leadctl/export/folder';
import { openExport } from '@leadstream/leadctl/export/queried';
import { startNats } from '@leadstream/testing/servers';
import { publishLives, runsOf } from './histories.ts';
import { scratchFolder } from './scratch.ts';

const EVENTS_OF_LEAD = 12;
/** The process's peak memory, told at its end. */
const TELL = `process.on('exit', () => process.stderr.write('\\npeak ' + process.resourceUsage().maxRSS + '\\n'))`;
const LOOK_MS = 50;

export interface ExportOptions {
  events: number;
  abreast: number;
}

interface Run {
  seconds: number;
  peakRssMb: number;
}

/** One export, the same one killed twice and resumed, and queries of it. */
export async function benchExport(started: AsyncDisposableStack, { events, abreast }: ExportOptions) {
  const dir = await scratchFolder(started);
  const nats = await startNats();
  started.defer(() => nats.stop());
  const leads = Math.ceil(events / EVENTS_OF_LEAD);
  await fill(nats.url, leads, abreast);
  const [whole, killed] = [join(dir, 'whole'), join(dir, 'killed')];
  const once = await exported(nats.url, whole);
  const parts = Math.ceil((leads * EVENTS_OF_LEAD) / 100_000);
  const kills = [await killedAt(nats.url, killed, parts * 0.3), await killedAt(nats.url, killed, parts * 0.6)];
  const resumed = await exported(nats.url, killed);
  const isSame = (await digest(whole)) === (await digest(killed));
  return {
    events: leads * EVENTS_OF_LEAD,
    leads,
    abreast,
    export: { ...once, perSecond: Math.round((leads * EVENTS_OF_LEAD) / once.seconds), megabytes: await sizeOf(whole) },
    killedAfterParts: kills,
    resumed,
    isSame,
    queries: await queries(whole),
  };
}

async function fill(url: string, leads: number, abreast: number): Promise<void> {
  const broker = Broker.open({ servers: url, name: 'bench' }, silentLog);
  try {
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    for (const portion of runsOf(leads, abreast)) await publishLives(broker.connection(), portion);
  } finally {
    await broker.close();
  }
}

function start(url: string, folder: string) {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@leadstream/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(TELL)}`,
      'apps/leadctl/src/main.ts',
      'export',
      folder,
    ],
    { env: { ...process.env, NATS_URL: url }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  process.once('exit', () => child.kill());
  return child;
}

async function exported(url: string, folder: string): Promise<Run> {
  const startedMs = performance.now();
  const child = start(url, folder);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(said);
  return {
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    peakRssMb: Math.round(Number(/peak (\d+)/.exec(said)?.[1]) / 1_024),
  };
}

/** Kills the export in the part after so many; resolves to the number of parts that are there. */
async function killedAt(url: string, folder: string, parts: number): Promise<number> {
  const child = start(url, folder);
  const exit = once(child, 'exit');
  const made = async () => Object.keys((await readManifest(folder))?.parts ?? {}).length;
  while ((await made()) < parts) await delay(LOOK_MS);
  child.kill('SIGKILL');
  await exit;
  return made();
}

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();

async function digest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of await filesIn(folder)) hash.update(name).update(await readFile(folder + name));
  return hash.digest('hex');
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesIn(folder)).map(async (name) => (await stat(folder + name)).size));
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e5) / 10;
}

/** Milliseconds of each query, in a process that has the export open. */
async function queries(folder: string): Promise<Record<string, number>> {
  using opened = new DisposableStack();
  const duck = await openDuck(opened);
  await openExport(duck, folder);
  const took: Record<string, number> = {};
  const measure = async (name: string, work: () => Promise<unknown>) => {
    const startedMs = performance.now();
    await work();
    took[name] = Math.round(performance.now() - startedMs);
  };
  for (const sql of [
    'SELECT count(*) FROM events',
    'SELECT event_type, count(*) FROM events GROUP BY ALL',
    'SELECT * FROM reply_rate_by_step',
    'SELECT * FROM reply_rate_by_hour',
    'SELECT * FROM funnel_by_source',
    `SELECT * FROM events WHERE lead_id = 'lead-77'`,
  ])
    await measure(sql, () => duck.runAndReadAll(sql));
  const [middle] = (await duck.runAndReadAll('SELECT quantile_disc(time, 0.5) AS at FROM events')).getRowObjectsJson();
  const at = middle?.['at'];
  const instant = Temporal.Instant.from(typeof at === 'string' ? at : '').toString();
  await measure('leads --as-of, by known', () => stoodAt(duck, instant, 'known', { status: 'active' }, 50));
  await measure('leads --as-of, by said', () => stoodAt(duck, instant, 'said', { status: 'active' }, 50));
  return took;
}
