import { initial, STATE_VERSION, view, type LeadState } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { LeadQueries, type IdleLead } from '@leadstream/projection/queries';
import { startMongo } from '@leadstream/testing/servers';
import { MongoClient, type CommandStartedEvent, type Db } from 'mongodb';
import { z } from 'zod';
import { compare, compared, type Compared } from './rounds.ts';

const DAY_MS = 86_400_000;
const INSERTED_AT_ONCE = 10_000;
const ASKED = 20;
/** The hunter's page, once a minute. */
const PAGE = 100;

export interface LapsesOptions {
  idle: number;
  reference: number;
  lapsed: number;
  rounds: number;
}

interface Asked {
  ms: number;
  nextMs: number;
  allMs: number;
  /** Documents and index keys read for each lead of the answer. */
  documents: number;
  keys: number;
}

/**
 * The query for lapsed leads among many leads that are at rest, compared with few: `lapsed` of each have been silent
 * for long enough, and all others come to it within the next weeks. Last, all are lapsed, as at the first deployment of
 * the sequence.
 */
export async function benchLapses(
  started: AsyncDisposableStack,
  { idle, reference, lapsed, rounds }: LapsesOptions,
): Promise<Record<string, Compared>> {
  const mongo = await startMongo();
  started.defer(() => mongo.stop());
  const client = await new MongoClient(mongo.url, { monitorCommands: true }).connect();
  started.defer(() => client.close());
  const many = await ground(client, 'many', idle, lapsed);
  const few = await ground(client, 'few', reference, lapsed);
  const measured = await compare(rounds, many, few);
  return {
    query: compared(`ms for the first ${PAGE} of ${lapsed} that are lapsed`, measured, ({ ms }) => ms),
    next: compared('ms for the next page', measured, ({ nextMs }) => nextMs),
    all: compared(`ms for the first ${PAGE} when all are lapsed`, measured, ({ allMs }) => allMs),
    documents: compared('documents read a lead that is found', measured, ({ documents }) => documents),
    keys: compared('index keys read a lead that is found', measured, ({ keys }) => keys),
  };
}

async function ground(client: MongoClient, name: string, idle: number, lapsed: number): Promise<() => Promise<Asked>> {
  const db = client.db(name);
  await provisionLeads(db);
  const now = Temporal.Now.instant();
  for (let at = 0; at < idle; at += INSERTED_AT_ONCE) {
    const documents = Array.from({ length: Math.min(INSERTED_AT_ONCE, idle - at) }, (_, index) => {
      const number = at + index;
      const days = number < lapsed ? -30 * Math.random() : 1 + 89 * Math.random();
      return silent(`lead-${number}`, now.epochMilliseconds + days * DAY_MS);
    });
    await db.collection<{ _id: string }>('leads_1').insertMany(documents, { ordered: false });
  }
  const queries = new LeadQueries<LeadState>(db);
  const ask = async (at = now, after?: IdleLead<LeadState>) => {
    const startedMs = performance.now();
    let page: IdleLead<LeadState>[] = [];
    for (let asked = 0; asked < ASKED; asked++) page = await queries.idleLeads(at, PAGE, after);
    return { ms: (performance.now() - startedMs) / ASKED, last: page.at(-1) };
  };
  return async () => {
    const { ms, last } = await ask();
    const { ms: nextMs } = await ask(now, last);
    const { ms: allMs } = await ask(now.add({ hours: 100 * 24 }));
    return { ms, nextMs, allMs, ...(await read(client, db, () => queries.idleLeads(now, PAGE, last))) };
  };
}

const plan = z.object({
  executionStats: z.object({ nReturned: z.number(), totalDocsExamined: z.number(), totalKeysExamined: z.number() }),
  queryPlanner: z.object({ winningPlan: z.unknown() }),
});

/** The plan of the last find that `query` sends. Throws when it reads the collection instead of an index. */
async function read(client: MongoClient, db: Db, query: () => Promise<unknown>) {
  let find: Record<string, unknown> = {};
  const heard = ({ command }: CommandStartedEvent) => (find = command['find'] === 'leads_1' ? command : find);
  client.on('commandStarted', heard);
  await query();
  client.off('commandStarted', heard);
  const { lsid: _, $db: __, ...explain } = find;
  const { executionStats, queryPlanner } = plan.parse(await db.command({ explain, verbosity: 'executionStats' }));
  if (!JSON.stringify(queryPlanner.winningPlan).includes('"indexName":"idleAt_1__id_1"'))
    throw new Error(`the query has another plan: ${JSON.stringify(queryPlanner.winningPlan)}`);
  const { nReturned, totalDocsExamined, totalKeysExamined } = executionStats;
  return { documents: totalDocsExamined / nReturned, keys: totalKeysExamined / nReturned };
}

/** A lead at rest, of which nothing was heard until the time at which it lapses. */
function silent(_id: string, idleAtMs: number) {
  const idleAt = new Date(idleAtMs);
  const lastActivityAt = new Date(idleAtMs - 90 * DAY_MS);
  const state: LeadState = {
    ...initial,
    contact: { email: `${_id}@example.com`, address: `${_id}@example.com`, firstName: 'Jane' },
    dossier: { source: 'whitepaper', campaign: 'q4_enterprise_focus' },
    tags: ['source:whitepaper'],
    phase: { kind: 'completed' },
    lastActivityAt: lastActivityAt.toISOString(),
  };
  return {
    ...view(state),
    _id,
    state: JSON.stringify(state),
    stateVersion: STATE_VERSION,
    version: 9,
    lastSeq: 9,
    nextActionAt: null,
    idleAt,
    createdAt: lastActivityAt,
    updatedAt: lastActivityAt,
  };
}
