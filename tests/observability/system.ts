import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@leadstream/eventlog/broker';
import { dialBroker } from '@leadstream/service/dependencies';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import type { SandboxClient } from '@leadstream/sandbox-esp/client';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { eventually } from '@leadstream/testing/eventually';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { nanos } from '@nats-io/transport-node';
import { buildAll } from '../../tools/build-all.ts';
import { Service, serverVictim, type Victim } from '../chaos/fleet.ts';
import { withTexts } from '../e2e/texted.ts';
import { startEndpoint, type EndpointSystem } from './endpoint.ts';
import { startSandboxProcess } from './sandboxes.ts';

const SERVICES = [
  'ingest',
  'inbound',
  'triage',
  'scheduler',
  'sender',
  'projector',
  'webhooks',
  'crm',
  'watch',
  'console',
] as const;
export type ServiceName = (typeof SERVICES)[number];
export const PARTS = [...SERVICES, 'nats', 'mongodb', 'provider', 'gateway'] as const;
export type Part = (typeof PARTS)[number];

const SETTINGS = exampleSettings('alerts');
const TRUSTED_KEY = 'the key of a caller that has consents';
const FORM_KEY = 'the key of a form that anybody fills in';
/** Headers of a form’s post, and of a caller’s that has consents. */
export const AS_FORM = { 'x-api-key': FORM_KEY };
export const AS_TRUSTED = { 'x-api-key': TRUSTED_KEY };
const keyAs = (name: string, key: string): string => `${name}:sha256:${createHash('sha256').update(key).digest('hex')}`;
/** Waits of the services in proportion to the rules' minutes, which are seconds here. */
const HURRIED = {
  LOG_LEVEL: 'info',
  INGEST_RATE_PER_MINUTE: '0',
  INGEST_API_KEYS: `${keyAs('crm', TRUSTED_KEY)},${keyAs('form', FORM_KEY)}`,
  TRUSTED_SOURCES: 'ingest/crm',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(31)}1`,
  TWILIO_API_SECRET: 'auth-token-of-the-alerts',
  TWILIO_FROM: '+15005550006',
  TWILIO_RATE_PER_SECOND: '1000',
  TWILIO_AUTH_TOKENS: 'sandbox-webhook-signing-key',
  WEBHOOKS_NETWORKS: '127.0.0.0/8',
  DELAY_SCALE: '0.00005',
  HUNT_EVERY_MS: '200',
  HUNT_STAYING_MS: '6000',
  WATCH_EVERY_MS: '500',
  REENROL_AFTER: 'PT1M',
  GUARD_GAP_MS: '0',
  BOUNCE_RATE_MAX: '1',
  COMPLAINT_RATE_MAX: '1',
  ESP_TIMEOUT_MS: '2000',
  ESP_BREAKER_RESET_MS: '2000',
  ESP_TRY_EVERY_MS: '5000',
  RETRY_BASE_MS: '50',
};
/** A message in the hands of a killed process comes again after it, instead of after 30 s. */
const ACK_WAIT_MS = 5_000;

export interface System {
  ingest: string;
  inbound: string;
  esp: SandboxClient;
  /** The gateway of texts. */
  gateway: SandboxClient;
  endpoint: EndpointSystem;
  parts: Readonly<Record<Part, Victim>>;
  /** The environment of all services, which a process reads when it is started. */
  env: Record<string, string>;
  /** Resolves once the service is ready. */
  ready: (name: ServiceName) => Promise<void>;
  watch: string;
  sandbox: string;
  /** Host and port of each process's metrics. */
  targets: Readonly<Record<ServiceName, string>>;
}

/** One process of each service, on servers and a provider of their own; all of them can be killed and frozen. */
export async function startSystem(
  logs: string | undefined,
  started: AsyncDisposableStack,
  settings: (urls: { ingest: string; sandbox: string }) => Record<string, string> = () => ({}),
): Promise<System> {
  await buildAll();
  const dir = logs ?? (await mkdtemp(join(tmpdir(), 'leadstream-alerts-')));
  await mkdir(dir, { recursive: true });
  if (!logs) started.defer(() => rm(dir, { recursive: true, force: true }));
  const [nats, mongo] = await Promise.all([startNats(), startMongo()]);
  started.defer(() => Promise.all([nats.stop(), mongo.stop()]).then(() => undefined));
  const ports = await freePorts();
  const url = (name: ServiceName): string => `http://127.0.0.1:${ports[name]}`;
  const own = { dir, inbound: url('inbound'), inboundSecret: SETTINGS.INBOUND_SECRET };
  const provider = await startSandboxProcess({ kind: 'sandbox-esp', ...own }, started);
  const gateway = await startSandboxProcess({ kind: 'gateway', ...own }, started);
  const env: Record<string, string> = {
    ...SETTINGS,
    ...HURRIED,
    NATS_URL: nats.url,
    MONGODB_URI: `${mongo.url}/leadstream`,
    SENDGRID_BASE_URL: provider.url,
    SENDGRID_EVENT_PUBLIC_KEYS: await provider.client.publicKey(),
    TWILIO_BASE_URL: gateway.url,
    PUBLIC_URL: url('inbound'),
    ...settings({ ingest: url('ingest'), sandbox: provider.url }),
  };
  const services = await startServices({ dir, ports, env }, started);
  await prepare(nats.url);
  const endpoint = await startEndpoint(env, started);
  return {
    ingest: url('ingest'),
    inbound: url('inbound'),
    esp: provider.client,
    gateway: gateway.client,
    endpoint,
    env,
    ready: (name) => services[name].ready(),
    watch: url('watch'),
    sandbox: provider.url,
    parts: {
      ...services,
      nats: serverVictim('nats', nats),
      mongodb: serverVictim('mongodb', mongo),
      provider: provider.victim,
      gateway: gateway.victim,
    },
    targets: ofEach((name) => `127.0.0.1:${ports[name]}`),
  };
}

const ofEach = <T>(make: (name: ServiceName) => T): Record<ServiceName, T> =>
  Object.fromEntries(SERVICES.map((name) => [name, make(name)])) as Record<ServiceName, T>;

const freePorts = async (): Promise<Record<ServiceName, number>> => {
  const ports = await Promise.all(SERVICES.map(() => freePort()));
  return ofEach((name) => ports[SERVICES.indexOf(name)] ?? 0);
};

interface Placed {
  dir: string;
  ports: Record<ServiceName, number>;
  env: Record<string, string>;
}

async function startServices({ dir, ports, env }: Placed, started: AsyncDisposableStack) {
  const services = Object.fromEntries(
    SERVICES.map((name) => {
      const log = join(dir, name);
      return [name, new Service({ kind: name, services: name, log, port: ports[name], env: () => env })];
    }),
  ) as Record<ServiceName, Service>;
  const all = Object.values(services);
  started.defer(() => Promise.all(all.map((service) => service.kill())).then(() => undefined));
  await Promise.all(all.map((service) => service.revive()));
  await Promise.all(all.map((service) => service.ready()));
  return services;
}

/** Deploys the sequences, and shortens the consumers' ack wait. */
async function prepare(natsUrl: string): Promise<void> {
  const broker = dialBroker({ NATS_URL: natsUrl }, 'alerts', silentLog);
  try {
    await broker.ready();
    const files = withTexts(await readFolder('sequences'));
    // The scheduler deploys the folder at its start, and of two at the same time one is refused.
    await eventually(() => new SequenceStore(broker, 1).deployFolder(files).then(() => true));
    const jsm = await broker.jsm();
    for (const stream of ['INTAKE', 'LEADS', 'FEEDBACK'])
      for await (const { name } of jsm.consumers.list(stream))
        await jsm.consumers.update(stream, name, { ack_wait: nanos(ACK_WAIT_MS) });
  } finally {
    await broker.close();
  }
}
