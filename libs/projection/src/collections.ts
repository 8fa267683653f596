import type { Collection, Db } from 'mongodb';

/**
 * What people and queries see of a lead, made of our own keys only: a key that a form chose can be one that MongoDB does
 * not store. ISO strings in fields that end in `At` are stored as dates.
 */
export type View = Readonly<Record<string, unknown>>;

export interface HistoryEntry {
  seq: number;
  version: number;
  type: string;
  at: Date;
  summary: string;
}

/** A lead in the read model: its view, and beside it what deciders start from. */
export interface LeadDocument {
  _id: string;
  /** JSON text: exactly what was folded, whatever keys, depth or characters a form sent. */
  state: string;
  /** The last 50. */
  history: HistoryEntry[];
  version: number;
  lastSeq: number;
  stateVersion: number;
  createdAt: Date;
  updatedAt: Date;
  [shown: string]: unknown;
}

interface Alias {
  _id: string;
  collection: string;
}

const FIRST = 'leads_1';
const ALIAS_CACHE_MS = 1_000;
export const DUPLICATE_KEY = 11_000;

const aliases = (db: Db): Collection<Alias> => db.collection<Alias>('projection_alias');

/** Case does not matter in a search by address; the same collation on index and query makes that a lookup. */
export const CASE_INSENSITIVE = { locale: 'en', strength: 2 } as const;

/**
 * Makes sure that there is a live collection, and the indexes of `name` (default: the live one). Returns its name,
 * `leads_<n>`. Any number of processes may call it at once.
 */
export async function provisionLeads(db: Db, name?: string): Promise<string> {
  const live = await liveName(db);
  const collection = db.collection(name ?? live);
  await collection.createIndexes([
    { key: { nextActionAt: 1 }, partialFilterExpression: { nextActionAt: { $exists: true } } },
    { key: { status: 1 } }, { key: { tags: 1 } }, { key: { lastActivityAt: 1 } }, { key: { stateVersion: 1 } },
    { key: { email: 1 }, collation: CASE_INSENSITIVE },
  ]);
  return collection.collectionName;
}

async function liveName(db: Db): Promise<string> {
  try {
    await aliases(db).updateOne({ _id: 'leads' }, { $setOnInsert: { collection: FIRST } }, { upsert: true });
  } catch (error) {
    // Two upserts raced, and the other one has made it.
    if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_KEY)) throw error;
  }
  return (await aliases(db).findOne({ _id: 'leads' }))?.collection ?? FIRST;
}

/** Makes `name` the collection that everybody reads, within a second: the last step of a rebuild. */
export async function swapLeads(db: Db, name: string): Promise<void> {
  await aliases(db).updateOne({ _id: 'leads' }, { $set: { collection: name } }, { upsert: true });
}

export type LeadCollection = (options?: { timeoutMS?: number; signal?: AbortSignal }) => Promise<Collection<LeadDocument>>;

/** The live collection, its name looked up at most once a second. */
export function liveLeads(db: Db): LeadCollection {
  let known: { collection: Collection<LeadDocument>; until: number } | undefined;
  return async (options) => {
    if (known && performance.now() < known.until) return known.collection;
    const alias = await aliases(db).findOne({ _id: 'leads' }, options);
    const collection = db.collection<LeadDocument>(alias?.collection ?? FIRST);
    known = { collection, until: performance.now() + ALIAS_CACHE_MS };
    return collection;
  };
}
