import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { silentLog } from '@leadstream/eventlog/broker';
import { dialBroker } from '@leadstream/service/dependencies';
import { VersionTaken } from '@leadstream/service/sequence-deployment';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { end, serviceArgs, spawnWatched, untilReady } from '@leadstream/testing/child';
import { freePort, startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { buildAll } from '../build-all.ts';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';

/** The folder of everything kept between two starts: data, logs, and the secrets of ids and tokens. */
const DIR = process.env['LEADSTREAM_DIR'] ?? '.leadstream';
const SERVICES = {
  ingest: 3001,
  inbound: 3002,
  triage: 3011,
  scheduler: 3012,
  sender: 3013,
  projector: 3014,
  watch: 3015,
  webhooks: 3016,
  crm: 3017,
  console: 3000,
} as const;
/** At this scale two days take 9 s. */
const LAPTOP_SCALE = '0.00005';
/** The canary's second mail follows after 12 s, so that an answer can stop it. */
const CANARY_SCALE = '0.01';

interface Options {
  realTime: boolean;
  /** All services in one process, on the port of ingest. */
  oneProcess: boolean;
  /** Two canary leads a minute, with waits that leave time for an answer. */
  canary: boolean;
  print: (text: string) => void;
}

export type LocalStack = Awaited<ReturnType<typeof startLocalStack>>;

/**
 * All servers and services on this machine, on free ports when the usual ones are taken. Disposing stops them in order.
 */
export async function startLocalStack({ realTime, oneProcess, canary, print }: Options) {
  const started = new AsyncDisposableStack();
  try {
    await mkdir(join(DIR, 'logs'), { recursive: true });
    print('building …');
    await build();
    print('starting NATS and MongoDB …');
    const [nats, mongo] = await Promise.all([
      givenOrStarted('NATS_URL', 4222, 'nats', startNats, started),
      givenOrStarted('MONGODB_URI', 27017, 'mongo', startMongo, started),
    ]);
    const sandbox = await startSandbox({ port: await usualOrFree(3900) });
    started.defer(() => sandbox.close());
    const ports = await portsOf(oneProcess);
    const url = (service: ServiceName): string => `http://127.0.0.1:${ports[service]}`;
    const scale = realTime ? '1' : canary ? CANARY_SCALE : LAPTOP_SCALE;
    const env = {
      ...(await settingsOf(nats, mongo, sandbox, url('inbound'), scale)),
      ...(canary ? canaryOf(sandbox.url, url('ingest'), realTime) : {}),
    };
    sandbox.setTargets({
      eventUrl: `${url('inbound')}/v1/sendgrid/events`,
      inboundUrl: `${url('inbound')}/v1/sendgrid/inbound/${env.INBOUND_SECRET}`,
    });
    print('starting the services …');
    await startServices(oneProcess ? { all: ports.ingest } : ports, env, started);
    await deploy(nats, print);
    await keep(env);
    if (!realTime)
      print(
        'waits are scaled down (two days take ' +
          `${(2 * 86_400 * Number(scale)).toFixed(0)} s) and business hours are ` +
          'off; --real-time changes that',
      );
    return {
      nats,
      env,
      sandbox,
      ingest: url('ingest'),
      welcome: () => welcomeOf(sandbox.url, url, ports.ingest === SERVICES.ingest),
      [Symbol.asyncDispose]: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/** For `leadctl`. */
const keep = (env: Record<string, string>): Promise<void> =>
  writeFile(
    join(DIR, 'env'),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );

/** The environment of all services, also for `leadctl`. */
async function settingsOf(nats: string, mongo: string, sandbox: Sandbox, inboundUrl: string, scale: string) {
  return {
    ...(await secrets()),
    NATS_URL: nats,
    MONGODB_URI: mongo.replace(/^(mongodb:\/\/[^/]+)\/?$/, '$1/leadstream'),
    HOST: '127.0.0.1',
    SENDGRID_API_KEY: 'SG.sandbox',
    SENDGRID_BASE_URL: sandbox.url,
    SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
    FROM_EMAIL: 'sales@leadstream.example',
    FROM_NAME: 'Sam at Leadstream',
    POSTAL_ADDRESS: '1 Example Road, Springfield',
    REPLY_DOMAIN: 'reply.leadstream.example',
    PUBLIC_URL: inboundUrl,
    SALES_REP_EMAIL: 'rep@leadstream.example',
    BOOKING_URL: 'https://booking.example/demo',
    DELAY_SCALE: scale,
    CONSOLE_LABEL: 'sandbox',
    CORS_ORIGINS: '*',
    ENRICHERS: 'domain',
    // A laptop can be switched off at any moment, and its two servers are never restored separately.
    GUARD_GAP_MS: '0',
    // Endpoints of webhooks on this machine.
    WEBHOOKS_NETWORKS: '127.0.0.0/8,::1/128',
    // No source is trusted here: a form tried twice starts a new run after a minute, and three mails a day at most.
    ...(scale === '1' ? {} : { HUNT_EVERY_MS: '200', WATCH_EVERY_MS: '1000', REENROL_AFTER: 'PT1M' }),
  };
}

/** In real time the canary is that of production: two leads an hour. */
const canaryOf = (sandbox: string, ingest: string, realTime: boolean) => ({
  CANARY_MAILBOX: 'sandbox',
  CANARY_DOMAIN: 'canary.test',
  CANARY_INGEST_URL: ingest,
  CANARY_SANDBOX_URL: sandbox,
  ...(realTime ? {} : { CANARY_EVERY: 'PT1M', CANARY_PATIENCE: 'PT15S' }),
});

type ServiceName = keyof typeof SERVICES;

const welcomeOf = (mailbox: string, url: (service: ServiceName) => string, isUsualPort: boolean): string => {
  const metrics = new Set(Object.keys(SERVICES).map((name) => `${url(name as ServiceName)}/metrics`));
  return [
    '',
    `  console       ${url('console')}`,
    `  mailbox       ${mailbox}`,
    `  post a lead   curl ${url('ingest')}/v1/leads --json ` +
      `'{"email":"you@example.com","leadData":{"source":"demo_request"}}'`,
    '  lead form     docs/form.html in a ' +
      `browser${isUsualPort ? '' : `, its data-endpoint set to ${url('ingest')}/v1/leads`}`,
    '  one lead      npm run leadctl -- lead show you@example.com',
    `  metrics       ${[...metrics].join('\n                ')}`,
    `  logs          ${DIR}/logs/`,
    '  Ctrl-C        stops it all',
    '',
  ].join('\n');
};

async function build(): Promise<void> {
  await buildAll().catch((error: unknown) => {
    throw new Error(`the build failed:\n${(error as { stdout?: string }).stdout ?? String(error)}`);
  });
}

/** A server named in the environment is used; a server that only listens on the usual port is not ours. */
async function givenOrStarted(
  name: string,
  port: number,
  dir: string,
  start: (options: { port: number; dir: string }) => Promise<Server>,
  started: AsyncDisposableStack,
): Promise<string> {
  const given = process.env[name];
  if (given) return given;
  const server = await start({ port: await usualOrFree(port), dir: resolve(DIR, dir) });
  started.defer(() => server.stop());
  return server.url;
}

function usualOrFree(port: number): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe
      .once('error', () => void freePort().then(resolve, reject))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}

async function portsOf(oneProcess: boolean): Promise<Record<ServiceName, number>> {
  const common = oneProcess && (await usualOrFree(SERVICES.ingest));
  const entries = await Promise.all(
    Object.entries(SERVICES).map(async ([name, port]) => [name, common || (await usualOrFree(port))] as const),
  );
  return Object.fromEntries(entries) as Record<ServiceName, number>;
}

/** Drawn once: with another secret the same person would be another lead. */
async function secrets() {
  const file = join(DIR, 'secrets.json');
  const draw = () => randomBytes(24).toString('hex');
  const drawn = { LEAD_ID_SECRET: draw(), TOKEN_SECRET: draw(), INBOUND_SECRET: draw(), DATA_KEYS: draw() };
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Partial<typeof drawn>) : {};
  const all = { ...drawn, ...known };
  // Secrets drawn by an older release can be fewer.
  if (Object.keys(known).length < Object.keys(drawn).length)
    await writeFile(file, JSON.stringify(all), { mode: 0o600 });
  return all;
}

async function startServices(
  ports: Record<string, number>,
  env: Record<string, string>,
  started: AsyncDisposableStack,
): Promise<void> {
  const children = Object.entries(ports).map(([name, port]) => {
    const log = join(DIR, 'logs', `${name}.log`);
    const child = spawnWatched([process.execPath, ...serviceArgs(name)], log, {
      ...env,
      PORT: String(port),
      OTEL_SERVICE_NAME: name,
    });
    return { name, port, log, child };
  });
  started.defer(async () => {
    await Promise.all(children.map(({ child }) => end(child, 'SIGTERM')));
  });
  await Promise.all(children.map(untilReady));
}

async function deploy(nats: string, print: (text: string) => void): Promise<void> {
  const broker = dialBroker({ NATS_URL: nats }, 'start', silentLog);
  try {
    await broker.ready();
    const deployed = await new SequenceStore(broker, 1).deployFolder(
      await readFolder(process.env['SEQUENCES_DIR'] ?? 'sequences'),
      { by: 'npm start' },
    );
    const news = deployed.filter(({ outcome }) => outcome === 'deployed' || outcome === 'activated');
    if (news.length > 0) print(`deployed ${news.map(({ id, version }) => `${id} v${version}`).join(', ')}`);
  } catch (error) {
    if (!(error instanceof VersionTaken)) throw error;
    print(`not deployed: ${error.message}`);
  } finally {
    await broker.close();
  }
}
