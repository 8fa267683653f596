import { isDeepStrictEqual } from 'node:util';
import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import type { LogStream } from '@leadstream/contracts/streams';
import { hasCode, type Broker } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { GuardRecords } from '@leadstream/eventlog/guard-record';
import type { Facts, Mark, Memory, StreamFacts } from '@leadstream/eventlog/judgement';
import { storedOf } from '@leadstream/eventlog/lead-messages';
import { logInfo, storedAt, streamsOf } from '@leadstream/eventlog/log-stream';
import { newestDocument, otherWitness, readWitness } from '@leadstream/projection/witness';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { Db } from 'mongodb';

export interface Asked extends Facts {
  /** Replicas of LEADS: only with several can a stale leader answer. */
  replicas: number;
}

/**
 * Queries the leaders of the log's streams and MongoDB's witnesses; `memory` has the process's by stream. Throws
 * Unavailable when NATS does not respond; MongoDB's part may be missing.
 */
export async function askFacts(
  broker: Broker,
  db: Db,
  records: GuardRecords,
  memory: readonly Memory[],
): Promise<Asked> {
  const logs = streamsOf(broker);
  const { record, witnesses, other } = await recordAndWitnesses(db, records, logs);
  // After the witness: an event that it has seen is in the log by now, or lost. After the record: a confirm beats
  // before it lifts the hold, and an older heartbeat beside the lifted hold would be a gap, which holds the log anew.
  const [alive, infos] = await Promise.all([records.alive(), Promise.all(logs.map((log) => streamInfo(broker, log)))]);
  const streams = await Promise.all(
    logs.map(async (log, index): Promise<StreamFacts> => {
      const [lastSeq, witness] = [infos[index]?.state.last_seq ?? 0, witnesses[index]];
      const mine = memory[index] ?? null;
      const ids = await idsAt(broker, log, [witness?.highSeq, mine?.seq], lastSeq);
      return { name: logs.length === 1 ? 'log' : log.stream, lastSeq, witness, ids, memory: mine };
    }),
  );
  // A log of partitions has had a record from its beginning.
  const isOlder = !record && logs.length === 1 && witnesses[0] === null;
  return {
    created: infos.map(({ created }) => created).join(' '),
    replicas: Math.max(...infos.map(({ config }) => config.num_replicas)),
    record,
    streams,
    other: other && { stream: other._id, epoch: other.epoch, highSeq: other.highSeq },
    newestFits: isOlder ? await isNewestThere(broker, db) : null,
    alive,
  };
}

/** The ids of the stream's events at these sequences, as far as they are there. */
async function idsAt(
  broker: Broker,
  log: LogStream,
  seqs: readonly (number | undefined)[],
  lastSeq: number,
): Promise<Map<number, string>> {
  const ids = new Map<number, string>();
  for (const seq of new Set(seqs)) {
    const id = seq && seq <= lastSeq ? (await storedAt(broker, seq, log))?.header.get(CE.id) : undefined;
    if (seq && id) ids.set(seq, id);
  }
  return ids;
}

/**
 * The record and the witnesses as they are at one time. The projector of a new installation writes both: a witness
 * without its record would look like a lost record, and hold all sending until an operator confirms.
 */
async function recordAndWitnesses(db: Db, records: GuardRecords, logs: readonly LogStream[]) {
  for (let before = await records.read(); ;) {
    const witnesses = await Promise.all(logs.map(({ stream }) => readWitness(db, stream).catch(() => undefined)));
    const isNew = witnesses.includes(null);
    const other = isNew
      ? await otherWitness(
          db,
          logs.map(({ stream }) => stream),
        )
      : null;
    const record = await records.read();
    if (isDeepStrictEqual(record, before)) return { record, witnesses, other };
    before = record;
  }
}

async function streamInfo(broker: Broker, log: LogStream) {
  return logInfo(broker, log).catch((error: unknown) => {
    if (error instanceof Unavailable && hasCode(error.cause, JetStreamApiCodes.StreamNotFound))
      throw new Unavailable(`${log.stream} is not there`, { cause: error });
    throw error;
  });
}

type Last = Mark & { at: string };

/** The newest event of each stream of the log, which the process remembers; null: the stream is empty. */
export const lastEvents = (broker: Broker): Promise<(Last | null)[]> =>
  Promise.all(
    streamsOf(broker).map(async (log) => {
      const { last_seq: lastSeq } = (await streamInfo(broker, log)).state;
      if (lastSeq === 0) return null;
      // The last message may have been deleted.
      const last = (await storedAt(broker, lastSeq, log)) ?? (await storedAt(broker, 'last', log));
      return last && { seq: last.seq, id: last.header.get(CE.id), at: last.header.get(CE.time) };
    }),
  );

/** The time from which on events may be lost: of the streams' last events the earliest; null: a stream is empty. */
export function endAtOf(last: readonly (Pick<Last, 'at'> | null)[]): string | null {
  const times = last.map((event) => event?.at ?? null);
  if (times.includes(null)) return null;
  return times.reduce((a, b) => (Date.parse(b ?? '') < Date.parse(a ?? '') ? b : a), times[0] ?? null);
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
