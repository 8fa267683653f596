import { isDeepStrictEqual } from 'node:util';
import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { hasCode, type Broker } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { GuardRecords } from '@leadstream/eventlog/guard-record';
import type { Facts, Mark, Memory } from '@leadstream/eventlog/judgement';
import { storedOf } from '@leadstream/eventlog/lead-messages';
import { logInfo, storedAt } from '@leadstream/eventlog/log-stream';
import { newestDocument, readWitness } from '@leadstream/projection/witness';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { Db } from 'mongodb';

export interface Asked extends Facts {
  /** Replicas of LEADS: only with several can a stale leader answer. */
  replicas: number;
}

/**
 * Queries the log's leader and MongoDB's witness. Throws Unavailable when NATS does not respond; MongoDB's part may be
 * missing.
 */
export async function askFacts(broker: Broker, db: Db, records: GuardRecords, memory: Memory | null): Promise<Asked> {
  const { record, witness } = await recordAndWitness(db, records);
  // After the witness: an event that it has seen is in the log by now, or lost. After the record: a confirm beats before
  // it lifts the hold, and an older heartbeat beside the lifted hold would be a gap, which holds the log anew.
  const [alive, { created, config, state }] = await Promise.all([records.alive(), leadsInfo(broker)]);
  const log = { created, lastSeq: state.last_seq };
  const ids = new Map<number, string>();
  for (const seq of new Set([witness?.highSeq ?? 0, memory?.seq ?? 0])) {
    const id = seq > 0 && seq <= log.lastSeq ? (await storedAt(broker, seq))?.header.get(CE.id) : undefined;
    if (id) ids.set(seq, id);
  }
  const newestFits = record || witness !== null ? null : await isNewestThere(broker, db);
  return { log, replicas: config.num_replicas, record, witness, ids, memory, newestFits, alive };
}

/**
 * The record and the witness as they are at one time. The projector of a new installation writes both: a witness
 * without its record would look like a lost record, and hold all sending until an operator confirms.
 */
async function recordAndWitness(db: Db, records: GuardRecords): Promise<Pick<Facts, 'record' | 'witness'>> {
  for (let before = await records.read(); ;) {
    const witness = await readWitness(db).catch(() => undefined);
    const record = await records.read();
    if (isDeepStrictEqual(record, before)) return { record, witness };
    before = record;
  }
}

async function leadsInfo(broker: Broker) {
  return logInfo(broker).catch((error: unknown) => {
    if (error instanceof Unavailable && hasCode(error.cause, JetStreamApiCodes.StreamNotFound))
      throw new Unavailable('LEADS is not there', { cause: error });
    throw error;
  });
}

/** The newest event in the log, which the process remembers; null: the log is empty. */
export async function lastEvent(broker: Broker): Promise<(Mark & { at: string }) | null> {
  const { last_seq: lastSeq } = (await leadsInfo(broker)).state;
  if (lastSeq === 0) return null;
  // The last message may have been deleted.
  const last = (await storedAt(broker, lastSeq)) ?? (await storedAt(broker, 'last'));
  return last && { seq: last.seq, id: last.header.get(CE.id), at: last.header.get(CE.time) };
}

/**
 * True when the newest document's position is in this log: the read model belongs to it, and is older than the guard.
 */
async function isNewestThere(broker: Broker, db: Db): Promise<boolean | null> {
  const newest = await newestDocument(db);
  if (!newest) return null;
  const message = await storedOf(broker, { leadId: newest.leadId, seq: newest.lastSeq });
  if (!message) return false;
  return (
    Number(message.header.get(LEAD_VERSION)) === newest.version &&
    (newest.lastId === undefined || newest.lastId === message.header.get(CE.id)) &&
    newest.updatedAt.getTime() === Date.parse(message.header.get(CE.time))
  );
}
