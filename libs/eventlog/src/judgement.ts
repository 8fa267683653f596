import type { Alive, GuardRecord, HoldReason, Witness } from '@leadstream/contracts/guard';

/** A leader that is cut off from the others still answers for about ten seconds. */
export const STALE_LEADER_MS = 15_000;

/** An event's sequence and id. */
export interface Mark {
  seq: number;
  id: string;
}
/** The highest event that this process has seen, and its log's epoch. */
export interface Memory extends Mark {
  epoch: string;
}

export interface Facts {
  /** The state on the leader. */
  log: { created: string; lastSeq: number };
  record: GuardRecord | null;
  /** undefined: MongoDB gave no answer. */
  witness: Witness | null | undefined;
  /** Ids of the events at the witness's and the memory's sequence; absent: no event has the sequence. */
  ids: ReadonlyMap<number, string>;
  memory: Memory | null;
  /**
   * Queried only without record and witness: whether the newest document is on its lead's chain; null without a
   * document.
   */
  newestFits: boolean | null;
  alive: Alive | null;
}

/** Whether the process has judged this log before, and the current time. */
export interface Judge {
  fresh: boolean;
  nowMs: number;
  gapMs: number;
}

export type Verdict =
  /** `begin`: the projector writes the witness from here. */
  | { kind: 'goes on'; begin: boolean }
  | { kind: 'waits'; why: string }
  | { kind: 'held'; reason: HoldReason | 'recorded'; why: string; highSeq: number | null };

const GOES_ON: Verdict = { kind: 'goes on', begin: false };
const BEGINS: Verdict = { kind: 'goes on', begin: true };
const held = (reason: HoldReason, why: string, highSeq: number | null = null): Verdict => ({
  kind: 'held',
  reason,
  why,
  highSeq,
});

/**
 * Whether the log is the one seen before, by all evidence outside of it: pure, and shared by services, leadctl and
 * simulation.
 */
export function judgeLog(facts: Facts, judge: Judge): Verdict {
  const { record, witness, log, ids } = facts;
  if (record?.hold) return { kind: 'held', reason: 'recorded', why: record.hold.why, highSeq: record.hold.highSeq };
  // A confirm of this epoch ended the hold: the memory is ignored.
  const memory = record?.confirms.some(({ was }) => was === facts.memory?.epoch) ? null : facts.memory;
  const forgotten = memory && missing(memory, log.lastSeq, ids);
  if (memory && forgotten) return held('memory', forgotten, memory.seq);
  if (!record) return unrecorded(facts);
  if (record.created !== log.created)
    return held('recreated', `LEADS was made anew at ${log.created}`, witness?.highSeq ?? null);
  if (judge.fresh && isGap(facts, judge))
    return held(
      'gap',
      `nothing is known since ${facts.alive?.at}: an older copy, or everything crashed then`,
      witness?.highSeq ?? null,
    );
  if (witness === undefined)
    return judge.fresh || !memory ? { kind: 'waits', why: 'MongoDB has yet to say which log it saw' } : GOES_ON;
  if (witness === null) return unwitnessed(facts);
  return witnessed(record, witness, facts);
}

/** The witness's own log, one that it was confirmed away from, or another. */
function witnessed(record: GuardRecord, witness: Witness, { log, ids }: Facts): Verdict {
  if (witness.epoch !== record.epoch) {
    // An older MongoDB: its log was restored, and an operator confirmed that. The witness begins anew.
    if (record.confirms.some(({ was }) => was === witness.epoch)) return BEGINS;
    return held('epoch', `log ends at ${log.lastSeq}, and ${witness.highSeq} was seen in another one`, witness.highSeq);
  }
  const lost = missing({ seq: witness.highSeq, id: witness.highId }, log.lastSeq, ids);
  if (lost) return held(log.lastSeq < witness.highSeq ? 'shorter' : 'forked', lost, witness.highSeq);
  return witness.created === log.created
    ? GOES_ON
    : held('recreated', `LEADS was made anew at ${log.created}`, witness.highSeq);
}

/** The mismatch at the position of a seen event; undefined: the log has the event, or it was deleted there. */
export function missing({ seq, id }: Mark, lastSeq: number, ids: ReadonlyMap<number, string>): string | undefined {
  if (seq === 0) return undefined;
  if (lastSeq < seq) return `log ends at ${lastSeq}, ${seq} was seen`;
  const there = ids.get(seq);
  // A missing event was deleted, as by an erasure: another log would have its own event there.
  return there === undefined || there === id ? undefined : `another event is at ${seq} than was seen there`;
}

/** A record without a witness. */
function unwitnessed({ record, log, memory }: Facts): Verdict {
  if (!record?.witnessed || log.lastSeq === 0 || memory) return BEGINS;
  return held('witness-lost', `log ends at ${log.lastSeq}, and MongoDB does not remember it`);
}

/** No record: a new installation, one from before the guard, or a log from before the guard that was restored. */
function unrecorded({ witness, log, newestFits }: Facts): Verdict {
  if (witness === undefined) return { kind: 'waits', why: 'MongoDB has yet to say which log it saw' };
  if (witness)
    return held(
      'epoch',
      `log ends at ${log.lastSeq} and has no epoch, and ${witness.highSeq} was seen`,
      witness.highSeq,
    );
  if (newestFits) return { kind: 'goes on', begin: true };
  if (newestFits === null && log.lastSeq === 0) return { kind: 'waits', why: 'the log is being made' };
  return held(
    'not-adopted',
    newestFits === null
      ? `log ends at ${log.lastSeq}, and MongoDB does not remember it`
      : `log ends at ${log.lastSeq}, and the read model is of another one`,
  );
}

/** The last heartbeat is older than `gapMs`, without a clean stop. A clock that is behind makes no gap. */
const isGap = ({ alive, log }: Facts, { nowMs, gapMs }: Judge): boolean =>
  alive !== null && !alive.left && log.lastSeq > 0 && nowMs - Date.parse(alive.at) > gapMs;
