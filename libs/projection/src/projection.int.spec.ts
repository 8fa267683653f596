import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import fc from 'fast-check';
import { MongoClient, type Db, type Document } from 'mongodb';
import { aliases } from './alias.ts';
import { provisionLeads, type LeadDocument } from './collections.ts';
import { Projection, type Tail } from './projection.ts';
import { LeadLists } from './lists.ts';
import { LeadQueries, type Cursor } from './queries.ts';
import { fold, logOf, tailOf, view, type Seen } from './testing/seen.ts';

const noTail: Tail = (leadId) => Promise.reject(new Error(`nothing is missing of ${leadId}`));

describe('the read model', () => {
  let client: MongoClient;
  let db: Db;
  let uri: string;
  let projection: Projection<Seen>;
  const documents = (collection = 'leads_1') =>
    db
      .collection<LeadDocument>(collection)
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const stateOf = async (leadId: string) =>
    JSON.parse((await db.collection<LeadDocument>('leads_1').findOne({ _id: leadId }))?.state ?? '{}') as Seen;

  /** The fold of the whole log by one projection alone. */
  const afresh = async (log: Recorded[]) => {
    await db.collection('leads_1').deleteMany({});
    await new Projection(db, fold, view).apply(log, noTail);
    return documents();
  };

  beforeAll(async () => {
    ({ uri } = mongoDatabase('projection'));
    client = await new MongoClient(uri).connect();
    db = client.db();
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    await db.dropDatabase();
    await provisionLeads(db);
    projection = new Projection(db, fold, view);
  });

  it('shows a lead as people read it, with dates as dates and its history', async () => {
    const log = logOf(1, 2);
    expect(await projection.apply(log, noTail)).toEqual({ applied: 2, skipped: 0, gaps: 0, failed: new Map() });
    expect(await documents()).toEqual([
      {
        _id: 'lead-0',
        status: 'active',
        tags: ['source:test'],
        email: 'Jane@Example.com',
        searchKeys: ['jane@example.com', 'example.com', 'example'],
        nextActionAt: new Date('2026-11-23T09:15:00Z'),
        lastActivityAt: new Date('2026-11-23T09:00:00Z'),
        state: '{"seqs":[10,20],"paused":false,"fields":{}}',
        version: 2,
        lastSeq: 20,
        lastId: 'e-1',
        stateVersion: 1,
        createdAt: new Date(1_700_000_000_000),
        updatedAt: new Date(1_700_000_001_000),
        history: [
          {
            seq: 10,
            version: 1,
            type: 'lead.paused',
            at: new Date(1_700_000_000_000),
            summary: 'Nothing goes to the lead until it is resumed',
          },
          {
            seq: 20,
            version: 2,
            type: 'lead.resumed',
            at: new Date(1_700_000_001_000),
            summary: 'The lead goes on where it was',
          },
        ],
      },
    ]);
  });

  describe('through its commands', () => {
    let watched: MongoClient;
    let asked: { commandName: string; command: Document }[];
    const ofLeads = () => asked.filter(({ commandName, command }) => command[commandName] === 'leads_1');

    beforeEach(async () => {
      asked = [];
      watched = await new MongoClient(uri, { monitorCommands: true }).connect();
      watched.on('commandStarted', (command) => asked.push(command));
      projection = new Projection(watched.db(), fold, view);
    });
    afterEach(() => watched.close());

    it('has a lead on the disk of a majority before it reports the write', async () => {
      const log = logOf(1, 2);
      await projection.apply(log.slice(0, 1), noTail);
      await projection.apply(log.slice(1), noTail);
      expect(ofLeads().map(({ commandName, command }) => [commandName, command['writeConcern'] as unknown])).toEqual([
        ['insert', { w: 'majority', j: true }],
        ['update', { w: 'majority', j: true }],
      ]);
    });

    it('reads the document of a lead of which one event came twice, and not its chain', async () => {
      const log = logOf(1, 2);
      await projection.apply(log, noTail);
      projection.forget();
      const twice = [log.at(-1), log.at(-1)].filter((event) => event !== undefined);
      expect(await projection.apply(twice, noTail)).toEqual({ applied: 0, skipped: 2, gaps: 0, failed: new Map() });
      expect(ofLeads().map(({ commandName }) => commandName)).toEqual(['insert', 'find']);
    });

    it('reads no document of a lead whose events come from the first one on, unless its write misses', async () => {
      const log = logOf(2, 3);
      await projection.apply(log, noTail);
      projection.forget();
      expect(await projection.apply(log.slice(0, 2), noTail)).toMatchObject({ applied: 0, skipped: 2 });
      expect(ofLeads().map(({ commandName }) => commandName)).toEqual(['insert', 'insert', 'find']);
      expect((await documents()).map(({ version }) => version)).toEqual([3, 3]);
    });
  });

  it('continues from the stored document, and skips the events in it', async () => {
    const log = logOf(2, 3);
    await projection.apply(log.slice(0, 3), noTail);
    expect(await projection.apply(log, noTail)).toMatchObject({ applied: 3, skipped: 3, gaps: 0 });
    expect(await projection.apply(log, noTail)).toMatchObject({ applied: 0, skipped: 6 });
    expect(await stateOf('lead-1')).toMatchObject({ seqs: [20, 40, 60] });
  });

  it('keeps the last 50 of a history', async () => {
    await projection.apply(logOf(1, 120), noTail);
    const [document] = await documents();
    expect([document?.history.length, document?.history[0]?.version, document?.history.at(-1)?.version]).toEqual([
      50, 71, 120,
    ]);
  });

  it('fills a gap from the log before anything of the lead is written', async () => {
    const log = logOf(1, 4);
    expect(await projection.apply([log[2]!], tailOf(log))).toMatchObject({ applied: 4, gaps: 1 });
    expect(await projection.apply([log[0]!, log[1]!, log[3]!], noTail)).toMatchObject({ applied: 0, skipped: 3 });
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30, 40] });
  });

  it('rejects a lead whose chain is broken, and does not delay the others', async () => {
    const log = logOf(2, 2);
    const hole = log.filter(({ seq }) => seq !== 10);
    const { applied, failed } = await projection.apply(hole, tailOf(hole));
    expect([applied, [...failed.keys()]]).toEqual([2, ['lead-0']]);
    expect((await documents()).map(({ _id }) => _id)).toEqual(['lead-1']);
  });

  it('does not ack an event that a follower of the log has not seen yet', async () => {
    const log = logOf(1, 3);
    const { failed } = await projection.apply([log[2]!], tailOf(log.slice(0, 2)));
    expect([...failed.keys()]).toEqual(['lead-0']);
    expect(await documents()).toEqual([]);
  });

  it('is the same whichever of two concurrent projectors writes first', async () => {
    const log = logOf(8, 6);
    const other = new Projection(db, fold, view);
    for (let at = 0; at < log.length; at += 12) {
      const batch = log.slice(at, at + 12);
      await Promise.all([
        projection.apply(batch, tailOf(log)),
        other.apply(batch, tailOf(log)),
        projection.apply(batch.toReversed(), tailOf(log)),
      ]);
    }
    expect(await documents()).toEqual(await afresh(log));
  });

  it('reads and folds again after a write between its read and its write', async () => {
    const log = logOf(1, 3);
    await projection.apply(log.slice(0, 1), noTail);
    // The second projector's read of its tail is the moment at which the first one writes.
    const between: Tail = async (leadId, afterSeq) => {
      await projection.apply(log.slice(0, 2), noTail);
      return tailOf(log.slice(0, 3))(leadId, afterSeq);
    };
    const late = new Projection(db, fold, view);
    expect(await late.apply([log[2]!], between)).toMatchObject({ applied: 1, failed: new Map() });
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30] });
  });

  it('replaces a document of a lost log once the log goes on from another event there, and never before', async () => {
    const lost = logOf(1, 4);
    await projection.apply(lost, noTail);
    const [first, second] = lost;
    // Two events were kept; a third one follows, then the facts of the document.
    const fork: Recorded = { ...lost[2]!, id: 'fork', prevId: second!.id };
    const known = {
      type: 'lead.recovered',
      data: { witness: 'projection', place: { version: 4, lastSeq: 40, lastId: 'e-3' } },
    } as const;
    const recovered = {
      ...fork,
      ...known,
      id: 'recovered',
      seq: 35,
      version: 4,
      prevSeq: 30,
      prevId: 'fork',
    } as Recorded;
    const onFork = await projection.apply([fork], tailOf([first!, second!, fork]));
    expect([[...onFork.failed.keys()], await stateOf('lead-0')]).toEqual([
      [],
      expect.objectContaining({ seqs: [10, 20, 30, 40] }),
    ]);
    expect((await projection.apply([recovered], tailOf([first!, second!, fork, recovered]))).failed.size).toBe(0);
    expect(await documents()).toEqual([expect.objectContaining({ lastSeq: 35, lastId: 'recovered', version: 4 })]);
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30, 35] });
  });

  describe('replaces a document of a lost log whose last event was made again at another time', () => {
    const later = (event: Recorded): Recorded => ({
      ...event,
      at: new Date(Date.parse(event.at) + 600_000).toISOString(),
    });
    const lost = logOf(1, 4);
    const again = lost.slice(0, 3).map((event, index) => (index === 0 ? event : later(event)));
    const next = { ...later(lost[3]!), id: 'next', prevId: again[2]!.id, prevAtMs: Date.parse(again[2]!.at) };

    it.each<[string, Recorded[]]>([
      ['it comes', [again[2]!]],
      ['the next one comes first', [next]],
      ['both come', [again[2]!, next]],
    ])('once %s', async (_, events) => {
      await projection.apply(lost.slice(0, 3), noTail);
      projection.forget();
      const restored = events.includes(next) ? [...again, next] : again;
      const { failed, gaps } = await projection.apply(events, tailOf(restored));
      expect([failed.size, gaps]).toEqual([0, 1]);
      expect(await documents()).toEqual(await afresh(restored));
    });

    it('once it comes, also when an older build wrote the next one, which names no time', async () => {
      await projection.apply(lost.slice(0, 3), noTail);
      projection.forget();
      const { prevAtMs: _, ...older } = next;
      await projection.apply([again[2]!, older], tailOf([...again, older]));
      expect(await documents()).toEqual(await afresh([...again, older]));
    });

    it('and has no late write of the lost log on it', async () => {
      const late = new Projection(db, fold, view);
      await late.apply(lost.slice(0, 3), noTail);
      await projection.apply(again.slice(2), tailOf(again));
      const written = await documents();
      const lostNext: Recorded = { ...lost[3]!, prevId: lost[2]!.id, prevAtMs: Date.parse(lost[2]!.at) };
      expect((await late.apply([lostNext], tailOf(again))).failed.size).toBe(1);
      expect(await documents()).toEqual(written);
    });
  });

  it('writes nothing once it may not, although its first write has missed', async () => {
    const log = logOf(1, 3);
    await projection.apply(log.slice(0, 1), noTail);
    await new Projection(db, fold, view).apply(log.slice(0, 2), noTail);
    let writes = 0;
    const applied = projection.apply([{ ...log[1]!, id: 'other' }], noTail, () => writes++ === 0);
    await expect(applied).rejects.toThrow('judged again');
    expect(await documents()).toEqual([expect.objectContaining({ lastSeq: 20, lastId: log[1]!.id })]);
  });

  it('counts no fold of a lost log as written', async () => {
    const lost = logOf(1, 4);
    await projection.apply(lost, noTail);
    // Another projector has folded the restored log, and this one gets the next event.
    const fork: Recorded = { ...lost[2]!, id: 'fork' };
    await db.collection<LeadDocument>('leads_1').deleteMany({});
    await new Projection(db, fold, view).apply(lost.slice(0, 2), noTail);
    projection.forget();
    expect(await projection.apply([fork], noTail)).toMatchObject({ applied: 1, skipped: 0 });
    expect(await documents()).toEqual([expect.objectContaining({ lastSeq: 30, lastId: 'fork' })]);
  });

  it('leaves a document of another log at the same sequence alone', async () => {
    const lost = logOf(1, 4);
    await projection.apply(lost.slice(0, 2), noTail);
    const fork: Recorded = { ...lost[1]!, id: 'fork' };
    await db.collection<LeadDocument>('leads_1').updateOne({ _id: 'lead-0' }, { $set: { lastId: 'fork' } });
    // It first writes on its own fold of the lost log, and reads the document when that misses.
    const { failed } = await projection.apply([{ ...lost[2]!, prevId: 'e-1' }], tailOf([lost[0]!, fork]));
    expect([failed.size, await documents()]).toEqual([1, [expect.objectContaining({ lastSeq: 20, lastId: 'fork' })]]);
  });

  it('folds the next batch while it still writes', async () => {
    const log = logOf(8, 6);
    const batches = Array.from({ length: 6 }, (_, at) => log.slice(at * 8, at * 8 + 8));
    const applied = await Promise.all(batches.map((batch) => projection.apply(batch, noTail)));
    expect(applied).toEqual(batches.map(() => ({ applied: 8, skipped: 0, gaps: 0, failed: new Map() })));
    expect(await documents()).toEqual(await afresh(log));
  });

  it('folds a lead again from its whole chain after a change of the fold', async () => {
    const log = logOf(2, 3);
    await projection.apply(log, noTail);
    const next = new Projection(db, { ...fold, stateVersion: 2 }, (state) => ({ ...view(state), status: 'next' }));
    expect(await next.apply([log[0]!], tailOf(log))).toMatchObject({ applied: 3, gaps: 1 });
    expect(
      (await documents()).map(({ status, stateVersion, history }) => [status, stateVersion, history.length]),
    ).toEqual([
      ['next', 2, 3],
      ['paused', 1, 3],
    ]);
    expect(await next.refold(10, tailOf(log))).toMatchObject({ applied: 3 });
    expect(await next.refold(10, tailOf(log))).toMatchObject({ applied: 0 });
    expect((await documents()).map(({ stateVersion }) => stateVersion)).toEqual([2, 2]);
  });

  it('goes on past a lead that cannot be folded anew', async () => {
    const log = logOf(2, 3);
    await projection.apply(log, noTail);
    const next = new Projection(db, { ...fold, stateVersion: 2 }, view);
    const tail: Tail = (leadId, after) =>
      leadId === 'lead-0' ? Promise.reject(new Error('a hole')) : tailOf(log)(leadId, after);
    const first = await next.refold(1, tail);
    expect([first.last, [...first.failed.keys()]]).toEqual(['lead-0', ['lead-0']]);
    const second = await next.refold(1, tail, first.last);
    expect(second).toMatchObject({ applied: 3, last: 'lead-1' });
    expect(await next.refold(1, tail, second.last)).toMatchObject({ applied: 0, last: undefined });
  });

  it('stores any content of a form', async () => {
    const deep = `${'{"a":'.repeat(400)}1${'}'.repeat(400)}`;
    const reason = `{"$where":"1","a.b":{"$ref":1},"\\u0000":"\\u0000","":null,"__proto__":{"x":1},"deep":${deep}}`;
    const log = logOf(1, 1, reason);
    expect(await projection.apply(log, noTail)).toMatchObject({ applied: 1, failed: new Map() });
    expect(JSON.stringify((await stateOf('lead-0')).fields)).toBe(JSON.stringify(JSON.parse(reason)));
  });

  it('is the fold of the log, in any order and number of deliveries', async () => {
    const log = logOf(3, 4);
    await projection.apply(log, noTail);
    const expected = await documents();
    const anyOrder = fc.shuffledSubarray([...log, ...log], { minLength: log.length * 2 });
    await fc.assert(
      fc.asyncProperty(anyOrder, fc.integer({ min: 1, max: 7 }), async (arriving, size) => {
        await db.collection('leads_1').deleteMany({});
        const fresh = new Projection(db, fold, view);
        for (let at = 0; at < arriving.length; at += size)
          await fresh.apply(arriving.slice(at, at + size), tailOf(log));
        expect(await documents()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  describe('a query of the read model', () => {
    const queries = () => new LeadQueries<Seen>(db);
    const now = Temporal.Instant.from('2026-11-23T09:15:00Z');

    it('returns a state to decide from', async () => {
      await projection.apply(logOf(1, 2), noTail);
      expect(await queries().baseline('lead-0')).toEqual({
        state: { seqs: [10, 20], paused: false, fields: {} },
        stateVersion: 1,
        version: 2,
        lastSeq: 20,
        lastId: 'e-1',
        lastAtMs: 1_700_000_001_000,
      });
      expect(await queries().baseline('nobody')).toBeUndefined();
    });

    it('for a state gives up within half a second when MongoDB is away', async () => {
      const away = new MongoClient('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 20_000 });
      await expect(new LeadQueries(away.db()).baseline('lead-0')).rejects.toThrow(/timeout/);
      await away.close();
    });

    it('returns due leads, the oldest first, by an index', async () => {
      await projection.apply(logOf(3, 2), noTail);
      await db
        .collection<LeadDocument>('leads_1')
        .updateOne({ _id: 'lead-2' }, { $set: { nextActionAt: new Date('2026-11-20T00:00:00Z') } });
      await db
        .collection<LeadDocument>('leads_1')
        .updateOne({ _id: 'lead-1' }, { $set: { nextActionAt: new Date('2026-11-23T09:15:01Z') } });
      expect(
        (await queries().dueLeads(now, 10)).map(({ leadId, lastSeq, nextActionAt }) => [
          leadId,
          lastSeq,
          nextActionAt.toISOString(),
        ]),
      ).toEqual([
        ['lead-2', 60, '2026-11-20T00:00:00.000Z'],
        ['lead-0', 40, '2026-11-23T09:15:00.000Z'],
      ]);
      expect(await queries().overdueCount(now)).toBe(2);
    });

    it('returns due leads page by page, many at the same instant, and reads no others', async () => {
      await projection.apply(logOf(7, 2), noTail);
      const watched = await new MongoClient(uri, { monitorCommands: true }).connect();
      const asked: Document[] = [];
      watched.on('commandStarted', ({ command }: { command: Document }) => {
        if (command['limit'] === 3) asked.push(command);
      });
      const pages: string[][] = [];
      for (let after: Cursor | undefined; pages.length < 3;) {
        const page = await new LeadQueries<Seen>(watched.db()).dueLeads(now, 3, after);
        pages.push(page.map(({ leadId }) => leadId));
        after = page.at(-1);
      }
      await watched.close();
      expect(pages).toEqual([['lead-0', 'lead-1', 'lead-2'], ['lead-3', 'lead-4', 'lead-5'], ['lead-6']]);
      const read = await Promise.all(
        asked.map(({ lsid, $db, ...explain }) => db.command({ explain, verbosity: 'executionStats' })),
      );
      expect(read).toMatchObject([3, 3, 1].map((totalDocsExamined) => ({ executionStats: { totalDocsExamined } })));
    });

    it('finds a lead by its id, and by the search keys of its view', async () => {
      await projection.apply(logOf(1, 1), noTail);
      expect(await queries().lead('lead-0')).toMatchObject({
        status: 'paused',
        searchKeys: ['jane@example.com', 'example.com', 'example'],
      });
      const lists = new LeadLists(db);
      const [listed] = await lists.list({ status: 'paused', tag: 'source:test', search: 'jane@example.COM' }, 10);
      expect(listed).toMatchObject({ _id: 'lead-0', email: 'Jane@Example.com' });
      expect(Object.keys(listed ?? {})).not.toEqual(expect.arrayContaining(['history', 'state', 'searchKeys']));
      expect(await lists.list({ status: 'active' }, 10)).toEqual([]);
    });

    it('returns leads that wait for an operator or have a send of unknown outcome, and reads no others', async () => {
      await projection.apply(logOf(4, 2), noTail);
      await db
        .collection<LeadDocument>('leads_1')
        .updateOne({ _id: 'lead-1' }, { $set: { phase: 'parked', unknownSends: 0 } });
      await db
        .collection<LeadDocument>('leads_1')
        .updateOne({ _id: 'lead-2' }, { $set: { phase: 'planned', unknownSends: 0 } });
      await db
        .collection<LeadDocument>('leads_1')
        .updateOne({ _id: 'lead-3' }, { $set: { phase: 'completed', unknownSends: 2 } });
      const watched = await new MongoClient(uri, { monitorCommands: true }).connect();
      const asked: Document[] = [];
      watched.on('commandStarted', ({ command }: { command: Document }) => {
        if (command['find'] === 'leads_1') asked.push(command);
      });
      const unsettled = await new LeadQueries<Seen>(watched.db()).unsettledLeads();
      await watched.close();
      expect(unsettled.sort()).toEqual(['lead-1', 'lead-3']);
      const read = await Promise.all(
        asked.map(({ lsid, $db, ...explain }) => db.command({ explain, verbosity: 'executionStats' })),
      );
      expect(read).toMatchObject([{ executionStats: { totalDocsExamined: 2 } }]);
    });

    it('works during a rebuild and after its swap', async () => {
      await projection.apply(logOf(1, 1), noTail);
      const asked = queries();
      expect(await asked.lead('lead-0')).toMatchObject({ version: 1 });
      expect(await provisionLeads(db, 'leads_2')).toBe('leads_2');
      await new Projection(db, fold, view, { collection: 'leads_2' }).apply(logOf(1, 3), noTail);
      expect((await documents()).map(({ version }) => version)).toEqual([1]);
      await aliases(db).updateOne({ _id: 'leads' }, { $set: { collection: 'leads_2' } });
      expect(await queries().lead('lead-0')).toMatchObject({ version: 3 });
      expect(await provisionLeads(db)).toBe('leads_2');
    });
  });
});
