import type { Witness } from '@leadstream/contracts/guard';
import type { Collection, Db } from 'mongodb';
import { DUPLICATE_KEY } from './alias.ts';
import { liveLeads } from './collections.ts';

/** `_id`: the stream. */
type Stored = Witness & { _id: string };

/**
 * Durable before the documents that depend on it: a witness behind a document could not prove that the document's log
 * is gone.
 */
const witnesses = (db: Db): Collection<Stored> =>
  db.collection<Stored>('guard', { writeConcern: { w: 'majority', j: true } });

/** null: MongoDB has no witness of the stream. Throws when it does not answer within `timeoutMs`. */
export async function readWitness(db: Db, stream: string, timeoutMs = 2_000): Promise<Witness | null> {
  const bounded = { signal: AbortSignal.timeout(timeoutMs) };
  return witnesses(db).findOne({ _id: stream }, { ...bounded, projection: { _id: 0 }, readConcern: 'majority' });
}

/** A witness of any other stream: of a log with another number of them. Throws when MongoDB does not answer. */
export async function otherWitness(db: Db, streams: readonly string[], timeoutMs = 2_000): Promise<Stored | null> {
  const bounded = { signal: AbortSignal.timeout(timeoutMs) };
  return witnesses(db).findOne({ _id: { $nin: [...streams] } }, { ...bounded, readConcern: 'majority' });
}

/**
 * Begins to witness a stream of a log, from this event on; replaces `was`, or creates the first one. A concurrent
 * second call changes nothing.
 */
export async function beginWitness(db: Db, stream: string, witness: Witness, was: Witness | null): Promise<void> {
  const replaced = { _id: stream, epoch: was?.epoch ?? witness.epoch, highSeq: was?.highSeq ?? -1 };
  await unlessThere(witnesses(db).replaceOne(replaced, witness, { upsert: was === null }));
}

/**
 * Advances to an event that was read from its own log; never back, never to another log. False: MongoDB has no witness
 * of this log.
 */
export async function advanceWitness(
  db: Db,
  stream: string,
  { epoch, created }: Pick<Witness, 'epoch' | 'created'>,
  event: { seq: number; id: string },
): Promise<boolean> {
  const log = { _id: stream, epoch, created };
  const { matchedCount } = await witnesses(db).updateOne(
    { ...log, highSeq: { $lt: event.seq } },
    { $set: { highSeq: event.seq, highId: event.id, at: new Date() } },
  );
  // Another projector may have advanced it further.
  return matchedCount > 0 || (await witnesses(db).findOne(log, { readConcern: 'majority' })) !== null;
}

/** At a confirm: replaces the witnessed log. A witness of that epoch stays: it may have advanced since. */
export async function replaceWitness(db: Db, stream: string, witness: Witness): Promise<void> {
  await unlessThere(
    witnesses(db).replaceOne({ _id: stream, epoch: { $ne: witness.epoch } }, witness, { upsert: true }),
  );
}

/** Ignores the conflict of a concurrent second call. */
async function unlessThere(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_KEY)) throw error;
  }
}

export interface NewestDocument {
  leadId: string;
  version: number;
  lastSeq: number;
  lastId?: string;
  updatedAt: Date;
}

/**
 * The document that is furthest in the log; null without one. Uses no index: queried once, when no other evidence
 * exists.
 */
export async function newestDocument(db: Db): Promise<NewestDocument | null> {
  const projection = { version: 1, lastSeq: 1, lastId: 1, updatedAt: 1 };
  const found = await (await liveLeads(db)()).findOne({ lastSeq: { $gt: 0 } }, { projection, sort: { lastSeq: -1 } });
  return (
    found && {
      leadId: found._id,
      version: found.version,
      lastSeq: found.lastSeq,
      updatedAt: found.updatedAt,
      ...(found.lastId === undefined ? {} : { lastId: found.lastId }),
    }
  );
}
