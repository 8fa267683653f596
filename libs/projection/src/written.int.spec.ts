import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import fc from 'fast-check';
import { MongoClient, type Db } from 'mongodb';
import { provisionLeads, type LeadDocument } from './collections.ts';
import { Projection, type Tail } from './projection.ts';
import { fold, logOf, tailOf, view, type Seen } from './testing/seen.ts';
import { withWrite } from './testing/write.ts';

const noTail: Tail = (leadId) => Promise.reject(new Error(`nothing is missing of ${leadId}`));

describe('a lead that a projection reports as written', () => {
  let client: MongoClient;
  let db: Db;
  let projection: Projection<Seen>;
  const documents = () =>
    db
      .collection<LeadDocument>('leads_1')
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const stateOf = async (leadId: string) =>
    JSON.parse((await db.collection<LeadDocument>('leads_1').findOne({ _id: leadId }))?.state ?? '{}') as Seen;

  beforeAll(async () => {
    client = await new MongoClient(mongoDatabase('written').uri).connect();
    db = client.db();
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    await db.dropDatabase();
    await provisionLeads(db);
    projection = new Projection(db, fold, view);
  });

  it('has the events of an earlier batch that was written only in part, as another projector was faster', async () => {
    const log = logOf(1, 4);
    const other = new Projection(db, fold, view);
    await projection.apply(log.slice(0, 1), noTail);
    // The gap before the third event is read to the end of the log, while the other projector writes the second one.
    const tail: Tail = async (leadId, afterSeq) => {
      await other.apply(log.slice(0, 2), tailOf(log.slice(0, 2)));
      return tailOf(log)(leadId, afterSeq);
    };
    const applied = await Promise.all([projection.apply([log[2]!], tail), projection.apply([log[3]!], tail)]);
    expect(applied.map(({ failed }) => failed.size)).toEqual([0, 0]);
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30, 40] });
  });

  it('has the events of an earlier batch that was folded and then could not be read again', async () => {
    const log = logOf(1, 5);
    const other = new Projection(db, fold, view);
    await projection.apply(log.slice(0, 1), noTail);
    let reads = 0;
    const once: Tail = async (leadId, afterSeq) => {
      if (++reads > 1) throw new Error('the log gives no answer');
      await other.apply(log.slice(0, 2), tailOf(log));
      return tailOf(log)(leadId, afterSeq);
    };
    const [first, second] = await Promise.all([
      projection.apply([log[3]!], once),
      projection.apply([log[4]!], tailOf(log)),
    ]);
    expect([...first.failed.keys()]).toEqual(['lead-0']);
    expect(second).toMatchObject({ failed: new Map(), applied: 3 });
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30, 40, 50] });
  });

  it('is never reverted by a log that returns fewer events', async () => {
    const log = logOf(1, 3);
    await projection.apply(log, noTail);
    const next = new Projection(db, { ...fold, stateVersion: 2 }, view);
    const { failed } = await next.refold(10, tailOf(log.slice(0, 2)));
    expect([...failed.keys()]).toEqual(['lead-0']);
    expect(await stateOf('lead-0')).toMatchObject({ seqs: [10, 20, 30] });
  });

  describe.each(['before', 'after'])(
    'when MongoDB fails %s it has written, and the next batch is folded already',
    (when) => {
      const log = logOf(4, 6);
      const batches = Array.from({ length: 6 }, (_, at) => log.slice(at * 4, at * 4 + 4));
      /** Its second write fails. */
      const failing = () => {
        let writes = 0;
        return new Projection(
          withWrite(db, async (write) => {
            const isIt = ++writes === 2;
            if (isIt && when === 'before') throw new Error('MongoDB is away');
            const done = await write();
            if (isIt) throw new Error('MongoDB gives no answer');
            return done;
          }),
          fold,
          view,
        );
      };
      const refused = async (applied: Promise<unknown>[]) =>
        (await Promise.allSettled(applied)).map(({ status }) => status === 'rejected');

      it('only its batch fails, and the next ones write the missing events', async () => {
        const it = failing();
        expect(await refused(batches.map((batch) => it.apply(batch, tailOf(log))))).toEqual([
          false,
          true,
          false,
          false,
          false,
          false,
        ]);
        expect((await documents()).map(({ state }) => (JSON.parse(state) as Seen).seqs)).toEqual(
          ['lead-0', 'lead-1', 'lead-2', 'lead-3'].map((leadId) =>
            log.filter((event) => event.leadId === leadId).map(({ seq }) => seq),
          ),
        );
      });

      it('no unwritten event counts as written', async () => {
        const it = failing();
        const [first = [], second = []] = batches;
        await it.apply(first, noTail);
        const [lost, skipped] = await Promise.allSettled([it.apply(second, noTail), it.apply(second, noTail)]);
        expect(lost.status).toBe('rejected');
        expect(skipped).toMatchObject({
          status: 'fulfilled',
          value: when === 'before' ? { applied: 4, skipped: 0 } : { applied: 0, skipped: 4 },
        });
        expect((await documents()).map(({ lastSeq }) => lastSeq)).toEqual(second.map(({ seq }) => seq));
      });
    },
  );

  it('is written by then, with any failure and any order of two projectors', async () => {
    const log = logOf(2, 8);
    const batch = fc.record({
      who: fc.nat(1),
      from: fc.nat(14),
      length: fc.integer({ min: 1, max: 6 }),
      ticks: fc.nat(3),
    });
    const faults = fc.record({
      writes: fc.array(fc.boolean(), { maxLength: 4 }),
      reads: fc.array(fc.boolean(), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 4, maxLength: 16 }), faults, async (batches, { writes, reads }) => {
        await db.collection('leads_1').deleteMany({});
        const [failures, silences] = [writes.values(), reads.values()];
        const weak = withWrite(db, async (write) => {
          if (failures.next().value) throw new Error('MongoDB is away');
          return write();
        });
        const projections = [new Projection(weak, fold, view), new Projection(weak, fold, view)];
        const tail: Tail = async (leadId, afterSeq) => {
          if (silences.next().value) throw new Error('the log gives no answer');
          return tailOf(log)(leadId, afterSeq);
        };
        const early: number[] = [];
        const apply = async (who: number, events: Recorded[]) => {
          const { failed } = await projections[who]!.apply(events, tail);
          const lastSeq = new Map((await documents()).map((document) => [document._id, document.lastSeq]));
          early.push(
            ...events
              .filter(({ leadId, seq }) => !failed.has(leadId) && seq > (lastSeq.get(leadId) ?? 0))
              .map(({ seq }) => seq),
          );
        };
        const applying: Promise<void>[] = [];
        for (const { who, from, length, ticks } of batches) {
          applying.push(apply(who, log.slice(from, from + length)).catch(() => undefined));
          for (let tick = 0; tick < ticks; tick++) await setImmediate();
        }
        await Promise.all(applying);
        expect(early).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
