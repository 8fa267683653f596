import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { chromiumArgs, chromiumPath } from '@leadstream/testing/browser';
import { serviceArgs } from '@leadstream/testing/child';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { chromium, type Page } from 'playwright-core';
import { fillLeads, idOf } from './console-leads.ts';
import { looks, type Looks } from './console-looks.ts';
import { rssMb } from './cpu.ts';
import { logOfRuns, publishLives } from './histories.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';

/** Leads with a log, for the page of one: the newest of the list. */
const LOGGED = 500;
const EVENTS_OF_LEAD = 12;
const EVENTS_PER_SECOND = 20;
const SAMPLES = 5;

export interface ConsoleOptions {
  leads: number;
  rounds: number;
  tabs: number;
  minutes: number;
}
export interface ConsoleFound {
  ms: Looks;
  /** `during`: five times at equal distances, from the last tab's connection to the end. */
  rssMb: { before: number; during: number[]; peak: number };
  events: number;
}

/** The page at so many leads in a real browser, and the process's memory while so many tabs read the log. */
export async function benchConsole(
  started: AsyncDisposableStack,
  { leads, rounds, tabs, minutes }: ConsoleOptions,
): Promise<ConsoleFound> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('no Chromium on PATH; set CHROMIUM_BIN');
  const log = logOfRuns(LOGGED + Math.ceil((minutes * 60 * EVENTS_PER_SECOND) / EVENTS_OF_LEAD)).map((event) => ({
    ...event,
    leadId: idOf(Number(event.leadId.replace('lead-', ''))),
  }));
  const [logged, rest] = [log.slice(0, LOGGED * EVENTS_OF_LEAD), log.slice(LOGGED * EVENTS_OF_LEAD)];
  const { nc, mongoUri, env } = await startServers(started);
  await publishLives(nc, logged);
  await using client = await new MongoClient(mongoUri).connect();
  await fillLeads(client.db(), leads);
  const dir = await scratchFolder(started);
  const { pid } = await startService(serviceArgs('console'), env, join(dir, 'console.log'), started);
  const url = `http://127.0.0.1:${env.PORT}`;
  const ms = await looks(await opened(executablePath, started), url, rounds);
  const before = rssMb(pid).now;
  // The page has a stream of its own.
  for (let tab = 1; tab < tabs; tab++) started.defer(await listen(`${url}/v1/events`));
  const during = await publishing(nc, rest, () => rssMb(pid).now);
  return { ms, rssMb: { before: Math.round(before), during, peak: Math.round(rssMb(pid).peak) }, events: rest.length };
}

/** Publishes the events at their rate; the answer is what `sample` found meanwhile. */
async function publishing(nc: NatsConnection, events: readonly Recorded[], sample: () => number): Promise<number[]> {
  const seconds = Math.ceil(events.length / EVENTS_PER_SECOND);
  const sampledAt = new Set(
    Array.from({ length: SAMPLES }, (_, index) => Math.floor((seconds * index) / (SAMPLES - 1))),
  );
  const found: number[] = [];
  const look = (second: number): void => {
    if (!sampledAt.has(second)) return;
    const mb = Math.round(sample());
    found.push(mb);
    console.error(`second ${second} of ${seconds}: ${mb} MB`);
  };
  const startMs = performance.now();
  for (let second = 0; second < seconds; second++) {
    look(second);
    // The console keeps and counts events of the last hour by this time.
    const at = new Date().toISOString();
    const next = events.slice(second * EVENTS_PER_SECOND, (second + 1) * EVENTS_PER_SECOND);
    await publishLives(
      nc,
      next.map((event) => ({ ...event, at })),
    );
    await delay(Math.max(0, startMs + (second + 1) * 1_000 - performance.now()));
  }
  look(seconds);
  return found;
}

async function startServers(started: AsyncDisposableStack) {
  const [nats, mongo, port] = await Promise.all([startNats(), startMongo(), freePort()]);
  started.defer(() => nats.stop());
  started.defer(() => mongo.stop());
  const broker = Broker.open({ servers: nats.url, name: 'bench' }, silentLog);
  started.defer(() => broker.close());
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE'] });
  const nc: NatsConnection = await connect({ servers: nats.url });
  started.defer(() => nc.close());
  const mongoUri = `${mongo.url}/leadstream`;
  const env = {
    NATS_URL: nats.url,
    MONGODB_URI: mongoUri,
    HOST: '127.0.0.1',
    PORT: String(port),
    CONSOLE_TOKENS: '',
  };
  return { nc, mongoUri, env };
}

async function opened(executablePath: string, started: AsyncDisposableStack): Promise<Page> {
  const browser = await chromium.launch({ executablePath, args: chromiumArgs() });
  started.defer(() => browser.close());
  return await (await browser.newContext({ viewport: { width: 1_440, height: 900 } })).newPage();
}

/** A reader of events, as a tab of another browser is one; the function ends it. */
const listen = (url: string): Promise<() => void> =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`events: ${answer.statusCode}`));
      answer.resume().on('error', () => undefined);
      resolve(() => request.destroy());
    });
    request.on('error', reject);
  });
