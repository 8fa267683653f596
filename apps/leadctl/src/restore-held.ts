import type { GuardRecord, Hold } from '@leadstream/contracts/guard';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { endAtOf, lastEvents } from '@leadstream/service/guard-facts';
import { placeJson } from '@leadstream/contracts/place';
import type { Db } from 'mongodb';
import { isDeepStrictEqual } from 'node:util';
import { judgedForLong, type Judged } from './judged.ts';
import { mustBeWhole } from './restore-mark.ts';
import { withBroker, withDb } from './session.ts';

export interface Stores {
  broker: Broker;
  db: Db;
  replicas: number;
  records: GuardRecords;
  /** The minimum duration of a suspicion where LEADS has copies. */
  suspicionMs?: number;
}

export const withStores = <T>(work: (stores: Stores) => Promise<T>): Promise<T> =>
  withBroker((broker, replicas) =>
    withDb((db) => work({ broker, db, replicas, records: new GuardRecords(broker, replicas) })),
  );

/**
 * The recorded hold; without one, records it now, in place of a service that would have. Throws when the log is not
 * held, or its load was cut off: streams that are yet to be loaded would count as lost.
 */
export async function heldOf(stores: Stores, { dryRun = false } = {}): Promise<Judged & { hold: Hold }> {
  const { broker, db, replicas, records, suspicionMs } = stores;
  if (!dryRun) await mustBeWhole(broker, replicas);
  const { verdict, facts } = await judgedForLong(broker, db, replicas, suspicionMs);
  if (verdict.kind === 'waits') throw new Error(`${verdict.why}: whether the log is held is not known`);
  if (verdict.kind === 'goes on') throw new Error('the log is not held: there is nothing to do');
  if (facts.record?.hold) return { verdict, facts, hold: facts.record.hold };
  if (verdict.reason === 'recorded') throw new Error('the hold cannot be read');
  const { reason, why, highSeq } = verdict;
  const endSeq = placeJson(facts.streams.map(({ lastSeq }) => lastSeq));
  const endAt = endAtOf(await lastEvents(broker));
  const hold: Hold = { reason, why, at: new Date().toISOString(), by: 'leadctl', endSeq, endAt, highSeq };
  if (dryRun) return { verdict, facts, hold };
  const record = await records.hold(facts.record, facts.created, hold);
  if (!record?.hold) throw new Error('the record of the log has changed meanwhile: leadctl restore status');
  return { verdict, facts: { ...facts, record }, hold: record.hold };
}

export const isSame = (hold: Hold, other: Hold | null | undefined): boolean =>
  other?.at === hold.at && other.by === hold.by && isDeepStrictEqual(other.endSeq, hold.endSeq);

/** Throws when the hold differs from the one at the command's start: it was confirmed, or another log was loaded. */
export function mustBe(hold: Hold, now: GuardRecord | null): asserts now is GuardRecord {
  if (now && isSame(hold, now.hold)) return;
  const by = now?.confirms.findLast((confirm) => isSame(hold, confirm.hold))?.by;
  throw new Error(
    now?.hold
      ? `the log is held for another reason meanwhile: ${now.hold.why}. ` +
          'What was appended stays; see leadctl restore status'
      : `${by ?? 'an operator'} has confirmed meanwhile: the log is not held any more. What was appended stays`,
  );
}
