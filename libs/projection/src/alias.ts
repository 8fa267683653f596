import type { Collection, Db } from 'mongodb';

/**
 * The name of the read model's collection; the one document is only replaced as a whole, so no reader sees half a swap.
 */
export interface Alias {
  _id: 'leads';
  /** The collection that readers use. */
  collection: string;
  /** The collections before it, the latest first. */
  previous?: string[];
  making?: Making;
}

/** A collection under construction, for as long as its maker renews the lease. */
export interface Making {
  holder: string;
  collection: string;
  /** By MongoDB's clock. Once it has passed, the holder has lost the lease for good. */
  until: Date;
  /** It has nearly caught up: from now on the projector writes it too. */
  followed?: boolean;
}

const FIRST = 'leads_1';
export const DUPLICATE_KEY = 11_000;

/** Majority and journalled: a process that has the answer acts on it in another collection. */
export const aliases = (db: Db): Collection<Alias> =>
  db.collection<Alias>('projection_alias', { writeConcern: { w: 'majority', j: true } });

/** Creates the alias when missing. Returns the name of the live collection. Concurrent calls are safe. */
export async function provisionAlias(db: Db): Promise<string> {
  try {
    await aliases(db).updateOne({ _id: 'leads' }, { $setOnInsert: { collection: FIRST } }, { upsert: true });
  } catch (error) {
    // Two upserts raced, and the other one created it.
    if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_KEY)) throw error;
  }
  return liveName(db);
}

export async function liveName(db: Db, options?: { timeoutMS?: number; signal?: AbortSignal }): Promise<string> {
  return (await aliases(db).findOne({ _id: 'leads' }, options))?.collection ?? FIRST;
}

/** The collections that the projector has to write now: the live one, and one that is about to become it. */
export async function writtenNames(db: Db): Promise<string[]> {
  const isFollowed = { $and: ['$making.followed', { $gt: ['$making.until', '$$NOW'] }] };
  const projection = { collection: 1, next: { $cond: [isFollowed, '$making.collection', '$$REMOVE'] } };
  const alias = await aliases(db).findOne<{ collection: string; next?: string }>({ _id: 'leads' }, { projection });
  return [alias?.collection ?? FIRST, ...(alias?.next ? [alias.next] : [])];
}
