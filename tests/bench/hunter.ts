import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { initial, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { LeadQueries } from '@leadstream/projection/queries';
import { freePort, startMongo, startNats } from '@leadstream/testing/servers';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { MongoClient, type Db } from 'mongodb';
import { cpuMs } from './cpu.ts';
import { compare, compared, type Compared } from './rounds.ts';
import { scratchFolder } from './scratch.ts';
import { startService } from './service-process.ts';

const DAY_MS = 86_400_000;
const INSERTED_AT_ONCE = 5_000;
const LOOK_MS = 5;
const ASKED = 20;

export interface HunterOptions {
  waiting: number;
  reference: number;
  due: number;
  rounds: number;
}

/**
 * The cost of many waiting leads for the due ones, compared with a few waiting leads. Each scheduler has servers of its
 * own.
 */
export async function benchHunter(
  started: AsyncDisposableStack,
  { waiting, reference, due, rounds }: HunterOptions,
): Promise<Record<string, Compared>> {
  const dir = await scratchFolder(started);
  const [many, few] = [await ground(started, dir, waiting), await ground(started, dir, reference)];
  const measured = await compare(
    rounds,
    () => many(due),
    () => few(due),
  );
  return {
    query: compared('ms for the first 500 that are due', measured, (one) => one.queryMs),
    lag: compared('ms from the planned time to step-due, the last of them', measured, (one) => one.lagMs),
    cpu: compared('ms of CPU a lead', measured, (one) => one.cpuMs),
  };
}

/**
 * A scheduler whose read model has `waiting` leads for the coming week; measures its work when some more become due at
 * once.
 */
async function ground(started: AsyncDisposableStack, dir: string, waiting: number) {
  const [nats, mongo] = await Promise.all([startNats(), startMongo()]);
  started.defer(() => nats.stop());
  started.defer(() => mongo.stop());
  const db = (await new MongoClient(mongo.url).connect()).db('leadstream');
  started.defer(() => db.client.close());
  await provisionLeads(db);
  for (let at = 0; at < waiting; at += INSERTED_AT_ONCE) {
    const count = Math.min(INSERTED_AT_ONCE, waiting - at);
    await insert(
      db,
      Array.from({ length: count }, (_, index) =>
        planned(`waits-${at + index}`, Date.now() + DAY_MS + Math.random() * 6 * DAY_MS),
      ),
    );
  }
  const env = {
    NATS_URL: nats.url,
    MONGODB_URI: `${mongo.url}/leadstream`,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    SEQUENCES_DIR: 'tests/bench/sequences',
  };
  const { pid } = await startService(
    ['apps/scheduler/dist/main.js'],
    env,
    join(dir, `scheduler-${waiting}.log`),
    started,
  );
  const nc = await connect({ servers: nats.url });
  started.defer(() => nc.close());
  const jsm = await jetstreamManager(nc);
  let round = 0;
  return async (due: number) => {
    const [from, cpuBefore] = [await appended(jsm), cpuMs(pid)];
    const ids = Array.from({ length: due }, (_, index) => `due-${round}-${index}`);
    round++;
    const atMs = Date.now() + 1_000;
    await insert(
      db,
      ids.map((id) => planned(id, atMs)),
    );
    while ((await appended(jsm)) < from + due) await delay(LOOK_MS);
    const [lagMs, cpu] = [Date.now() - atMs, cpuMs(pid) - cpuBefore];
    const queryMs = await askTime(new LeadQueries<LeadState>(db));
    // Without a projector here, their documents stay due.
    await db.collection<{ _id: string }>('leads_1').deleteMany({ _id: { $in: ids } });
    return { lagMs, queryMs, cpuMs: cpu / due };
  };
}

const appended = async (jsm: JetStreamManager): Promise<number> => (await jsm.streams.info('LEADS')).state.last_seq;

/** The hunter's own query, which it runs every second. */
async function askTime(queries: LeadQueries<LeadState>): Promise<number> {
  const startedMs = performance.now();
  for (let asked = 0; asked < ASKED; asked++) await queries.dueLeads(Temporal.Now.instant(), 500);
  return (performance.now() - startedMs) / ASKED;
}

const insert = (db: Db, documents: { _id: string }[]) =>
  db.collection<{ _id: string }>('leads_1').insertMany(documents, { ordered: false });

/** A lead of the read model that the log does not have: the hunter's append is its first event. */
function planned(_id: string, atMs: number) {
  const at = new Date(atMs);
  const state: LeadState = {
    ...initial,
    run: { id: 'run', sequence: 'one-mail', version: 1, route: { sequence: 'one-mail', tag: 'bench', rank: 1 } },
    contact: { email: `${_id}@example.com`, address: `${_id}@example.com`, firstName: 'Jane' },
    dossier: { source: 'whitepaper', campaign: 'q4_enterprise_focus' },
    phase: {
      kind: 'planned',
      step: {
        index: 0,
        id: 'first',
        action: 'first',
        channel: 'email',
        audience: 'lead',
        at: at.toISOString(),
        delayMs: 0,
      },
    },
  };
  return {
    _id,
    state: JSON.stringify(state),
    stateVersion: STATE_VERSION,
    version: 0,
    lastSeq: 0,
    nextActionAt: at,
    updatedAt: at,
    status: 'active',
    tags: ['source:whitepaper'],
    email: `${_id}@example.com`,
  };
}
