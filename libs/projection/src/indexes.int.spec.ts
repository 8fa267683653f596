import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type CommandStartedEvent, type Db } from 'mongodb';
import { z } from 'zod';
import { provisionLeads } from './collections.ts';
import { LeadLists } from './lists.ts';
import { Projection } from './projection.ts';
import { LeadQueries, type Cursor, type IdleCursor } from './queries.ts';
import { searchKeysOf } from './search.ts';
import { fold, view } from './testing/seen.ts';

const LEADS = 1_000;
const AT = Temporal.Instant.from('2026-11-23T09:00:00Z');
const minutesLater = (minutes: number) => new Date(AT.epochMilliseconds + minutes * 60_000);
const document = (n: number) => ({
  _id: `lead-${String(n).padStart(4, '0')}`,
  state: JSON.stringify(fold.initial),
  stateVersion: fold.stateVersion,
  version: 1,
  lastSeq: n,
  searchKeys: searchKeysOf({ email: `lead-${n}@example.com` }),
  sequence: `sequence-${n % 3}`,
  sequenceVersion: 1,
  status: n % 4 === 0 ? 'active' : 'completed',
  tags: [`source:${n % 5}`],
  numbers: n % 2 === 0 ? [`number-${n}`] : [],
  phase: n % 100 === 0 ? 'parked' : n % 4 === 0 ? 'planned' : 'completed',
  createdAt: minutesLater(n >> 1),
  updatedAt: minutesLater(n),
  ...(n % 10 === 0 ? { nextActionAt: minutesLater(n) } : {}),
  ...(n % 200 === 1 ? { unknownSends: 1 } : {}),
  idleAt: n % 10 === 1 ? minutesLater(n) : null,
});

const LATER = AT.add({ minutes: LEADS });
const PAGE = 7;
/** The lengths of all pages. */
async function* pagesOf<Cursor>(ask: (after?: Cursor) => Promise<Cursor[]>): AsyncGenerator<number> {
  let page = await ask();
  yield page.length;
  while (page.length === PAGE) {
    page = await ask(page.at(-1));
    yield page.length;
  }
}

const executed = z.object({
  executionStats: z.object({ totalDocsExamined: z.number(), totalKeysExamined: z.number() }),
});

type Command = Record<string, unknown>;
type Queries = LeadQueries<unknown>;
const RUNS = 'sequence_1_sequenceVersion_1__id_1_status_1_phase_1';
const noTail = () => Promise.reject(new Error('nothing is missing'));
/**
 * Every query of the collection that is not by `_id`, and the indexes that it uses; without one it reads everything.
 */
const QUERIES: [string, (queries: Queries, db: Db) => Promise<unknown>, string[]][] = [
  ['the hunter’s due leads', (queries) => queries.dueLeads(AT, 500), ['nextActionAt_1__id_1']],
  [
    'the hunter’s next page',
    (queries) => queries.dueLeads(AT, 500, { nextActionAt: minutesLater(-1), leadId: 'lead-0001' }),
    ['nextActionAt_1__id_1'],
  ],
  [
    'the hunter’s due leads without the stuck ones',
    (queries) => queries.dueLeads(AT, 500, undefined, ['lead-0000', 'lead-0010']),
    ['nextActionAt_1__id_1'],
  ],
  ['the hunter’s lapsed leads', (queries) => queries.idleLeads(AT, 100), ['idleAt_1__id_1']],
  [
    'the hunter’s next lapsed leads',
    (queries) => queries.idleLeads(AT, 100, { idleAt: minutesLater(-1), leadId: 'lead-0001' }),
    ['idleAt_1__id_1'],
  ],
  ['the overdue leads', (queries) => queries.overdueCount(AT), ['nextActionAt_1__id_1']],
  ['leads that wait for an operator', (queries) => queries.unsettledLeads(), ['phase_1', 'unknownSends_1']],
  ['the newest leads', (_, db) => new LeadLists(db).list({}, 100), ['createdAt_-1__id_-1']],
  [
    'the newest leads of a status',
    (_, db) => new LeadLists(db).list({ status: 'active' }, 100),
    ['status_1_createdAt_-1__id_-1'],
  ],
  [
    'the newest leads of a sequence',
    (_, db) => new LeadLists(db).list({ sequence: 'sequence-1' }, 100),
    ['sequence_1_createdAt_-1__id_-1_status_1'],
  ],
  [
    'the newest leads with a tag',
    (_, db) => new LeadLists(db).list({ tag: 'source:1' }, 100),
    ['tags_1_createdAt_-1__id_-1_status_1_sequence_1'],
  ],
  ['a search', (_, db) => new LeadLists(db).list({ search: 'LEAD-7' }, 100), ['searchKeys_1']],
  [
    'the ids of a status and step',
    (_, db) => new LeadLists(db).ids({ status: 'active', steps: [{ version: 1, step: 0 }] }).next(),
    ['status_1_createdAt_-1__id_-1'],
  ],
  ['the leads of a phone number', (queries) => queries.leadsOfNumber('number-7'), ['numbers_1']],
  ['the runs under way', (queries) => queries.runsUnderWay(), [RUNS]],
  ['the leads under way in a version', (queries) => queries.runsIn('sequence-1', 1).next(), [RUNS]],
  [
    'documents of another fold, at a start without any',
    (_, db) => new Projection(db, fold, view).refold(500, noTail),
    ['stateVersion_1'],
  ],
];

describe('the indexes of the read model', () => {
  let client: MongoClient;
  let db: Db;
  let commands: Command[];
  const indexes = async () => (await db.collection('leads_1').indexes()).map(({ name }) => name);
  const plan = async ({ find, filter, sort, limit, projection, aggregate, pipeline }: Command) => {
    const query = find ? { find, filter, sort, limit, projection } : { aggregate, pipeline, cursor: {} };
    return JSON.stringify(await db.command({ explain: query, verbosity: 'queryPlanner' }, { ignoreUndefined: true }));
  };
  const indexesOf = (text: string) => [
    ...new Set([...text.matchAll(/"indexName":"([^"]+)"/g)].map(([, name]) => name)),
  ];

  beforeAll(async () => {
    client = await new MongoClient(mongoDatabase('indexes').uri, { monitorCommands: true }).connect();
    client.on('commandStarted', ({ command }: CommandStartedEvent) => {
      if (command['find'] === 'leads_1' || command['aggregate'] === 'leads_1') commands.push(command);
    });
    db = client.db();
    await provisionLeads(db);
    await db.collection<{ _id: string }>('leads_1').insertMany(Array.from({ length: LEADS }, (_, n) => document(n)));
  });
  afterAll(() => client.close());

  it.each(QUERIES)('serve %s', async (_, ask, used) => {
    commands = [];
    await ask(new LeadQueries(db), db);
    const [command = {}] = commands;
    const winning = (await plan(command)).split('"rejectedPlans"')[0] ?? '';
    expect(indexesOf(winning)).toEqual(used);
    expect(winning).not.toContain('COLLSCAN');
  });

  it.each<[string, (queries: Queries) => AsyncGenerator<number>]>([
    ['due', (queries) => pagesOf((after?: Cursor) => queries.dueLeads(LATER, PAGE, after))],
    ['lapsed', (queries) => pagesOf((after?: IdleCursor) => queries.idleLeads(LATER, PAGE, after))],
  ])('serve every page of the %s leads, which reads no more than it has', async (_, pages) => {
    commands = [];
    let found = 0;
    for await (const length of pages(new LeadQueries(db))) {
      found += length;
      const { lsid, $db, ...explain } = commands.at(-1) ?? {};
      const { executionStats: read } = executed.parse(await db.command({ explain, verbosity: 'executionStats' }));
      // The last lead of the page before is read once more, and each range looks at the key that ends it.
      expect(read.totalDocsExamined - length).toBeLessThanOrEqual(1);
      expect(read.totalKeysExamined - length).toBeLessThanOrEqual(3);
    }
    expect(found).toBe(LEADS / 10);
  });

  it('serve the runs under way, of which each version’s are counted without a document', async () => {
    commands = [];
    const runs = await new LeadQueries(db).runsUnderWay();
    const [{ aggregate, pipeline } = {}] = commands;
    const counted = JSON.stringify(
      await db.command({ explain: { aggregate, pipeline, cursor: {} }, verbosity: 'executionStats' }),
    );
    expect(runs.map(({ leads }) => leads)).toEqual([84, 83, 83]);
    expect(counted).toContain('"totalDocsExamined":0');
    const listed = [];
    for await (const { leadId } of new LeadQueries(db).runsIn('sequence-1', 1)) listed.push(leadId);
    expect(listed).toHaveLength(83);
  });

  it('are those that a query uses, and no more', async () => {
    const used = new Set(QUERIES.flatMap(([, , names]) => names));
    expect((await indexes()).toSorted()).toEqual(['_id_', ...used].toSorted());
  });

  it('of an older release are dropped at a start of the projector, by several at once too', async () => {
    await db.collection('leads_1').createIndex({ lastActivityAt: 1 });
    const before = await indexes();
    await Promise.all([provisionLeads(db), provisionLeads(db), provisionLeads(db)]);
    expect(await indexes()).toEqual(before.filter((name) => name !== 'lastActivityAt_1'));
    await provisionLeads(db);
  });
});
