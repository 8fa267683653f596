import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isLong } from '@leadstream/testing/long';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type CommandStartedEvent, type Db, type Document } from 'mongodb';
import { provisionLeads } from './collections.ts';
import { LeadLists, type Wanted } from './lists.ts';
import { searchKeysOf } from './search.ts';

const LEADS = isLong ? 200_000 : 12_000;
const INSERTED_AT_ONCE = 4_000;
const PAGE = 49;
const PAGES_MAX = 30;

interface Lead {
  _id: string;
  status: string;
  sequence: string;
  tags: string[];
  searchKeys: string[];
  createdAt: Date;
}

/** Two of each instant. No lead with the tag `left` is active, and none of `returning-lead`. */
const lead = (n: number): Lead => ({
  ...{ history: [], state: '{}' },
  _id: `lead-${String(n).padStart(6, '0')}`,
  status: n % 4 === 0 ? 'responded' : n % 1_000 === 1 ? 'parked' : 'active',
  sequence: n % 12 === 0 ? 'returning-lead' : n % 3 === 0 ? 'sales-demo' : 'content-nurture',
  tags: [`source:${n % 5}`, ...(n % 4 === 0 ? ['left'] : [])],
  searchKeys: searchKeysOf({ email: `lead-${n}@example.com`, firstName: 'Jane', lastName: `Doe ${n}` }),
  createdAt: new Date(1_700_000_000_000 + (n >> 1) * 60_000),
});

/** The searches among them are of fewer leads than a search reads. */
const WANTED: Wanted[] = [
  {},
  { status: 'active' },
  { status: ['parked', 'responded', 'erased'] },
  { status: ['erased', 'new'] },
  { sequence: 'sales-demo' },
  { sequence: 'sales-demo', status: 'parked' },
  { sequence: 'returning-lead', status: 'active' },
  { tag: 'source:1' },
  { tag: 'left', status: 'active' },
  { tag: 'source:1', sequence: 'returning-lead' },
  { search: 'LEAD-777' },
  { search: 'jane doe 1111', status: 'active' },
  { search: 'doe 1111', tag: 'source:1', sequence: 'sales-demo' },
  { search: 'nobody' },
];
/** Of a tag and a sequence, MongoDB chooses the index, and the documents of the one may decide the other. */
const DECIDED = WANTED.filter(({ tag, sequence, search }) => search !== undefined || !tag || !sequence);

const isWanted =
  ({ status, sequence, tag, search }: Wanted) =>
  (one: Lead) =>
    (status === undefined || [status].flat().includes(one.status)) &&
    (sequence === undefined || one.sequence === sequence) &&
    (tag === undefined || one.tags.includes(tag)) &&
    (search === undefined || one.searchKeys.some((key) => key.startsWith(search.toLowerCase())));

describe('the lists of leads', () => {
  const all = Array.from({ length: LEADS }, (_, n) => lead(n));
  let client: MongoClient;
  let db: Db;
  let lists: LeadLists;
  let pipelines: Document[][] = [];
  const idsOf = (wanted: Wanted) =>
    all
      .filter(isWanted(wanted))
      .map(({ _id }) => _id)
      .reverse();
  /** The few documents of one status may decide what the index of another filter would. */
  const rare = idsOf({ status: 'parked' }).length;
  /** The number of documents that the command reads, by an index. */
  const read = async (pipeline: Document[] | undefined): Promise<number> => {
    const explain = { aggregate: 'leads_1', pipeline, cursor: {} };
    const text = JSON.stringify(await db.command({ explain, verbosity: 'executionStats' }));
    expect(text.split('"rejectedPlans"')[0]).not.toContain('COLLSCAN');
    return Number(/"totalDocsExamined":(\d+)/.exec(text)?.[1]);
  };

  beforeAll(async () => {
    client = await new MongoClient(mongoDatabase('lists').uri, { monitorCommands: true }).connect();
    client.on('commandStarted', ({ command }: CommandStartedEvent) => {
      if (command['aggregate'] === 'leads_1') pipelines.push(command['pipeline'] as Document[]);
    });
    db = client.db();
    await provisionLeads(db);
    for (let at = 0; at < LEADS; at += INSERTED_AT_ONCE)
      await db.collection<Lead>('leads_1').insertMany(all.slice(at, at + INSERTED_AT_ONCE), { ordered: false });
    lists = new LeadLists(db);
  });
  afterAll(() => client.close());

  it.each(WANTED)('have the newest leads first, page by page: %j', async (wanted) => {
    const listed: string[] = [];
    for await (const page of lists.pages(wanted, PAGES_MAX * 200)) listed.push(...page.map(({ _id }) => _id));
    expect(listed).toEqual(idsOf(wanted).slice(0, PAGES_MAX * 200));
  });

  it.each(DECIDED)('read as many documents as a page has: %j', async (wanted) => {
    let place = undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      pipelines = [];
      const leads = await lists.list(wanted, PAGE, place);
      const most = wanted.search === undefined ? leads.length : idsOf({ search: wanted.search }).length;
      // A lead of the same instant as the last one of the page before is read once more.
      const again = wanted.status === 'parked' ? rare : 2;
      expect((await read(pipelines.at(-1))) - most).toBeLessThanOrEqual(again);
      place = leads.at(-1);
      if (!place) return;
    }
  });

  it.each(DECIDED)('are counted without reading them: %j', async (wanted) => {
    pipelines = [];
    const total = idsOf(wanted).length;
    expect(await lists.count(wanted)).toEqual({ count: Math.min(total, 10_000), more: total > 10_000 });
    const found = wanted.search === undefined ? 0 : idsOf({ search: wanted.search }).length;
    const most = wanted.status === 'parked' ? rare : found;
    for (const pipeline of pipelines) expect(await read(pipeline)).toBeLessThanOrEqual(most);
  });

  it('end with the first 1,000 matches of a search, and the count says that there may be more', async () => {
    pipelines = [];
    let listed = 0;
    for await (const page of lists.pages({ search: 'jane' }, LEADS)) listed += page.length;
    expect(listed).toBe(1_000);
    expect(await lists.count({ search: 'jane', status: 'erased' })).toEqual({ count: 0, more: true });
    for (const pipeline of pipelines) expect(await read(pipeline)).toBeLessThanOrEqual(1_000);
  });

  it('take a page of the database at a time, as far as they are asked for', async () => {
    pipelines = [];
    for await (const page of lists.pages({}, 450)) if (page.at(-1)?._id === idsOf({})[399]) break;
    expect(pipelines).toMatchObject([200, 200].map(($limit) => expect.arrayContaining([{ $limit }])));
  });

  it('begin behind the place of a lead, whether or not it is wanted', async () => {
    const [first = ''] = idsOf({ status: 'responded' });
    const place = await lists.placeOf(first);
    expect(await lists.list({ status: 'active' }, 3, place)).toMatchObject(
      idsOf({ status: 'active' })
        .filter((_id) => _id < first)
        .slice(0, 3)
        .map((_id) => ({ _id })),
    );
    expect(await lists.placeOf('nobody')).toBeUndefined();
  });

  it('have the public fields of a lead, without its history', async () => {
    const [listed] = await lists.list({}, 1);
    expect(Object.keys(listed ?? {})).toEqual(['_id', 'status', 'sequence', 'tags', 'createdAt']);
  });
});
