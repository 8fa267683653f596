import { EVER, provisionLeads } from '@leadstream/projection/collections';
import { startMongo } from '@leadstream/testing/servers';
import { MongoClient, type Db } from 'mongodb';
import { recordBatches, type Batch } from './bulk-write.ts';
import { logOfRuns } from './histories.ts';
import { compare, compared, type Compared } from './rounds.ts';

const BATCH_MAX = 500;
const INSERTED_AT_ONCE = 5_000;
/** Beginnings of the names of indexes that serve the lists alone. */
const OF_LISTS = /^(createdAt|sequence|tags|searchKeys)_/;

export interface IndexesOptions {
  leads: number;
  others: number;
  rounds: number;
}

/**
 * The projector's recorded writes beside `others` documents, with all indexes and without those of the lists. Both
 * collections are on one server.
 */
export async function benchIndexes(
  started: AsyncDisposableStack,
  { leads, others, rounds }: IndexesOptions,
): Promise<Record<string, Compared>> {
  const mongo = await startMongo();
  started.defer(() => mongo.stop());
  const client = await new MongoClient(mongo.url).connect();
  started.defer(() => client.close());
  const batches = await recordBatches(client.db('recorded'), leads, BATCH_MAX);
  const [all, few] = [client.db('all'), client.db('few')];
  for (const db of [all, few]) await fill(db, others);
  for (const { name = '' } of await few.collection('leads_1').indexes())
    if (OF_LISTS.test(name)) await few.collection('leads_1').dropIndex(name);
  const events = logOfRuns(leads).length;
  const measured = await compare(
    rounds,
    () => perSecond(all, batches, events),
    () => perSecond(few, batches, events),
  );
  return { rate: compared('events/s', measured, (rate) => rate) };
}

async function perSecond(db: Db, batches: readonly Batch[], events: number): Promise<number> {
  const leads = db.collection<{ _id: string }>('leads_1');
  const startedMs = performance.now();
  for (const [operations, options] of batches) await leads.bulkWrite(operations as never, options);
  const ms = performance.now() - startedMs;
  await leads.deleteMany({ _id: { $not: /^other-/ } });
  return (events * 1_000) / ms;
}

async function fill(db: Db, others: number): Promise<void> {
  await provisionLeads(db);
  for (let from = 0; from < others; from += INSERTED_AT_ONCE) {
    const documents = Array.from({ length: Math.min(INSERTED_AT_ONCE, others - from) }, (_, index) =>
      other(from + index),
    );
    await db.collection<{ _id: string }>('leads_1').insertMany(documents, { ordered: false });
  }
}

const other = (n: number) => ({
  _id: `other-${n}`,
  status: n % 3 === 0 ? 'active' : 'completed',
  sequence: 'content-nurture',
  tags: ['source:whitepaper'],
  searchKeys: [`${n}.lead@example.com`, 'example.com', `jane doe ${n}`, `doe ${n}`, `1555${n}`],
  stateVersion: 0,
  createdAt: new Date(EVER.getTime() + n),
});
