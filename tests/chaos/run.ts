import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Esp } from '@leadstream/contracts/events';
import { logStreams, type LogStream } from '@leadstream/contracts/streams';
import { silentLog } from '@leadstream/eventlog/broker';
import { provisioned } from '@leadstream/eventlog/testing/provisioned';
import { dialBroker, dialDb } from '@leadstream/service/dependencies';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import { exampleSettings } from '@leadstream/testing/example-settings';
import type { Processes } from '@leadstream/testing/processes';
import { freePort, startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import type { Db } from 'mongodb';
import { buildAll } from '../../tools/build-all.ts';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';
import { drawCrowd, submit } from './crowd.ts';
import { exported, gather, strays, unrest, type Unrest } from './evidence.ts';
import { Fleet, INSTANCES, serverVictim, type Size, type Victim } from './fleet.ts';
import { killAround, sum, troubleEsp, type Strikes, type Tally } from './kills.ts';
import { Mailbox } from './mailbox.ts';
import { Operators } from './operators.ts';
import type { Result } from './report.ts';

export interface Options {
  /** Repeats who comes, what is killed and when, and how the ESP fails; not how the processes interleave. */
  seed: number;
  leads: number;
  /** The time during which processes are killed. */
  seconds: number;
  processes: Processes;
  /** The number of the log's streams; 1 by default. */
  partitions?: number;
  /** The longest time that a server or service is frozen, in seconds; 0: none is. */
  frozen: number;
  /** The delay of NATS and MongoDB after the services' start, one after the other, in seconds; 0: before them. */
  absent: number;
  /** Whether operators give commands to the leads meanwhile. */
  operators?: boolean;
  /** The provider; SendGrid by default. */
  esp?: Esp;
  /** The provider that a rolling restart changes to, in the middle of the time. */
  switch?: Esp | undefined;
  /** The folder for the logs of all processes, and for the leads' log as leads.ndjson; by default they are deleted. */
  logs?: string;
}

export const SETTINGS = exampleSettings('faults');
export const REP = SETTINGS.SALES_REP_EMAIL;
const HURRIED = {
  LOG_LEVEL: 'info',
  INGEST_RATE_PER_MINUTE: '0',
  // Two days are 7 s: some kills are always between a lead's two mails.
  DELAY_SCALE: '0.00004',
  HUNT_EVERY_MS: '200',
  BOUNCE_RATE_MAX: '1',
  COMPLAINT_RATE_MAX: '1',
  ESP_TIMEOUT_MS: '3000',
  ESP_BREAKER_RESET_MS: '500',
  RETRY_BASE_MS: '50',
};
/**
 * Longer than a claim's deadline, the watchdogs and a first deferral: what was cut off is swept instead of waited for.
 */
const LATER = 'PT20M';
/** Longer than a mailbox's day. */
const TOMORROW = 'PT25H';
/** The ack wait: messages of a killed consumer are redelivered after it, instead of 30 s. */
const ACK_WAIT_MS = 5_000;
/**
 * The run does not come to rest when work is left and the log has had no new event for so long. Longer than a first
 * deferral (5 minutes): the last restarts on a loaded machine can open the breaker once more.
 */
const STANDSTILL_MS = 360_000;
/** Thousands of webhooks wait while inbound is down: without longer delays their posts leave it no time to answer. */
const WEBHOOK_DELAYS_MS = [200, 400, 800, 1_500, 3_000, 6_000, ...Array.from({ length: 20 }, () => 12_000)];

/**
 * One rehearsal of the worst day: leads come in while everything is killed; then it is quiet, and all that was seen is
 * gathered.
 */
export async function run(
  {
    seed,
    leads,
    seconds,
    processes,
    partitions = 1,
    frozen,
    absent,
    operators = false,
    logs,
    esp: first = 'sendgrid',
    switch: next,
  }: Options,
  say: (text: string) => void,
  interrupted: AbortSignal,
): Promise<Result> {
  const startedMs = performance.now();
  await using started = new AsyncDisposableStack();
  const stopped = new AbortController();
  const signal = AbortSignal.any([interrupted, stopped.signal]);
  const crowd = drawCrowd(seed, leads, seconds);
  const deployment = await startDeployment(started, say, {
    logs,
    processes,
    partitions,
    esp: first,
    absent: { seconds: absent, first: seed % 2 === 0 ? 'nats' : 'mongo' },
  });
  const { fleet, victims, nc, jsm, db, esp } = deployment;
  const mailbox = new Mailbox(deployment.sandbox, esp, crowd);
  const watching = mailbox.watch(signal);
  started.defer(() => {
    stopped.abort();
    return watching;
  });
  const desk = operators ? await Operators.start(nc.getServer(), SETTINGS, { seed, crowd }, started) : undefined;

  say(`${leads} leads come in ${seconds} s, and things are killed …`);
  const doors = { ingestUrl: fleet.url('ingest'), js: jetstream(nc) };
  const submissions = crowd.flatMap((person) => person.submissions);
  const handedIn = Promise.all(
    submissions.map((submission) =>
      delay(submission.atMs, undefined, { signal }).then(() => submit(submission, doors, signal)),
    ),
  );
  const [kills, faults] = await Promise.all([
    strikes({ seed, seconds, frozen }, [...victims, ...(desk?.victims ?? [])], { fleet, first, next, say }, signal),
    troubleEsp(seed, seconds, esp, signal),
    handedIn,
    desk?.work(signal),
  ]);
  await desk?.endPauses(seed, signal);

  const unfinished = await finish(deployment, mailbox, say, signal);
  const seen = await gather(crowd, SETTINGS, { nc, db, mailbox }, desk?.orders);
  if (logs) await writeFile(join(logs, 'leads.ndjson'), exported(seen));
  const esps = next === undefined ? first : `${first} --switch ${next}`;
  return {
    seed,
    setting: `--processes ${processes} --partitions ${partitions} --esp ${esps}`,
    seen,
    submissions: submissions.length,
    kills,
    faults,
    mails: mailbox.mails.size,
    deploymentFaults: await faultsOf(unfinished, jsm, strays(crowd, SETTINGS.LEAD_ID_SECRET, REP, mailbox)),
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  };
}

/** Lets the services finish, with clocks that are ahead of what holds a lead; what is still left is returned. */
export async function finish(
  deployment: Pick<ChaosDeployment, 'fleet' | 'jsm' | 'db' | 'log' | 'streams'>,
  mailbox: Mailbox,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  say(`all services are killed once more and wake up ${LATER} later; waiting until nothing is left to do …`);
  const { fleet } = deployment;
  await fleet.wakeUpLater(LATER);
  const { busy, later } = await untilAtRest(deployment, mailbox, signal, LATER);
  if (busy.length > 0 || later.length === 0) return busy;
  say(`${later.length} leads wait for another day; all services wake up ${TOMORROW} later …`);
  await fleet.wakeUpLater(TOMORROW);
  const tomorrow = await untilAtRest(deployment, mailbox, signal, TOMORROW);
  return [...tomorrow.busy, ...tomorrow.later];
}

export async function faultsOf(
  busy: readonly string[],
  jsm: JetStreamManager,
  stray: readonly string[],
): Promise<string[]> {
  const quarantined = (await jsm.streams.info('QUARANTINE')).state.messages;
  return [
    ...busy.slice(0, 20).map((what) => `does not come to rest: ${what}`),
    ...stray,
    ...(quarantined > 0 ? [`${quarantined} messages are quarantined`] : []),
  ];
}

/** Kills for `seconds`; where the provider is changed, in two halves around the rolling restart. */
async function strikes(
  { seed, seconds, frozen }: Strikes & { seed: number },
  victims: readonly Victim[],
  { fleet, first, next, say }: { fleet: Fleet; first: Esp; next: Esp | undefined; say: (text: string) => void },
  signal: AbortSignal,
): Promise<Tally> {
  if (next === undefined) return killAround(seed, { seconds, frozen }, victims, signal);
  const half = { seconds: seconds / 2, frozen };
  const before = await killAround(seed, half, victims, signal);
  say(`${first} is replaced by ${next} …`);
  await fleet.switchTo(next);
  return sum(before, await killAround(seed + 1, half, victims, signal));
}

export interface ChaosDeployment {
  fleet: Fleet;
  victims: Victim[];
  sandbox: Awaited<ReturnType<typeof startSandbox>>;
  esp: ReturnType<typeof sandboxClient>;
  nc: NatsConnection;
  jsm: JetStreamManager;
  db: Db;
  log: readonly LogStream[];
  /** The streams that the services consume: INTAKE, those of the log, FEEDBACK. */
  streams: readonly string[];
  /** The addresses of the servers, by the names of the services' variables. */
  urls: { NATS_URL: string; MONGODB_URI: string };
}

interface Setting {
  logs?: string | undefined;
  absent?: { seconds: number; first: keyof Servers };
  /** The number of concurrent posts of each webhook by the ESP. */
  repeatEvents?: number;
  /** The provider; SendGrid by default. */
  esp?: Esp;
  /** The services of a process; each one alone by default. */
  processes?: Processes;
  /** The number of the log's streams. */
  partitions?: number;
  /** The number of processes of each kind. */
  instances?: number | undefined;
  /** The folder of the build whose services and sequences are deployed; this checkout by default. */
  folder?: string;
  /** Overrides of the services' environment. */
  env?: (espUrl: string) => Promise<Record<string, string>>;
}

interface Servers {
  nats: Server;
  mongo: Server;
}

export async function startDeployment(
  started: AsyncDisposableStack,
  say: (text: string) => void,
  {
    logs,
    absent,
    repeatEvents = 2,
    processes = 'six',
    partitions = 1,
    instances = INSTANCES,
    esp = 'sendgrid',
    folder = '.',
    env,
  }: Setting,
): Promise<ChaosDeployment> {
  say('building and starting …');
  await buildAll();
  const dir = logs ?? (await mkdtemp(join(tmpdir(), 'leadstream-faults-')));
  await mkdir(dir, { recursive: true });
  if (!logs) started.defer(() => rm(dir, { recursive: true, force: true }));
  const ports = { nats: await freePort(), mongo: await freePort() };
  const store = await storeWithLog(partitions, started);
  const begin = {
    nats: () => stoppedBy(started, startNats({ port: ports.nats, ...store })),
    mongo: () => stoppedBy(started, startMongo({ port: ports.mongo })),
  };
  const sandbox = await startSandbox({ repeatEvents, retryDelaysMs: WEBHOOK_DELAYS_MS });
  started.defer(() => sandbox.close());
  const [natsUrl, mongoUri] = [`nats://127.0.0.1:${ports.nats}`, `mongodb://127.0.0.1:${ports.mongo}/leadstream`];
  const urls = { NATS_URL: natsUrl, MONGODB_URI: mongoUri };
  const fleet = await assemble(
    dir,
    { ...urls, ...(await env?.(sandbox.url)) },
    sandbox,
    { processes, instances, esp, folder },
    started,
  );
  const { nats, mongo } = await startInOrder(fleet, begin, absent);
  await deploy(natsUrl, join(folder, 'sequences'));
  const nc = await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  started.defer(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const log = logStreams(partitions);
  const streams = ['INTAKE', ...log.map(({ stream }) => stream), 'FEEDBACK'];
  await redeliverSoon(jsm, streams);
  const victims = [...fleet.services, serverVictim('nats-server', nats), serverVictim('mongod', mongo)];
  return {
    fleet,
    victims,
    sandbox,
    esp: sandboxClient(sandbox.url),
    nc,
    jsm,
    log,
    streams,
    urls,
    db: dialDb({ MONGODB_URI: mongoUri }, 'faults', silentLog, started).db,
  };
}

/** All services, not started yet, with their webhooks' addresses at the ESP. */
async function assemble(
  dir: string,
  env: Record<string, string>,
  sandbox: ChaosDeployment['sandbox'],
  size: Size,
  started: AsyncDisposableStack,
): Promise<Fleet> {
  const settings = {
    ...SETTINGS,
    ...HURRIED,
    SENDGRID_BASE_URL: sandbox.url,
    SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
    POSTMARK_BASE_URL: sandbox.url,
    POSTMARK_SERVER_TOKEN: 'token-of-the-faults',
    POSTMARK_WEBHOOK_LOGINS: sandbox.login,
    MAILGUN_BASE_URL: sandbox.url,
    MAILGUN_DOMAIN: 'mg.acme.example',
    MAILGUN_API_KEY: 'key-of-the-faults',
    MAILGUN_SIGNING_KEYS: sandbox.secret,
    SMTP_HOST: sandbox.smtp.host,
    SMTP_PORT: String(sandbox.smtp.port),
    SMTP_TLS: 'none',
  };
  const fleet = await Fleet.assemble(
    dir,
    ({ inbound }) => ({ ...settings, PUBLIC_URL: inbound, ...env }),
    started,
    size,
  );
  const inbound = fleet.url('inbound');
  sandbox.setTargets({
    eventUrl: `${inbound}/v1/sendgrid/events`,
    inboundUrl: `${inbound}/v1/sendgrid/inbound/${SETTINGS.INBOUND_SECRET}`,
  });
  started.defer(() => fleet.kill());
  return fleet;
}

/** The last sequences of the log's streams. */
async function endOfLog({ jsm, log }: Pick<ChaosDeployment, 'jsm' | 'log'>): Promise<string> {
  return (await Promise.all(log.map(({ stream }) => jsm.streams.info(stream))))
    .map(({ state }) => state.last_seq)
    .join();
}

/** A log of several streams for the server's start: services that wait for NATS make one of one stream at once. */
async function storeWithLog(partitions: number, started: AsyncDisposableStack): Promise<{ dir?: string }> {
  if (partitions === 1) return {};
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-log-'));
  started.defer(() => rm(dir, { recursive: true, force: true }));
  const nats = await startNats({ dir });
  await provisioned(nats.url, partitions);
  await nats.stop();
  return { dir };
}

async function stoppedBy(started: AsyncDisposableStack, starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  started.defer(() => server.stop());
  return server;
}

async function startInOrder(
  fleet: Fleet,
  begin: { nats: () => Promise<Server>; mongo: () => Promise<Server> },
  absent: Setting['absent'],
): Promise<Servers> {
  if (!absent?.seconds) {
    const [nats, mongo] = await Promise.all([begin.nats(), begin.mongo()]);
    await fleet.start();
    return { nats, mongo };
  }
  const late: Partial<Servers> = {};
  await fleet.start(async () => {
    for (const name of absent.first === 'nats' ? (['nats', 'mongo'] as const) : (['mongo', 'nats'] as const)) {
      await delay(absent.seconds * 1_000);
      late[name] = await begin[name]();
    }
  });
  const { nats, mongo } = late;
  if (!nats || !mongo) throw new Error('a server was not started');
  return { nats, mongo };
}

/** Deploys the sequences before the schedulers could: all of them exist from the start. */
async function deploy(natsUrl: string, folder: string): Promise<void> {
  const broker = dialBroker({ NATS_URL: natsUrl }, 'faults', silentLog);
  try {
    await broker.ready();
    await new SequenceStore(broker, 1).deployFolder(await readFolder(folder));
  } finally {
    await broker.close();
  }
}

async function redeliverSoon(jsm: JetStreamManager, streams: readonly string[]): Promise<void> {
  for (const stream of streams) {
    for await (const { name } of jsm.consumers.list(stream))
      await jsm.consumers.update(stream, name, { ack_wait: nanos(ACK_WAIT_MS) });
  }
}

/** The work that was still going on at the time limit, normally none, and what waits for a later day than `offset`. */
export async function untilAtRest(
  deployment: Pick<ChaosDeployment, 'jsm' | 'db' | 'log' | 'streams'>,
  mailbox: Mailbox,
  signal: AbortSignal,
  offset = 'PT0S',
): Promise<Unrest> {
  const aheadMs = Temporal.Duration.from(offset).total('milliseconds');
  let found: Unrest = { busy: ['not looked yet'], later: [] };
  let quiet = 0;
  let last = '';
  for (
    let deadline = performance.now() + STANDSTILL_MS;
    performance.now() < deadline && quiet < 3;
    await delay(500, undefined, { signal })
  ) {
    // A busy machine answers late, and later.
    found = await unrest(deployment, mailbox, Date.now() + aheadMs).catch((error: unknown) => ({
      busy: [String(error)],
      later: [],
    }));
    const now = await endOfLog(deployment).catch(() => last);
    if (now !== last) deadline = performance.now() + STANDSTILL_MS;
    quiet = found.busy.length === 0 && now === last ? quiet + 1 : 0;
    last = now;
  }
  return found;
}
