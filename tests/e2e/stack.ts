import { createHash, randomUUID } from 'node:crypto';
import { expect, jest } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Recorded } from '@leadstream/contracts/events';
import { logOf, logStreams, type StreamName } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Retry } from '@leadstream/eventlog/errors';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { provisioned } from '@leadstream/eventlog/testing/provisioned';
import { inbound } from '@leadstream/inbound/inbound.module';
import { ingest } from '@leadstream/ingest/ingest.module';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import { command } from '@leadstream/leadctl/testing/command';
import { LeadQueries, type ShownLead } from '@leadstream/projection/queries';
import { projector } from '@leadstream/projector/projector.module';
import { scheduler } from '@leadstream/scheduler/scheduler.module';
import { sender } from '@leadstream/sender/sender.module';
import { loadsOf } from '@leadstream/service/broker-figures';
import type { Environment } from '@leadstream/service/config';
import type { Overrides } from '@leadstream/service/definition';
import { front } from '@leadstream/service/front';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import { isLong } from '@leadstream/testing/long';
import { PARTITIONS } from '@leadstream/testing/partitions';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { triage } from '@leadstream/triage/triage.module';
import { MongoClient } from 'mongodb';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { chance } from '../chaos/chance.ts';
import { CALIBRATIONS, noteCalibration } from '../what-if/calibrated.ts';

const SETTINGS = exampleSettings('tests');
export const { FROM_EMAIL: FROM, SALES_REP_EMAIL: REP, BOOKING_URL } = SETTINGS;

export const services = { ingest, triage, scheduler, sender, inbound, projector };
export type ServiceName = keyof typeof services;

/** Whether the provider's posts say who wrote a mail; Postmark's have no verdict that a writer could not add too. */
export const hasVerdicts = process.env['LEADSTREAM_TEST_ESP'] !== 'postmark';

/**
 * Deliveries by JetStream: once, twice at once, or again because the process died after its handler's appends and
 * before the ack.
 */
const deliveries = {
  once: (handle) => handle(),
  'twice at once': async (handle) => {
    await Promise.all([handle(), handle()]);
  },
  'again after a death before the ack': async (handle) => {
    await handle();
    if (Math.random() < 0.5) throw new Retry('died before the ack', 1);
  },
} satisfies Record<string, Overrides['deliver']>;
/** One of them for each delivery, drawn from Jest's seed. */
const DRAWN = 'once, twice at once or again, as drawn';
type DeliveryMode = keyof typeof deliveries | typeof DRAWN;
/** Each mode alone costs three stacks: `npm run test:faults`. */
export const deliveryModes: readonly DeliveryMode[] = isLong
  ? (Object.keys(deliveries) as (keyof typeof deliveries)[])
  : [DRAWN];

function delivering(mode: DeliveryMode): NonNullable<Overrides['deliver']> {
  if (mode !== DRAWN) return deliveries[mode];
  const { pick } = chance(jest.getSeed(), 'deliveries');
  const equally = Object.values(deliveries).map((deliver) => [deliver, 1] as const);
  return (handle) => pick(equally)(handle);
}

export interface StackOptions extends Overrides {
  env?: Environment;
  delivery?: DeliveryMode;
  without?: ServiceName[];
  /** All services in one process, on one port, as `npm run service -- all`. */
  together?: boolean;
  /** The number of the log's streams; several are provisioned before the services start. */
  partitions?: number;
  /** Servers of the test's own, which outlive the services; the test stops them itself. */
  on?: { nats: Server; sandbox: Sandbox; mongoUri: string };
}

const TRUSTED_KEY = 'the key of a trusted caller';
/** Settings that let `TRUSTED` post as a trusted caller. */
export const trustedCaller: Environment = {
  INGEST_API_KEYS: `crm:sha256:${createHash('sha256').update(TRUSTED_KEY).digest('hex')}`,
  TRUSTED_SOURCES: 'ingest/crm',
};
export const TRUSTED = { 'x-api-key': TRUSTED_KEY };

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** The environment of all services: on these servers and the sandbox, with next to no waiting. */
export const settingsFor = (
  { nats, mongo, sandbox }: { nats: string; mongo: string; sandbox: Sandbox },
  env: Environment = {},
): Environment => ({
  ...SETTINGS,
  NATS_URL: nats,
  MONGODB_URI: mongo,
  PORT: '0',
  LOG_LEVEL: process.env['E2E_LOG'] ?? 'silent',
  TRUST_PROXY: 'false',
  ESP: process.env['LEADSTREAM_TEST_ESP'] ?? 'sendgrid',
  SENDGRID_BASE_URL: sandbox.url,
  SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
  POSTMARK_BASE_URL: sandbox.url,
  POSTMARK_SERVER_TOKEN: 'token-of-the-tests',
  POSTMARK_WEBHOOK_LOGINS: sandbox.login,
  MAILGUN_BASE_URL: sandbox.url,
  MAILGUN_DOMAIN: 'mg.acme.example',
  MAILGUN_API_KEY: 'key-of-the-tests',
  MAILGUN_SIGNING_KEYS: sandbox.secret,
  SES_BASE_URL: sandbox.url,
  SES_CONFIGURATION_SET: 'leadstream',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDOFTHETESTS',
  AWS_SECRET_ACCESS_KEY: sandbox.secret,
  TWILIO_BASE_URL: sandbox.url,
  TWILIO_AUTH_TOKENS: sandbox.secret,
  SNS_BASE_URL: `${sandbox.url}/sns`,
  SNS_TOPIC_ARNS: sandbox.topic,
  SMTP_HOST: sandbox.smtp.host,
  SMTP_PORT: String(sandbox.smtp.port),
  SMTP_TLS: 'none',
  SMTP_USER: 'sender',
  SMTP_PASSWORD: 'password-of-the-tests',
  DEFAULT_TIME_ZONE: 'Europe/Berlin',
  DEFAULT_REGION: 'DE',
  // Half of the people here bounce or complain.
  BOUNCE_RATE_MAX: '1',
  COMPLAINT_RATE_MAX: '1',
  DELAY_SCALE: '0.000005',
  RETRY_BASE_MS: '10',
  HUNT_EVERY_MS: '50',
  // A busy projector makes ten conflicts in half a second, and the hunter leaves such a lead out for this time.
  HUNT_STAYING_MS: '2000',
  // A breaker that the faults of one test have opened does not hold up the next.
  ESP_BREAKER_RESET_MS: '500',
  ...env,
});

/** Sent again after a 503, as callers do: a busy NATS server may answer too late. */
function submit(ingestUrl: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const sent = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify(body),
  };
  return eventually(async () => {
    const answer = await fetch(`${ingestUrl}/v1/leads`, sent);
    return answer.status !== 503 && answer;
  });
}

function startAll(names: ServiceName[], together: boolean, env: Environment, seams: Overrides): Promise<Running[]> {
  const each = names.map((name) => services[name]);
  const sets = together ? [[front('all'), ...each.flat()]] : each;
  return Promise.all(sets.map((set) => start(set as typeof ingest, env, seams)));
}

/** All six services in this process, on a NATS server of their own, a database of their own and the sandbox ESP. */
export async function startStack(options: StackOptions = {}) {
  const { env, delivery = 'once', without = [], together = false, on, partitions = PARTITIONS, ...overrides } = options;
  const [nats, sandbox] = on ? [on.nats, on.sandbox] : await Promise.all([startNats(), startSandbox()]);
  const mongoUri = on?.mongoUri ?? mongoDatabase('e2e').uri;
  const settings = settingsFor({ nats: nats.url, mongo: mongoUri, sandbox }, env);
  const natsUrl = settings['NATS_URL'] ?? nats.url;
  await provisioned(natsUrl, partitions, Number(settings['STREAM_REPLICAS'] ?? 1));
  const seams: Overrides = { deliver: delivering(delivery), ...overrides };
  const names = (Object.keys(services) as ServiceName[]).filter((name) => !without.includes(name));
  const running = await startAll(names, together, settings, seams);
  await Promise.all(running.map(({ ready }) => ready));
  const url = (name: ServiceName): string => running[together ? 0 : names.indexOf(name)]?.url ?? '';
  sandbox.setTargets({
    eventUrl: `${url('inbound')}/v1/sendgrid/events`,
    inboundUrl: `${url('inbound')}/v1/sendgrid/inbound/${SETTINGS.INBOUND_SECRET}`,
  });
  const view = await openView(natsUrl, mongoUri);
  return {
    nats,
    sandbox,
    settings,
    url,
    ...view,
    client: sandboxClient(sandbox.url),
    /** A service that `without` left out, or another one of its kind. */
    add: async (name: ServiceName) => {
      const service = await start(services[name], settings, seams);
      running.push(service);
      await service.ready;
      return service;
    },
    post: (body: object, headers?: Record<string, string>) => submit(url('ingest'), body, headers),
    /** Runs an operator's command; throws its output if it fails. */
    leadctl: async (...args: string[]): Promise<string> => {
      const { code, out, err } = await command(args, settings);
      if (code !== 0) throw Object.assign(new Error(`leadctl ${args.join(' ')}: ${code}\n${err}`), { stdout: out });
      return out;
    },
    stop: async () => {
      await Promise.all(running.map((service) => service.stop()));
      if (CALIBRATIONS) await noteCalibration(CALIBRATIONS, expect.getState().testPath ?? '', settings);
      await view.close();
      if (!on) await Promise.all([sandbox.close(), nats.stop()]);
    },
  };
}

/** The view of a test from outside: the log itself, and the read model. */
export async function openView(natsUrl: string, mongoUri: string) {
  const nc: NatsConnection = await connect({ servers: natsUrl.split(','), maxReconnectAttempts: -1 });
  const jsm: JetStreamManager = await jetstreamManager(nc);
  const broker = Broker.open({ servers: natsUrl, name: 'test', partitions: partitionsOf }, silentLog);
  await broker.ready();
  const log = new EventLog<LeadState>(broker, leadFold, {
    source: 'test',
    now: () => Temporal.Now.instant(),
    keys: new Keyring(broker, [SETTINGS.DATA_KEYS]),
  });
  const mongo = new MongoClient(mongoUri);
  const queries = new LeadQueries<LeadState>(mongo.db());
  const idOf = (email: string): string => leadId(SETTINGS.LEAD_ID_SECRET, canonicalAddress(email) ?? '');
  const history = (email: string): Promise<Recorded[]> => log.history(idOf(email));
  return {
    nc,
    jsm,
    broker,
    log,
    idOf,
    history,
    /** The names of the log's streams. */
    logNames: () => logStreams(broker.partitions).map(({ stream }) => stream),
    /** The stream and subjects of a lead's events. */
    logOf: (email: string) => logOf(idOf(email), broker.partitions),
    /** The number of messages that the consumers of a stream have not handled, or the one of this name. */
    unhandled: async (stream: StreamName, only?: string): Promise<number> => {
      const loads = (await loadsOf(broker, stream)).filter(({ consumer }) => only === undefined || consumer === only);
      if (loads.length === 0) throw new Error(`${stream} has no such consumer`);
      return loads.reduce((sum, { pending, inHand }) => sum + pending + inHand, 0);
    },
    queries,
    db: mongo.db(),
    types: async (email: string): Promise<string[]> =>
      (await history(email)).map(({ type }) => type.replace('lead.', '')),
    /** The lead as the read model shows it, once `check` is content with it. */
    lead: (email: string, check: (lead: ShownLead) => boolean = () => true): Promise<ShownLead> =>
      eventually(async () => {
        const lead = await queries.lead(idOf(email));
        if (lead && check(lead)) return lead;
        const { status, phase, step, version } = lead ?? ({} as Partial<ShownLead>);
        throw new Error(`the lead is ${JSON.stringify({ status, phase, step, version })}`);
      }),
    close: async () => {
      await broker.close();
      await nc.close();
      await mongo.close();
    },
  };
}

export const lead = (email: string, source: string, over: object = {}) => ({
  email,
  firstName: 'Jane',
  leadData: { source },
  ...over,
});

/** An address that no other test has. */
let count = 0;
export const freshEmail = (name = 'lead'): string => `${name}.${process.pid}.${Date.now()}.${count++}@example.com`;

/** Compares addresses without case: of several submissions any may be the first. */
export const mailsTo = (sandbox: Sandbox, email: string) =>
  sandbox.messages().filter(({ to }) => to.toLowerCase() === email.toLowerCase());
