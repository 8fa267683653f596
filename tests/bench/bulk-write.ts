import { leadFold } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { MongoClient, type AnyBulkWriteOperation, type BulkWriteOptions, type Db, type Document } from 'mongodb';
import { z } from 'zod';
import { cpuMs } from './cpu.ts';
import { logOfRuns } from './histories.ts';

/**
 * The projector's reference: its writes only. The batches are recorded from the real projection before the measurement;
 * then each job writes them into a database of its own, one after the other.
 */
export const bulkJobSchema = z.object({ database: z.string() });
export const bulkDoneSchema = z.object({ ms: z.number(), cpuMs: z.number() });

export type Batch = [operations: AnyBulkWriteOperation<Document>[], options: BulkWriteOptions];

/** The writes of the real projection of so many runs; the database is dropped after it. */
export async function recordBatches(db: Db, leads: number, batchMax: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  await provisionLeads(db);
  const collection = db.collection('leads_1');
  const write = collection.bulkWrite.bind(collection);
  collection.bulkWrite = async (operations, options = {}) => {
    batches.push([[...operations], options]);
    return write(operations, { ...options, writeConcern: { w: 1 } });
  };
  const projection = new Projection(recording(db, collection), leadFold, view);
  const log = logOfRuns(leads);
  for (let at = 0; at < log.length; at += batchMax)
    await projection.apply(log.slice(at, at + batchMax), () => Promise.reject(new Error('nothing is missing')));
  await db.dropDatabase();
  return batches;
}

/** The database, except for the one collection. */
const recording = (db: Db, collection: Document): Db =>
  new Proxy(db, {
    get: (target, name) => {
      if (name === 'collection')
        return (wanted: string) => (wanted === 'leads_1' ? collection : target.collection(wanted));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

async function writeAll(db: Db, batches: readonly Batch[]): Promise<z.infer<typeof bulkDoneSchema>> {
  await provisionLeads(db);
  const collection = db.collection('leads_1');
  const cpuBefore = cpuMs(process.pid);
  const startedMs = performance.now();
  for (const [operations, options] of batches) await collection.bulkWrite(operations, options);
  const ms = performance.now() - startedMs;
  const cpu = cpuMs(process.pid) - cpuBefore;
  await db.dropDatabase();
  return { ms, cpuMs: cpu };
}

const [uri = '', leads = '', batchMax = ''] = process.argv.slice(2);
if (process.send) {
  const client = await new MongoClient(uri).connect();
  const batches = await recordBatches(client.db('recorded'), Number(leads), Number(batchMax));
  process.on('message', (message) => {
    const { database } = bulkJobSchema.parse(message);
    void writeAll(client.db(database), batches).then((done) => process.send?.(done));
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');
}
