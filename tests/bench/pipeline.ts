import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { publishLead } from '@leadstream/contracts/publish';
import { serviceArgs } from '@leadstream/testing/child';
import { sandboxClient, type SandboxMessage } from '@leadstream/sandbox-esp/client';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { PROCESSES, runs, type Processes } from '@leadstream/testing/processes';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { withPid } from './cpu.ts';
import { startEsp } from './esp-process.ts';
import type { MailJob } from './mail-job.ts';
import { Arrivals, type Contender } from './load.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';
import { watchTraffic } from './traffic.ts';

/** Scales three to seven minutes to 18 to 42 ms. */
export const DELAY_SCALE = 0.0001;

/** What looks at the services: a collector of traces by its URL, and the watch. */
export interface Insight {
  collector: string;
  watchEveryMs: number;
}

interface Options {
  /** Each process leaves its CPU profile in that folder when it is stopped. */
  profiles?: string | undefined;
  insight?: Insight;
  /** NATS syncs each write before it acknowledges it. */
  isSynced?: boolean;
  /** Leads come through ingest. `bare`: in one process, without a provider's event that comes back. */
  byHttp?: 'whole' | 'bare';
}

const TRACES_SWITCH = ['--import', './tests/bench/traces-switch.ts'];

/** The read model is part of a lead's way to its mail: the hunter finds there what was not taken in time. */
const BARE = { bare: 'ingest,triage,scheduler,sender,projector' };

/**
 * The six services as they are deployed, in so many processes, on servers of their own. `mail` is the last mail that
 * they sent, `urls` those of the processes.
 */
export async function startPipeline(
  started: AsyncDisposableStack,
  processes: Processes,
  { profiles, insight, isSynced = false, byHttp }: Options = {},
): Promise<Contender & { mail(): Promise<MailJob>; urls: string[] }> {
  const dir = await scratchFolder(started);
  const { nats, natsPid, mongo, mongoPid, monitorUrl } = await startServers(isSynced, started);
  const inboundPort = await freePort();
  const arrivals = new Arrivals();
  const eventUrl = byHttp === 'bare' ? undefined : `http://127.0.0.1:${inboundPort}/v1/sendgrid/events`;
  const esp = await startEsp(arrivals, started, eventUrl);
  const env = {
    ...exampleSettings('bench'),
    NATS_URL: nats.url,
    MONGODB_URI: `${mongo.url}/leadstream`,
    ESP_RATE_PER_SECOND: '10000',
    SEQUENCES_DIR: 'tests/bench/sequences',
    DELAY_SCALE: String(DELAY_SCALE),
    INGEST_RATE_PER_MINUTE: '1000000',
    TRUST_PROXY: 'false',
    SENDGRID_BASE_URL: esp.url,
    SENDGRID_EVENT_PUBLIC_KEYS: esp.publicKey,
    ...(insight ? settingsOf(insight, esp.url) : {}),
  };
  const startMs = performance.now();
  const { pids, urls } = await startServices(
    { env, parts: partsOf(processes, insight, byHttp), inboundPort, dir, profiles },
    started,
  );
  const readyMs = performance.now() - startMs;
  const nc = await connect({ servers: nats.url });
  started.defer(() => nc.close());
  const [js, jsm] = [jetstream(nc), await jetstreamManager(nc)];
  const client = started.use(new MongoClient(mongo.url));
  return {
    arrivals,
    readyMs,
    urls,
    offer: (email) =>
      byHttp ? posted(`${urls[0]}/v1/leads`, leadOf(email)) : publishLead(js, leadOf(email), { source: 'bench' }),
    settled: () => quiet(jsm),
    traffic: () => watchTraffic(nc, { monitor: monitorUrl, db: client.db('leadstream') }),
    pids: { ...pids, 'nats-server': natsPid, mongod: mongoPid },
    mail: async () => jobOf((await sandboxClient(esp.url).messages()).at(-1)),
  };
}

async function startServers(isSynced: boolean, started: AsyncDisposableStack) {
  const monitorPort = await freePort();
  const configLines = [
    `http: "127.0.0.1:${monitorPort}"`,
    ...(isSynced ? ['jetstream { sync_interval: always }'] : []),
  ];
  const { it: nats, pid: natsPid } = await withPid(() => startNats({ configLines }));
  started.defer(() => nats.stop());
  const { it: mongo, pid: mongoPid } = await withPid(() => startMongo());
  started.defer(() => mongo.stop());
  return { nats, natsPid, mongo, mongoPid, monitorUrl: `http://127.0.0.1:${monitorPort}` };
}

const leadOf = (email: string) => ({
  email,
  firstName: 'Jane',
  phone: '+15551234567',
  leadData: { source: 'bench', medium: 'paid_search' },
});

const partsOf = (processes: Processes, insight: Insight | undefined, byHttp: Options['byHttp']) => ({
  ...(byHttp === 'bare' ? BARE : PROCESSES[processes]),
  ...(insight ? { watch: 'watch' } : {}),
});

/** The canary looks for its leads and mails; its sequence is not deployed, and no minute of its rounds comes. */
const settingsOf = ({ collector, watchEveryMs }: Insight, sandbox: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  WATCH_EVERY_MS: String(watchEveryMs),
  CANARY_MAILBOX: 'sandbox',
  CANARY_DOMAIN: 'canary.test',
  CANARY_INGEST_URL: sandbox,
  CANARY_SANDBOX_URL: sandbox,
});

/** Posts JSON; throws when it is not taken. */
export async function posted(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${said}`);
}

interface Setting {
  /** Of each process the argument of `npm run service`. */
  parts: Record<string, string>;
  env: Record<string, string>;
  inboundPort: number;
  dir: string;
  profiles: string | undefined;
}

async function startServices(
  { env, parts, inboundPort, dir, profiles }: Setting,
  started: AsyncDisposableStack,
): Promise<{ pids: Record<string, number>; urls: string[] }> {
  const running = await Promise.all(
    Object.entries(parts).map(async ([name, services]) => {
      const port = runs(services, 'inbound') ? inboundPort : await freePort();
      const profile = profiles
        ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`]
        : [];
      const traces = 'OTEL_EXPORTER_OTLP_ENDPOINT' in env ? TRACES_SWITCH : [];
      const command = [...traces, ...profile, ...serviceArgs(services)];
      const { pid } = await startService(command, { ...env, PORT: String(port) }, join(dir, `${name}.log`), started);
      return { name, pid, url: `http://127.0.0.1:${port}` };
    }),
  );
  return { pids: Object.fromEntries(running.map(({ name, pid }) => [name, pid])), urls: running.map(({ url }) => url) };
}

function jobOf(mail: SandboxMessage | undefined): MailJob {
  if (!mail) throw new Error('no mail was sent');
  const {
    from,
    from_name: name,
    reply_to: replyTo,
    subject,
    text = '',
    html = '',
    headers,
    custom_args: customArgs,
  } = mail;
  return {
    from: { email: from, ...(name ? { name } : {}) },
    ...(replyTo ? { replyTo } : {}),
    subject,
    text,
    html,
    headers,
    customArgs,
  };
}

/** Resolves when all services are idle: the work after a mail (feedback, completion, projection) counts as its cost. */
async function quiet(jsm: JetStreamManager): Promise<void> {
  for (let before = -1, now = 0; ; before = now) {
    await delay(500);
    now = (await jsm.streams.info('LEADS')).state.last_seq;
    let open = 0;
    // Without inbound there is no FEEDBACK.
    for await (const stream of jsm.streams.names()) {
      for await (const { config, num_pending, num_ack_pending } of jsm.consumers.list(stream))
        // One that is not durable is a service's look at a bucket, which nobody reads on after it.
        if (config.durable_name !== undefined) open += num_pending + num_ack_pending;
    }
    if (open === 0 && now === before) return;
  }
}
