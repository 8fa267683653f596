import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseRecorded } from '@leadstream/contracts/envelope';
import { catalogue } from '@leadstream/contracts/events';
import { leadSubject } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import type { GuardRecords } from '@leadstream/eventlog/guard-record';
import type { Keyring } from '@leadstream/eventlog/keyring';
import { lastOf } from '@leadstream/eventlog/lead-messages';
import { EventLog } from '@leadstream/eventlog/log';
import { messagesTo } from '@leadstream/eventlog/read';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { liveName } from '@leadstream/projection/alias';
import { PROJECTOR } from '@leadstream/projection/collections';
import { LeadLists } from '@leadstream/projection/lists';
import { LeadQueries } from '@leadstream/projection/queries';
import type { Server } from '@leadstream/testing/servers';
import { AckPolicy, DeliverPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { cpuMs, rssMb, withPid } from './cpu.ts';
import { leadctl } from './leadctl.ts';
import type { Lives } from './lives.ts';
import { median } from './rounds.ts';

/** A server with the id of its present process. */
interface Running {
  server: Server;
  pid: number;
}

export interface Ground {
  dir: string;
  nats: Running;
  mongo: Running;
  settings: Record<string, string> & { NATS_URL: string; MONGODB_URI: string };
  broker: Broker;
  keys: Keyring;
  db: Db;
  lives: Lives;
  records: GuardRecords;
  /** Those of LEADS as the services make them. */
  consumers: ConsumerConfig[];
  serve: (service: string, over?: Record<string, string>) => Promise<{ pid: number; stop: () => Promise<void> }>;
  say: (text: string) => void;
}

export interface Look {
  name: string;
  unit: string;
  value: number;
}
const look = (name: string, unit: string, value: number): Look => ({ name, unit, value });

const ASKED = 30;
/** A command starts a process. */
const COMMANDS = 3;
const PAGE = 50;
/** nats-server keeps a file for 10 s after its last read. */
const COLD_MS = 15_000;
const COLD = 100;
const HUNTED = 500;
const LOOK_MS = 5;
/** New leads for the lag, 1.8 to 4.2 s before they are due; outside of the numbers of those that are there. */
const NEW = 200;
const NEW_FROM = 1_000_000_000;
const NEW_SCALE = '0.01';
const EVENTS_UNTIL_DUE = 3;
const NEW_PROJECTOR_EVENTS = 20_000;
const QUARTERS = [25, 50, 75, 100];

/** In an order in which no look changes what a later one weighs. */
const LOOKS = {
  weight,
  starts,
  rebuild,
  services,
  lists,
  oneLead,
  coldReads,
  verify,
  weightAfterReads,
  newConsumer,
  newProjector,
};
export type LookName = keyof typeof LOOKS;
export const lookNames = Object.keys(LOOKS) as LookName[];

/** The figures at so many leads of the looks with these names. */
export async function looked(ground: Ground, leads: number, names: readonly LookName[]): Promise<Look[]> {
  const all: Look[] = [];
  for (const name of lookNames.filter((look) => names.includes(look))) {
    ground.say(`${leads} leads: ${name} …`);
    all.push(...(await LOOKS[name](ground, leads)));
  }
  return all;
}

export async function lastSeqOf(broker: Broker): Promise<number> {
  return (await (await broker.jsm()).streams.info('LEADS')).state.last_seq;
}

const eventsOf = ({ broker }: Ground): Promise<number> => lastSeqOf(broker);

async function weight(ground: Ground, leads: number): Promise<Look[]> {
  const { dir } = ground;
  const store = join(dir, 'nats', 'jetstream', '$G', 'streams');
  return [
    look('events', 'a lead', (await eventsOf(ground)) / leads),
    look('LEADS on disk', 'bytes a lead', (await bytesOf(join(store, 'LEADS'))) / leads),
    look('KV_keys on disk', 'bytes a lead', (await bytesOf(join(store, 'KV_keys'))) / leads),
  ];
}

/** A clean restart, and one after a kill. */
async function starts(ground: Ground): Promise<Look[]> {
  const { nats, broker } = ground;
  await nats.server.stop();
  const clean = await started(nats);
  await broker.ready();
  const cleanMb = rssMb(nats.pid).now;
  await nats.server.kill();
  const killed = await started(nats);
  await broker.ready();
  return [
    look('nats-server starts', 's', clean),
    look('nats-server starts after a kill', 's', killed),
    look('nats-server after a restart', 'MB', cleanMb),
  ];
}

/** Seconds until an ended server is ready again. */
async function started(running: Running): Promise<number> {
  const startedMs = performance.now();
  running.pid = (await withPid(() => running.server.restart())).pid;
  return (performance.now() - startedMs) / 1_000;
}

const remade = z.object({ events: z.number(), failed: z.array(z.string()).length(0) });

async function rebuild(ground: Ground, leads: number): Promise<Look[]> {
  const { settings, db, mongo } = ground;
  const rss = new Map<number, number>();
  const spent = cpuOfServers(ground);
  const run = await leadctl(['projection', 'rebuild', '--json'], settings, (text, pid) => {
    const percent = Number(/(\d+) %/.exec(text)?.[1] ?? 0);
    for (const quarter of QUARTERS) if (percent >= quarter && !rss.has(quarter)) rss.set(quarter, rssMb(pid).now);
  });
  const { events } = remade.parse(JSON.parse(run.stdout));
  await db.admin().command({ fsync: 1 });
  const { storageSize, totalIndexSize } = z
    .object({ storageSize: z.number(), totalIndexSize: z.number() })
    .parse(await db.command({ collStats: await liveName(db) }));
  const loadedMb = rssMb(mongo.pid).now;
  await mongo.server.stop();
  const seconds = await started(mongo);
  await db.command({ ping: 1 });
  return [
    look('rebuild', 'events/s', events / run.seconds),
    look('rebuild, CPU with the servers', 'µs an event', ((run.cpuMs + spent()) * 1_000) / events),
    ...QUARTERS.map((quarter) => look(`rebuild, RSS at ${quarter} %`, 'MB', rss.get(quarter) ?? run.peakRssMb)),
    look('documents on disk', 'bytes a lead', storageSize / leads),
    look('their indexes', 'bytes a lead', totalIndexSize / leads),
    look('mongod after the rebuild', 'MB', loadedMb),
    look('mongod starts', 's', seconds),
  ];
}

/** Milliseconds of CPU that the servers spend until the result is called. */
function cpuOfServers({ nats, mongo }: Ground): () => number {
  const now = () => cpuMs(nats.pid) + cpuMs(mongo.pid);
  const before = now();
  return () => now() - before;
}

/** The hunter's query, and its lag with new leads, by a scheduler and a projector that are up to date. */
async function services(ground: Ground): Promise<Look[]> {
  const { broker, db, lives, serve } = ground;
  await toHead(ground);
  const queries = new LeadQueries<LeadState>(db);
  const query = await medianMs(() => queries.dueLeads(Temporal.Now.instant(), HUNTED));
  const running = [await serve('projector'), await serve('scheduler', { DELAY_SCALE: NEW_SCALE })];
  const head = await eventsOf(ground);
  await lives.write(NEW_FROM + head, NEW_FROM + head + NEW, undefined, 'new');
  while ((await eventsOf(ground)) < head + EVENTS_UNTIL_DUE * NEW) await delay(LOOK_MS);
  const lags: number[] = [];
  const only = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: head + 1 };
  for await (const message of messagesTo(broker.js(), 'LEADS', { only })) {
    const event = parseRecorded(message);
    if (event.type === 'lead.step-due') lags.push(event.data.lagMs);
  }
  for (const { stop } of running) await stop();
  return [
    look('hunter’s query', 'ms', query),
    look(`hunter’s lag of ${NEW} leads, p50`, 'ms', median(lags)),
    look(`hunter’s lag of ${NEW} leads, most`, 'ms', Math.max(...lags)),
  ];
}

/** Gives each consumer the place behind the newest event, as if its service had run all the time. */
async function toHead(ground: Ground): Promise<void> {
  const { consumers } = await ground.broker.jsm();
  const opt_start_seq = (await eventsOf(ground)) + 1;
  for (const config of ground.consumers) {
    await consumers.delete('LEADS', config.durable_name ?? '').catch(() => false);
    await consumers.add('LEADS', { ...config, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq });
  }
}

async function lists({ db }: Ground): Promise<Look[]> {
  const lists = new LeadLists(db);
  const last = (await lists.list({}, PAGE)).at(-1);
  return [
    look('first page of the list', 'ms', await medianMs(() => lists.list({}, PAGE))),
    look('next page', 'ms', await medianMs(() => lists.list({}, PAGE, last))),
    look('first page of those that wait', 'ms', await medianMs(() => lists.list({ status: 'active' }, PAGE))),
    look('first page of a search', 'ms', await medianMs(() => lists.list({ search: 'doe 7' }, PAGE))),
    look('count up to 10,000', 'ms', await medianMs(() => lists.count({}))),
  ];
}

async function oneLead({ broker, keys, lives, settings }: Ground, leads: number): Promise<Look[]> {
  const log = new EventLog<LeadState>(broker, leadFold, { source: 'bench', now: () => Temporal.Now.instant(), keys });
  const any = () => lives.idOf(Math.floor(Math.random() * leads));
  const seconds: number[] = [];
  for (let asked = 0; asked < COMMANDS; asked++)
    seconds.push((await leadctl(['lead', 'show', any(), '--json'], settings)).seconds);
  return [
    look('lead show, its reads', 'ms', await medianMs(() => log.history(any()))),
    look('lead show, the command', 's', median(seconds)),
  ];
}

/**
 * Reads of single events in files that nats-server has no longer in its memory. An append reads the lead's last event
 * likewise, to compare it with the expectation.
 */
async function coldReads({ broker, lives, nats }: Ground, leads: number): Promise<Look[]> {
  await delay(COLD_MS);
  const beforeMs = cpuMs(nats.pid);
  for (let read = 0; read < COLD; read++)
    await lastOf(broker, lives.idOf(Math.floor(Math.random() * leads)), 'replica');
  return [look('a read of an old event, CPU of nats-server', 'ms', (cpuMs(nats.pid) - beforeMs) / COLD)];
}

const verified = z.object({ events: z.number(), proven: z.literal(true) });

async function verify(ground: Ground): Promise<Look[]> {
  const { broker, settings } = ground;
  // These leads' outcomes were published by nobody.
  await (await broker.jsm()).streams.delete('PUBLIC');
  const spent = cpuOfServers(ground);
  const run = await leadctl(['verify', '--json', '--overdue', 'P1D'], settings);
  const { events } = verified.parse(JSON.parse(run.stdout));
  return [
    look('verify', 'events/s', events / run.seconds),
    look('verify, CPU with the servers', 'µs an event', ((run.cpuMs + spent()) * 1_000) / events),
    look('verify, peak RSS', 'MB', run.peakRssMb),
  ];
}

function weightAfterReads({ nats, mongo }: Ground): Promise<Look[]> {
  return Promise.resolve([
    look('nats-server after verify', 'MB', rssMb(nats.pid).now),
    look('mongod after verify', 'MB', rssMb(mongo.pid).now),
  ]);
}

/** One that another service would add, of some types. */
async function newConsumer({ broker }: Ground): Promise<Look[]> {
  const { consumers } = await broker.jsm();
  const filter_subjects = (['lead.sent', 'lead.replied'] as const).map((type) =>
    leadSubject('*', catalogue[type].token),
  );
  const durable_name = 'bench';
  const took: number[] = [];
  for (let asked = 0; asked < COMMANDS; asked++) {
    const startedMs = performance.now();
    await consumers.add('LEADS', { durable_name, ack_policy: AckPolicy.Explicit, filter_subjects });
    took.push(performance.now() - startedMs);
    await consumers.delete('LEADS', durable_name);
  }
  return [look('new consumer of two types', 'ms', median(took))];
}

/** A projector with a new database: the time until it is ready, and its speed with the first events. */
async function newProjector(ground: Ground): Promise<Look[]> {
  const { broker, db, records, serve, settings } = ground;
  const { consumers } = await broker.jsm();
  const end = Math.min(NEW_PROJECTOR_EVENTS, await eventsOf(ground));
  await consumers.delete('LEADS', PROJECTOR);
  // Otherwise the restore guard holds a database that has not seen the log.
  await records.change((now) => now && { ...now, witnessed: false });
  const startedMs = performance.now();
  const { stop } = await serve('projector', { MONGODB_URI: settings.MONGODB_URI.replace(/leadstream$/, 'fresh') });
  const ready = (performance.now() - startedMs) / 1_000;
  const acked = async () =>
    (await consumers.info('LEADS', PROJECTOR).catch(() => undefined))?.ack_floor.stream_seq ?? 0;
  while ((await acked()) === 0) await delay(LOOK_MS);
  const first = performance.now();
  while ((await acked()) < end) await delay(LOOK_MS);
  const perSecond = (end * 1_000) / (performance.now() - first);
  await stop();
  await db.client.db('fresh').dropDatabase();
  return [
    look('new projector is ready', 's', ready),
    look(`new projector, first ${NEW_PROJECTOR_EVENTS} events`, 'events/s', perSecond),
  ];
}

async function medianMs(ask: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let asked = 0; asked < ASKED; asked++) {
    const startedMs = performance.now();
    await ask();
    took.push(performance.now() - startedMs);
  }
  return median(took);
}

async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
