import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { serviceArgs } from '@leadstream/testing/child';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { readLeads } from '@leadstream/verify/log';
import { verify } from '@leadstream/verify/verify';
import { z } from 'zod';
import { Arrivals } from './load.ts';
import { startEsp } from './esp-process.ts';
import { leadctl } from './leadctl.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';
import { newLeads } from './waiting.ts';

/** The longest wait of the sequence. */
const WAIT_S_MAX = 420;
/** Leads whose mail becomes due while the pause is on its way. */
const DUE_SHARE = 0.05;
const PAUSE = ['leads', 'pause', '--by', 'bench', '--reason', 'bench', '--yes', '--json', '--rate', '1000000'];

export interface BulkOptions {
  leads: number;
  /** From a lead's enrolment until its mail is due, at most. */
  seconds: number;
}

export interface BulkFound {
  leads: number;
  paused: number;
  leadsPerSecond: number;
  peakRssMb: number;
  /** Claims by their place in the lead's log. */
  claimed: { before: number; inFlight: number; after: number };
  isProven: boolean;
}

/**
 * A pause of waiting leads by `leadctl`, while mails of some of them become due and the services send them; the log
 * shows whether a mail was claimed after its lead's pause.
 */
export async function benchBulk(started: AsyncDisposableStack, options: BulkOptions): Promise<BulkFound> {
  const { broker, env, startServices } = await ground(started, options);
  const soon = Math.ceil(options.leads * DUE_SHARE);
  // Before there is a scheduler, which would plan them itself.
  const leadIds = await newLeads(broker, options.leads - soon, true);
  await startServices();
  await quiet(broker);
  leadIds.push(...(await newLeads(broker, soon, false)));
  const list = join(env.TMPDIR, 'leads.txt');
  await writeFile(list, shuffled(leadIds).join('\n'));
  const { stdout, seconds, peakRssMb } = await leadctl([...PAUSE, '--ids', list], env);
  const { changed } = z.object({ changed: z.number() }).parse(JSON.parse(stdout));
  await quiet(broker);
  return {
    leads: options.leads,
    paused: changed,
    leadsPerSecond: changed / seconds,
    peakRssMb,
    ...(await judged(broker)),
  };
}

async function ground(started: AsyncDisposableStack, { seconds }: BulkOptions) {
  const dir = await scratchFolder(started);
  const [nats, mongo] = await Promise.all([startNats(), startMongo()]);
  started.defer(() => nats.stop());
  started.defer(() => mongo.stop());
  const esp = await startEsp(new Arrivals(), started);
  const { DATA_KEYS: _, ...settings } = exampleSettings('bench');
  const env = {
    ...settings,
    NATS_URL: nats.url,
    MONGODB_URI: `${mongo.url}/leadstream`,
    ESP_RATE_PER_SECOND: '10000',
    SEQUENCES_DIR: 'tests/bench/sequences',
    DELAY_SCALE: String(seconds / WAIT_S_MAX),
    SENDGRID_BASE_URL: esp.url,
    SENDGRID_EVENT_PUBLIC_KEYS: esp.publicKey,
    TMPDIR: dir,
    LEADSTREAM_DIR: dir,
  };
  const startServices = async () => {
    for (const services of ['scheduler,sender', 'projector'])
      await startService(
        serviceArgs(services),
        { ...env, PORT: String(await freePort()) },
        join(dir, `${services}.log`),
        started,
      );
  };
  const broker = Broker.open({ servers: nats.url, name: 'bench' }, silentLog);
  started.defer(() => broker.close());
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  return { broker, env, startServices };
}

function shuffled(leadIds: readonly string[]): string[] {
  const all = [...leadIds];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [all[last], all[other]] = [all[other] ?? '', all[last] ?? ''];
  }
  return all;
}

/** Resolves when no service has anything left of the log. */
async function quiet(broker: Broker): Promise<void> {
  const { consumers, streams } = await broker.jsm();
  for (let before = -1, now = 0; ; before = now) {
    await delay(1_000);
    now = (await streams.info('LEADS')).state.last_seq;
    let open = 0;
    for await (const { num_pending, num_ack_pending } of consumers.list('LEADS')) open += num_pending + num_ack_pending;
    if (open === 0 && now === before) return;
  }
}

async function judged(broker: Broker): Promise<Pick<BulkFound, 'claimed' | 'isProven'>> {
  const claimed = { before: 0, inFlight: 0, after: 0 };
  const seen = new Map<string, 'claimed' | 'paused'>();
  for await (const entry of readLeads(broker)) {
    if ('unreadable' in entry) continue;
    const { leadId, type } = entry;
    const last = seen.get(leadId);
    if (type === 'lead.send-started') {
      claimed[last === 'paused' ? 'after' : 'before']++;
      seen.set(leadId, 'claimed');
    } else if (type === 'lead.paused') {
      if (last === 'claimed') claimed.inFlight++;
      seen.set(leadId, 'paused');
    } else if (last === 'claimed') seen.delete(leadId);
  }
  const { proven } = await verify(readLeads(broker), {
    overdueMs: 3_600_000,
    now: Temporal.Now.instant(),
  });
  return { claimed, isProven: proven };
}
