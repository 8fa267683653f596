import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type Collection, type Db } from 'mongodb';
import { provisionLeads, type LeadDocument } from './collections.ts';
import { Comparison, wantedBy } from './comparison.ts';
import { Projection } from './projection.ts';
import { fold, logOf, tailOf, view } from './testing/seen.ts';

/** The headers of an event that these tests read. */
const headersOf = ({ id, type, source, at, version, prevSeq }: Recorded) => {
  const all: Record<string, string> = {
    [CE.id]: id,
    [CE.type]: type,
    [CE.source]: source,
    [CE.time]: at,
    [LEAD_VERSION]: String(version),
    [LEAD_PREV_SEQ]: String(prevSeq),
  };
  return { get: (name: string) => all[name] ?? '' };
};

describe('a document that is behind its log', () => {
  let client: MongoClient;
  let db: Db;
  let leads: Collection<LeadDocument>;
  const log = logOf(2, 3);
  const newest = new Map([
    ['lead-0', { seq: 50, lost: [] }],
    ['lead-1', { seq: 60, lost: [] }],
  ]);
  const shown = async () =>
    (await leads.find({}, { sort: { _id: 1 } }).toArray()).map(({ _id, lastSeq, status }) => [_id, lastSeq, status]);
  const whole = [
    ['lead-0', 50, 'paused'],
    ['lead-1', 60, 'paused'],
  ];

  beforeAll(async () => {
    client = await new MongoClient(mongoDatabase('comparison').uri).connect();
    db = client.db();
    leads = db.collection<LeadDocument>('leads_1');
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    await db.dropDatabase();
    await provisionLeads(db);
    await new Projection(db, fold, view).apply(log, tailOf(log));
  });

  /** Resets the document to two events ago. */
  const setBack = async (leadId: string) => {
    await leads.deleteOne({ _id: leadId });
    const events = log.filter((event) => event.leadId === leadId).slice(0, 1);
    await new Projection(db, fold, view).apply(events, tailOf(log));
  };

  it.each([
    ['an older one', () => setBack('lead-0')],
    ['none at all', () => leads.deleteOne({ _id: 'lead-0' })],
  ])('is repaired, also where it is %s', async (_, harm) => {
    await harm();
    const comparison = new Comparison(db, fold, view, tailOf(log));
    expect(await comparison.look(newest)).toEqual({ repaired: [], failed: new Map() });
    expect(await comparison.look(new Map())).toEqual({ repaired: ['lead-0'], failed: new Map() });
    expect(await comparison.look(newest)).toEqual({ repaired: [], failed: new Map() });
    expect(await shown()).toEqual(whole);
  });

  it.each([
    ['before the next repair', 2, ['lead-0']],
    ['between a read of the log and the write', 1, []],
  ])('is not repaired once the log is held or the process stops, %s', async (_, allowed, repaired) => {
    await leads.deleteMany({});
    const comparison = new Comparison(db, fold, view, tailOf(log));
    await comparison.look(newest);
    let asked = 0;
    expect(await comparison.look(newest, () => ++asked <= allowed)).toEqual({ repaired, failed: new Map() });
    expect((await shown()).map(([leadId]) => leadId)).toEqual(repaired);
  });

  it('is left to the projector that writes it between two checks', async () => {
    await setBack('lead-0');
    const comparison = new Comparison(db, fold, view, tailOf(log));
    await comparison.look(newest);
    await new Projection(db, fold, view).apply(log, tailOf(log));
    expect(await comparison.look(newest)).toEqual({ repaired: [], failed: new Map() });
  });

  it('is reported with the reason when the log is unreadable', async () => {
    await setBack('lead-0');
    await setBack('lead-1');
    const error = new Error('a newer event');
    const comparison = new Comparison(db, fold, view, (leadId, afterSeq) =>
      leadId === 'lead-0' ? Promise.reject(error) : tailOf(log)(leadId, afterSeq),
    );
    await comparison.look(newest);
    expect(await comparison.look(newest)).toEqual({ repaired: ['lead-1'], failed: new Map([['lead-0', error]]) });
  });

  const place = { version: 3, lastSeq: 50, lastId: 'e-4' };
  it.each([
    ['a recovered event names', 'lead.recovered', { witness: 'projection', place }, (kept: Recorded[]) => kept],
    ['an erasure of such an event names', 'lead.erased', { by: 'olga', forgets: [5], replaces: [place] }, () => []],
  ] as const)('is folded anew at a position of a lost log that %s', async (_, type, data, keptOf) => {
    const [first, second] = log.filter(({ leadId }) => leadId === 'lead-0');
    const event = {
      ...second!,
      type,
      data,
      id: 'replacing',
      seq: 40,
      version: 3,
      prevSeq: second!.seq,
      prevId: second!.id,
    } as Recorded;
    const message = {
      subject: `leads.lead-0.${catalogue[type].token}`,
      seq: 40,
      data: Buffer.from(JSON.stringify(data)),
      headers: headersOf(event),
    };
    const comparison = new Comparison(db, fold, view, tailOf([...keptOf([first!, second!]), event]));
    await comparison.look(wantedBy([message]));
    expect(await comparison.look(new Map())).toEqual({ repaired: ['lead-0'], failed: new Map() });
    expect(await leads.findOne({ _id: 'lead-0' })).toMatchObject({ lastSeq: 40, lastId: 'replacing' });
    await comparison.look(wantedBy([message]));
    expect(await comparison.look(new Map())).toEqual({ repaired: [], failed: new Map() });
  });

  it('is folded anew when an older build wrote it, and left alone when a newer one did', async () => {
    await leads.updateOne({ _id: 'lead-0' }, { $set: { stateVersion: 0, status: 'old' } });
    await leads.updateOne({ _id: 'lead-1' }, { $set: { stateVersion: 2, status: 'new' } });
    const comparison = new Comparison(db, fold, view, tailOf(log));
    await comparison.look(newest);
    expect(await comparison.look(newest)).toEqual({ repaired: ['lead-0'], failed: new Map() });
    expect(await shown()).toEqual([
      ['lead-0', 50, 'paused'],
      ['lead-1', 60, 'new'],
    ]);
  });
});
