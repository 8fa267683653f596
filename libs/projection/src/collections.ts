import { MongoServerError, type Collection, type Db } from 'mongodb';
import { liveName, provisionAlias } from './alias.ts';

/**
 * The public view of a lead, made of our own keys only: MongoDB may be unable to store a key from a form. ISO strings
 * in fields that end in `At` are stored as dates.
 */
export type View = Readonly<Record<string, unknown>>;

export interface HistoryEntry {
  seq: number;
  version: number;
  type: string;
  at: Date;
  summary: string;
}

/** A lead in the read model: its view, and the baseline of deciders. */
export interface LeadDocument {
  _id: string;
  /** JSON text: exactly the folded state, with any keys, depth or characters of a form. */
  state: string;
  /** The last 50. */
  history: HistoryEntry[];
  version: number;
  lastSeq: number;
  /**
   * Id of the event at `lastSeq`: after a restore another event may have the sequence. Absent in a document of an older
   * release.
   */
  lastId?: string;
  stateVersion: number;
  createdAt: Date;
  /**
   * The time of the event at `lastSeq`: one that is made again after a restore can have the sequence and id of a lost
   * one.
   */
  updatedAt: Date;
  [shown: string]: unknown;
}

/** The projector's durable consumer of LEADS: its position is the read model's position. */
export const PROJECTOR = 'projector-1';

const ALIAS_CACHE_MS = 1_000;

/** Not by a time that changes: each event would rewrite the entries of four indexes. */
export const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;

/** Before every date: a partial index with it has the documents with a date, and none with null. */
export const EVER = new Date(0);

/** Statuses of leads that may have a run under way. */
export const HELD_OR_ACTIVE = ['active', 'paused', 'parked'];

/** Indexes of older releases that no query uses. */
const FORMER_INDEXES = ['email_1', 'lastActivityAt_1', 'status_1', 'tags_1', 'tags_1_createdAt_-1__id_-1'];
const INDEX_NOT_FOUND = 27;

/**
 * Creates the live collection when missing, and the indexes of `name` (default: the live one); drops former ones.
 * Returns its name, `leads_<n>`. Concurrent calls are safe; an older projector that starts creates its indexes again,
 * until the next start of this one.
 */
export async function provisionLeads(db: Db, name?: string): Promise<string> {
  const live = await provisionAlias(db);
  const collection = db.collection(name ?? live);
  await collection.createIndexes([
    { key: { nextActionAt: 1, _id: 1 }, partialFilterExpression: { nextActionAt: { $exists: true } } },
    { key: { idleAt: 1, _id: 1 }, partialFilterExpression: { idleAt: { $gte: EVER } } },
    { key: { phase: 1 }, partialFilterExpression: { phase: 'parked' } },
    { key: { unknownSends: 1 }, partialFilterExpression: { unknownSends: { $gt: 0 } } },
    { key: NEWEST_FIRST },
    { key: { status: 1, ...NEWEST_FIRST } },
    { key: { sequence: 1, ...NEWEST_FIRST, status: 1 } },
    {
      // All that a count of runs reads; most writes leave a lead's phase as it was, and so this entry.
      key: { sequence: 1, sequenceVersion: 1, _id: 1, status: 1, phase: 1 },
      partialFilterExpression: { status: { $in: HELD_OR_ACTIVE } },
    },
    { key: { tags: 1, ...NEWEST_FIRST, status: 1, sequence: 1 } },
    { key: { searchKeys: 1 } },
    // An empty list is indexed too, unless the filter asks for a text.
    { key: { numbers: 1 }, partialFilterExpression: { numbers: { $type: 'string' } } },
    { key: { stateVersion: 1 } },
  ]);
  for (const former of FORMER_INDEXES)
    await collection.dropIndex(former).catch((error: unknown) => {
      if (!(error instanceof MongoServerError && error.code === INDEX_NOT_FOUND)) throw error;
    });
  return collection.collectionName;
}

export type LeadCollection = (options?: {
  timeoutMS?: number;
  signal?: AbortSignal;
}) => Promise<Collection<LeadDocument>>;

/** The live collection for readers, its name looked up at most once a second. */
export function liveLeads(db: Db): LeadCollection {
  let known: { collection: Collection<LeadDocument>; until: number } | undefined;
  return async (options) => {
    if (known && performance.now() < known.until) return known.collection;
    const collection = db.collection<LeadDocument>(await liveName(db, options));
    known = { collection, until: performance.now() + ALIAS_CACHE_MS };
    return collection;
  };
}
