import { MongoBulkWriteError, MongoNetworkError, type Db } from 'mongodb';
import type { LeadDocument } from '@leadstream/projection/collections';
import type { Witness } from '@leadstream/contracts/guard';
import { logStreams } from '@leadstream/contracts/streams';
import { createdOf } from './broker.ts';
import type { RuntimeListener } from './runtime.ts';
import { promised, type Process, type SimulatedRun } from './faults.ts';

const DUPLICATE_KEY = 11_000;
const CALL_TIMEOUT_MS = 5_000;
const SHARED = 0.3;
const HOUSEMATE = '00000000-0000-8000-8000-000000000000';

interface ReplaceOne {
  filter: { _id: string; lastSeq?: number; lastId?: string; updatedAt?: Date };
  replacement: LeadDocument;
}
type Operation = { insertOne: { document: LeadDocument } } | { replaceOne: ReplaceOne };
interface Advance {
  _id: string;
  epoch: string;
  created: string;
  highSeq: { $lt: number };
}
interface Filter {
  lastSeq?: { $gt: number };
  _id?: { $in: string[] };
  nextActionAt?: { $lte: Date };
  idleAt?: { $lte: Date };
  stateVersion?: { $ne: number };
  numbers?: { $eq: string };
}

/** An insert as a replacement whose guard no document meets. */
const replacing = (operation: Operation): ReplaceOne => {
  if ('replaceOne' in operation) return operation.replaceOne;
  const { document } = operation.insertOne;
  return { filter: { _id: document._id, lastSeq: 0 }, replacement: document };
};

/** The part of MongoDB that the read model uses: one collection; each replacement is guarded. */
export class Database {
  readonly leads = new Map<string, LeadDocument>();
  /** By stream, the witnesses of the log that this installation began with. */
  readonly witnesses: Map<string, Witness>;
  readonly #run: SimulatedRun;
  readonly #on: RuntimeListener;
  readonly #isShared: boolean;

  constructor(run: SimulatedRun, on: RuntimeListener) {
    this.#run = run;
    this.#on = on;
    const witness = { epoch: 'first', created: createdOf(run), highSeq: 0, highId: '', at: new Date(0) };
    this.witnesses = new Map(logStreams(run.partitions).map(({ stream }) => [stream, witness]));
    this.#isShared = run.texts && run.choices.happens('shared phone', SHARED);
  }

  get dueMs(): number {
    return Math.min(
      ...[...this.leads.values()].flatMap(({ nextActionAt, idleAt }) => [
        nextActionAt instanceof Date ? nextActionAt.getTime() : Infinity,
        idleAt instanceof Date && this.#run.waitsForMonths ? idleAt.getTime() : Infinity,
      ]),
    );
  }

  /** The database connection of one process. */
  dial(process: Process): Db {
    const call = <T>(what: string, answer: () => T) =>
      promised(
        this.#run.call(process, what, {
          answer: () => {
            if (this.#run.goesWrong('database away')) throw new MongoNetworkError('away');
            return answer();
          },
          timeoutError: () => new MongoNetworkError('no answer'),
          timeoutMs: CALL_TIMEOUT_MS,
        }),
      );
    const alias = { findOne: () => Promise.resolve(null) };
    const leads = {
      collectionName: 'leads_1',
      find: (filter: Filter) => this.#cursor(() => call('look leads up', () => this.#found(filter))),
      findOne: ({ _id }: { _id: string }) => call('look the lead up', () => this.leads.get(_id) ?? null),
      bulkWrite: (operations: Operation[]) => call('write documents', () => this.#write(operations.map(replacing))),
    };
    const guard = {
      // The caller limits this read to two seconds by an abort signal, which a run does not simulate: the read answers
      // or fails at once.
      findOne: ({ _id = '', epoch }: { _id?: string | object; epoch?: string }) => {
        // The request for a witness of another log's stream, which a run does not have.
        if (typeof _id !== 'string') return Promise.resolve(null);
        if (this.#run.goesWrong('database away')) return Promise.reject(new MongoNetworkError('away'));
        const witness = this.witnesses.get(_id) ?? null;
        return Promise.resolve(epoch === undefined || witness?.epoch === epoch ? witness : null);
      },
      updateOne: (filter: Advance, { $set }: { $set: Partial<Witness> }) =>
        call('advance the witness', () => this.#advance(filter, $set)),
      replaceOne: ({ _id }: { _id: string }, witness: Witness) =>
        call('replace the witness', () => {
          this.witnesses.set(_id, witness);
        }),
    };
    // The driver's Db has many more methods than the services call.
    return {
      collection: (name: string) => (name === 'projection_alias' ? alias : name === 'guard' ? guard : leads),
    } as unknown as Db;
  }

  #cursor(toArray: () => Promise<LeadDocument[]>) {
    return {
      toArray,
      async *[Symbol.asyncIterator]() {
        yield* await toArray();
      },
    };
  }

  #advance({ _id, epoch, created, highSeq: { $lt } }: Advance, news: Partial<Witness>): { matchedCount: number } {
    const witness = this.witnesses.get(_id);
    if (witness?.epoch !== epoch || witness.created !== created || witness.highSeq >= $lt) return { matchedCount: 0 };
    this.witnesses.set(_id, { ...witness, ...news });
    return { matchedCount: 1 };
  }

  #found({ _id, nextActionAt, idleAt, lastSeq, numbers }: Filter): LeadDocument[] {
    const all = [...this.leads.values()];
    if (lastSeq) return all.filter((lead) => lead.lastSeq > lastSeq.$gt);
    if (numbers) return this.#ofNumber(all, numbers.$eq);
    if (_id) return all.filter((lead) => _id.$in.includes(lead._id));
    if (idleAt) return all.filter((lead) => lead['idleAt'] instanceof Date && lead['idleAt'] <= idleAt.$lte);
    return all.filter(
      (lead) => nextActionAt && lead['nextActionAt'] instanceof Date && lead['nextActionAt'] <= nextActionAt.$lte,
    );
  }

  /** Another lead of the phone comes first, whose log has nothing for the text. */
  #ofNumber(all: readonly LeadDocument[], number: string): LeadDocument[] {
    const found = all.filter((lead) => (lead['numbers'] as string[]).includes(number));
    return found.flatMap((lead) => (this.#isShared ? [{ ...lead, _id: HOUSEMATE }, lead] : [lead]));
  }

  #write(operations: ReplaceOne[]): void {
    const writeErrors = operations.flatMap(({ filter, replacement }, index) => {
      const there = this.leads.get(filter._id);
      // An upsert whose guard does not match fails with a duplicate key: the document exists.
      const isMet = (name: 'lastSeq' | 'lastId' | 'updatedAt') =>
        filter[name] === undefined || there?.[name]?.valueOf() === filter[name].valueOf();
      if (there && !(isMet('lastSeq') && isMet('lastId') && isMet('updatedAt')))
        return [{ index, code: DUPLICATE_KEY }];
      if (this.#run.goesWrong('write lost')) this.#on.lost();
      else this.leads.set(filter._id, replacement);
      return [];
    });
    if (writeErrors.length < operations.length) this.#on.written();
    if (writeErrors.length > 0)
      throw new MongoBulkWriteError(
        { message: 'duplicate key', code: DUPLICATE_KEY, writeErrors } as never,
        {} as never,
      );
  }
}
