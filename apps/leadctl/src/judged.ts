import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { judgeLog, missing, STALE_LEADER_MS, type StreamFacts, type Verdict } from '@leadstream/eventlog/judgement';
import { streamsOf } from '@leadstream/eventlog/log-stream';
import { advanceWitness } from '@leadstream/projection/witness';
import { newestOf, type Advance } from '@leadstream/projection/witnessed';
import { askFacts, type Asked } from '@leadstream/service/guard-facts';
import type { Db } from 'mongodb';

export interface Judged {
  verdict: Verdict;
  facts: Asked;
}

/**
 * Judges the log as a running service does: the check for a long silence is only for a starting one. Throws when NATS
 * or MongoDB is unreachable.
 */
export async function judged(broker: Broker, db: Db, replicas: number): Promise<Judged> {
  const facts = await askFacts(broker, db, new GuardRecords(broker, replicas), []);
  if (facts.streams.some(({ witness }) => witness === undefined))
    throw new Error('MongoDB gives no answer: which log it saw is not known. Nothing was changed');
  return { facts, verdict: judgeLog(facts, { fresh: false, nowMs: Date.now(), gapMs: Infinity }) };
}

const AGAIN_MS = 1_000;

/**
 * Like `judged`; with replicas of LEADS, an unrecorded hold counts only after it was seen for `suspicionMs`, as in the
 * services.
 */
export async function judgedForLong(
  broker: Broker,
  db: Db,
  replicas: number,
  suspicionMs = STALE_LEADER_MS,
): Promise<Judged> {
  for (const sinceMs = performance.now(); ; await delay(Math.min(AGAIN_MS, suspicionMs))) {
    const { verdict, facts } = await judged(broker, db, replicas);
    const isSuspicion = verdict.kind === 'held' && verdict.reason !== 'recorded' && facts.replicas > 1;
    if (!isSuspicion || performance.now() - sinceMs >= suspicionMs) return { verdict, facts };
  }
}

/**
 * Throws while the log is held: the documents are then the only record of the events it lacks. Returns the witness's
 * advance.
 */
export async function mustGoOn(broker: Broker, db: Db, replicas: number): Promise<Advance> {
  const { verdict, facts } = await judged(broker, db, replicas);
  if (verdict.kind === 'held')
    throw new Error(
      `${verdict.why}. The documents are all that is known of what the log ` +
        'lacks, so they are left as they are: leadctl restore status',
    );
  return advanceOf(broker, db, { verdict, facts });
}

/**
 * The advance of the witness, which must never be behind a document. Of a held log it does nothing, because a confirm
 * begins another witness at the log's end; neither does it without a witness, which begins there, too.
 */
export function advanceOf(broker: Broker, db: Db, { verdict, facts }: Judged): Advance {
  if (verdict.kind !== 'goes on') return () => Promise.resolve();
  const known = facts.streams.map(({ witness }, index) => ({
    witness,
    stream: streamsOf(broker)[index]?.stream ?? '',
  }));
  const highSeqs = known.map(({ witness }) => witness?.highSeq ?? 0);
  return async (events) => {
    for (const [index, { seq, id }] of newestOf(events, broker.partitions)) {
      const { witness, stream } = known[index] ?? {};
      if (!witness || !stream || seq <= (highSeqs[index] ?? 0)) continue;
      if (!(await advanceWitness(db, stream, witness, { seq, id })))
        throw new Error(
          'MongoDB has no witness of this log any more, so no document is written: leadctl restore status',
        );
      highSeqs[index] = Math.max(highSeqs[index] ?? 0, seq);
    }
  };
}

/**
 * Whether MongoDB has seen events beyond the end of the held log's stream; a MongoDB as old as it cannot name the lost
 * ones.
 */
export function hasSeenMore({ witness, ...stream }: Omit<StreamFacts, 'memory'>, endSeq: number): boolean {
  if (!witness) return false;
  return witness.highSeq > endSeq || missing({ seq: witness.highSeq, id: witness.highId }, stream) !== undefined;
}
