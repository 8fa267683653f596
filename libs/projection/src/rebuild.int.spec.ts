import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type Db } from 'mongodb';
import { aliases } from './alias.ts';
import { provisionLeads, type LeadDocument } from './collections.ts';
import { Lease, MakingElsewhere } from './lease.ts';
import { Projection } from './projection.ts';
import { leadCollections, NotFolded, rebuildLeads, rollbackLeads, type WholeLog } from './rebuild.ts';
import { fold, logOf, tailOf, view } from './testing/seen.ts';

/** A log that grows during the read: `meanwhile` runs before each batch. */
function growing(
  log: readonly Recorded[],
  meanwhile: () => Promise<void> = () => Promise.resolve(),
  batch = 5,
): WholeLog {
  return {
    head: () => Promise.resolve([log.at(-1)?.seq ?? 0]),
    async *read({ after: [afterSeq] = [0], upTo: [upTo] }) {
      const events = log.filter(({ seq }) => seq > (afterSeq ?? 0) && seq <= (upTo ?? 0));
      for (let at = 0; at < events.length; at += batch) {
        await meanwhile();
        const some = events.slice(at, at + batch);
        yield { events: some, place: [some.at(-1)?.seq ?? 0] };
      }
    },
    tail: (leadId, afterSeq) => tailOf(log)(leadId, afterSeq),
  };
}

describe('a rebuild of the read model', () => {
  let client: MongoClient;
  let db: Db;
  let projector: Projection<ReturnType<typeof fold.evolve>>;
  const into = (collection: string) => new Projection(db, fold, view, { collection });
  const documents = (collection: string) =>
    db
      .collection<LeadDocument>(collection)
      .find({}, { sort: { _id: 1 } })
      .toArray();
  /** The fold of the whole log. */
  const folded = async (log: readonly Recorded[]) => {
    await into('expected').apply(log, tailOf(log));
    const expected = await documents('expected');
    await db.dropCollection('expected');
    return expected;
  };

  beforeAll(async () => {
    client = await new MongoClient(mongoDatabase('rebuild').uri).connect();
    db = client.db();
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    await db.dropDatabase();
    await provisionLeads(db);
    projector = new Projection(db, fold, view);
  });

  it('makes a new collection of the whole log, with its indexes, and keeps the old one', async () => {
    const log = logOf(3, 4);
    await projector.apply(log, tailOf(log));
    const seen: number[] = [];
    expect(await rebuildLeads(db, into, growing(log), { onProgress: ({ seq }) => seen.push(seq) })).toEqual({
      collection: 'leads_2',
      previous: 'leads_1',
      events: 12,
      failed: new Map(),
    });
    expect(await documents('leads_2')).toEqual(await documents('leads_1'));
    expect(await leadCollections(db)).toEqual({
      live: 'leads_2',
      previous: ['leads_1'],
      documents: { leads_1: 3, leads_2: 3 },
    });
    expect((await db.collection('leads_2').indexes()).length).toBe((await db.collection('leads_1').indexes()).length);
    expect(seen).toEqual([50, 100, 120]);
  });

  it('restores dropped and corrupted documents', async () => {
    const log = logOf(3, 4);
    await projector.apply(log, tailOf(log));
    await db.collection('leads_1').updateMany({}, { $set: { status: 'spoilt', state: '{}' } });
    await rebuildLeads(db, into, growing(log));
    expect(await documents('leads_2')).toEqual(await folded(log));
    await db.dropCollection('leads_2');
    await rebuildLeads(db, into, growing(log));
    expect(await documents('leads_3')).toEqual(await folded(log));
  });

  it('loses no event that a projector acknowledges meanwhile, at any moment of the swap', async () => {
    const full = logOf(5, 24);
    for (let round = 0; round < 8; round++) {
      const log = full.slice(0, 60);
      // Chance decides whether the rebuild reads an event before, while or after the projector stores it.
      const grow = async () => {
        const next = full.slice(log.length, log.length + 1 + Math.floor(Math.random() * 4));
        log.push(...next);
        const stored = projector.apply(next, tailOf(log));
        if (Math.random() < 0.5) await stored;
        else storing.push(stored);
      };
      const storing: Promise<unknown>[] = [];
      const flowing = (async () => {
        while (log.length < full.length) await grow();
      })();
      const { collection } = await rebuildLeads(db, into, growing(log));
      await flowing;
      await Promise.all(storing);
      expect(await documents(collection)).toEqual(await folded(full));
    }
  });

  it('has the events of a write to the old collection during the swap', async () => {
    const log = logOf(1, 6);
    await projector.apply(log.slice(0, 3), tailOf(log));
    const [reading, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Has chosen the old collection, and hangs in the middle of its work.
    const slow = projector.apply([log[5]!], async (leadId, afterSeq) => {
      reading.resolve();
      await go.promise;
      return tailOf(log)(leadId, afterSeq);
    });
    await reading.promise;
    await rebuildLeads(db, into, growing(log.slice(0, 4)));
    go.resolve();
    await slow;
    expect(await documents('leads_2')).toEqual(await folded(log));
  });

  it('has the events acknowledged between the last read of the log and the swap', async () => {
    const full = logOf(2, 4);
    const log = full.slice(0, 4);
    let looks = 0;
    const last = {
      ...growing(log),
      head: async () => {
        const seen = log.at(-1)?.seq ?? 0;
        if (++looks === 3) {
          log.push(...full.slice(4));
          await projector.apply(full.slice(4), tailOf(full));
        }
        return [seen];
      },
    };
    await rebuildLeads(db, into, last);
    expect(looks).toBe(3);
    expect(await documents('leads_2')).toEqual(await folded(full));
  });

  it('that dies has swapped nothing, and the next one starts over and cleans up', async () => {
    const log = logOf(3, 4);
    await projector.apply(log, tailOf(log));
    let batches = 0;
    const dying = growing(log, () => (++batches > 1 ? Promise.reject(new Error('died')) : Promise.resolve()));
    await expect(rebuildLeads(db, into, dying)).rejects.toThrow('died');
    expect(await leadCollections(db)).toMatchObject({ live: 'leads_1', previous: [] });
    expect(await documents('leads_2')).not.toEqual([]);
    expect(await rebuildLeads(db, into, growing(log))).toMatchObject({ collection: 'leads_3' });
    expect(await db.listCollections({ name: 'leads_2' }).toArray()).toEqual([]);
  });

  it('runs one at a time; a dead one blocks others until its lease ends', async () => {
    await Lease.take(db, 'leads_2');
    await expect(rebuildLeads(db, into, growing([]))).rejects.toThrow(MakingElsewhere);
    await aliases(db).updateOne({ _id: 'leads' }, { $set: { 'making.until': new Date(0) } });
    expect(await rebuildLeads(db, into, growing([]))).toMatchObject({ collection: 'leads_3' });
  });

  it('that was delayed beyond its lease can’t swap any more', async () => {
    const log = logOf(1, 2);
    const expire = async () =>
      void (await aliases(db).updateOne({ _id: 'leads' }, { $set: { 'making.until': new Date(0) } }));
    await expect(rebuildLeads(db, into, growing(log, expire))).rejects.toThrow(/nothing was swapped/);
    expect((await leadCollections(db)).live).toBe('leads_1');
  });

  it('keeps two former collections, and a rollback brings the old one up to date', async () => {
    const log = logOf(2, 3);
    for (let count = 0; count < 3; count++) await rebuildLeads(db, into, growing(log.slice(0, 4)));
    expect(await leadCollections(db)).toMatchObject({ live: 'leads_4', previous: ['leads_3', 'leads_2'] });
    await projector.apply(log, tailOf(log));
    await rollbackLeads(db, into, growing(log));
    expect(await leadCollections(db)).toMatchObject({ live: 'leads_3', previous: ['leads_4', 'leads_2'] });
    expect(await documents('leads_3')).toEqual(await folded(log));
  });

  it('rejects a rollback without a former collection', async () => {
    await expect(rollbackLeads(db, into, growing([]))).rejects.toThrow('there is no collection to go back to');
  });

  it('swaps nothing while a lead can’t be folded, unless `withoutFailed` is set', async () => {
    const log = logOf(2, 3).filter(({ seq }) => seq !== 30);
    await expect(rebuildLeads(db, into, growing(log))).rejects.toThrow(NotFolded);
    expect((await leadCollections(db)).live).toBe('leads_1');
    const { failed } = await rebuildLeads(db, into, growing(log), { withoutFailed: true });
    expect([...failed.keys()]).toEqual(['lead-0']);
  });

  it('swaps nothing where the caller objects at the end, and may be repeated', async () => {
    const log = logOf(2, 3);
    const beforeSwap = () => Promise.reject(new Error('LEADS was restored meanwhile'));
    await expect(rebuildLeads(db, into, growing(log), { beforeSwap })).rejects.toThrow('restored meanwhile');
    expect((await leadCollections(db)).live).toBe('leads_1');
    await rebuildLeads(db, into, growing(log));
    expect(await documents((await leadCollections(db)).live)).toEqual(await folded(log));
  });

  it('folds a lead whose chain could not be read for a moment', async () => {
    const log = logOf(1, 3);
    let asked = 0;
    const hole = {
      ...growing(log.slice(1)),
      tail: (leadId: string, afterSeq: number) =>
        ++asked === 1 ? Promise.reject(new Error('no answer')) : tailOf(log)(leadId, afterSeq),
    };
    await rebuildLeads(db, into, hole);
    expect(await documents('leads_2')).toEqual(await folded(log));
  });
});
