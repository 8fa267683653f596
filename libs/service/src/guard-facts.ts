import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { GuardRecords } from '@leadstream/eventlog/guard-record';
import type { Facts, Mark, Memory } from '@leadstream/eventlog/judgement';
import { newestDocument, readWitness } from '@leadstream/projection/witness';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { Db } from 'mongodb';

export interface Asked extends Facts {
  /** Of LEADS: a stale leader can only answer where there are others. */
  replicas: number;
}

/**
 * Queries the state of the log on both sides, always the leader. Throws Unavailable without an answer of NATS; MongoDB
 * may be silent.
 */
export async function askFacts(broker: Broker, db: Db, records: GuardRecords, memory: Memory | null): Promise<Asked> {
  const [record, alive, witness] = await Promise.all([
    records.read(),
    records.alive(),
    readWitness(db).catch(() => undefined),
  ]);
  // After the witness: what it saw is in the log by now, or never.
  const { created, config, state } = await leadsInfo(broker);
  const log = { created, lastSeq: state.last_seq };
  const ids = new Map<number, string>();
  for (const seq of new Set([witness?.highSeq ?? 0, memory?.seq ?? 0])) {
    const id = seq > 0 && seq <= log.lastSeq ? (await headersAt(broker, seq))?.get(CE.id) : undefined;
    if (id) ids.set(seq, id);
  }
  const newestFits = record || witness !== null ? null : await isNewestThere(broker, db);
  return { log, replicas: config.num_replicas, record, witness, ids, memory, newestFits, alive };
}

async function leadsInfo(broker: Broker) {
  const { streams } = await broker.jsm();
  return reachable(() => streams.info('LEADS')).catch((error: unknown) => {
    if (hasCode(error, JetStreamApiCodes.StreamNotFound)) throw new Unavailable('LEADS is not there', { cause: error });
    throw error;
  });
}

async function headersAt(broker: Broker, seq: number) {
  const { streams } = await broker.jsm();
  return (await reachable(() => streams.getMessage('LEADS', { seq })))?.header;
}

/** The newest event that is in the log, for a process to remember; null: the log is empty. */
export async function lastEvent(broker: Broker): Promise<(Mark & { at: string }) | null> {
  const { lastSeq: seq } = { lastSeq: (await leadsInfo(broker)).state.last_seq };
  const headers = seq > 0 ? await headersAt(broker, seq) : undefined;
  return headers ? { seq, id: headers.get(CE.id), at: headers.get(CE.time) } : null;
}

/** Whether the newest document's place is in this log: a read model of before the guard that belongs to it. */
async function isNewestThere(broker: Broker, db: Db): Promise<boolean | null> {
  const newest = await newestDocument(db);
  if (!newest) return null;
  const { streams } = await broker.jsm();
  const message = await reachable(() => streams.getMessage('LEADS', { seq: newest.lastSeq }));
  if (message?.subject.split('.')[1] !== newest.leadId) return false;
  return (
    Number(message.header.get(LEAD_VERSION)) === newest.version &&
    (newest.lastId === undefined || newest.lastId === message.header.get(CE.id))
  );
}
