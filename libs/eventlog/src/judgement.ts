import type { Alive, GuardRecord, HoldReason, Witness } from '@leadstream/contracts/guard';
import { placeJson, type PlaceJson } from '@leadstream/contracts/place';

/** A leader that is cut off from the others still answers for about ten seconds. */
export const STALE_LEADER_MS = 15_000;

/** An event's sequence and id. */
export interface Mark {
  seq: number;
  id: string;
}
/** The highest event of a stream that this process has seen, and its log's epoch. */
export interface Memory extends Mark {
  epoch: string;
}

/** Of one stream of the log. */
export interface StreamFacts {
  /** The stream in a sentence. */
  name: string;
  /** The last sequence on the leader. */
  lastSeq: number;
  /** undefined: MongoDB gave no answer. */
  witness: Witness | null | undefined;
  /** Ids of the events at the witness's and the memory's sequence; absent: no event has the sequence. */
  ids: ReadonlyMap<number, string>;
  memory: Memory | null;
}

export interface Facts {
  /** The time of the log's creation; of partitions all times. */
  created: string;
  record: GuardRecord | null;
  /** One, or each partition. */
  streams: readonly StreamFacts[];
  /** Asked only where a stream has no witness: what MongoDB has seen of a stream that is not of this log. */
  other: { stream: string; epoch: string; highSeq: number } | null;
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
  | { kind: 'held'; reason: HoldReason | 'recorded'; why: string; highSeq: PlaceJson | null };
/** Of one stream. */
type StreamVerdict = Verdict & { highSeq?: number | null };

const GOES_ON: StreamVerdict = { kind: 'goes on', begin: false };
const BEGINS: StreamVerdict = { kind: 'goes on', begin: true };
const held = (reason: HoldReason, why: string, highSeq: number | null = null) => ({
  kind: 'held' as const,
  reason,
  why,
  highSeq,
});

/**
 * Whether the log is the one seen before, by all evidence outside of it: pure, and shared by services, leadctl and
 * simulation. One stream that is not holds the log, because the mail account is common.
 */
export function judgeLog(facts: Facts, judge: Judge): Verdict {
  const { record, streams } = facts;
  if (record?.hold) return { kind: 'held', reason: 'recorded', why: record.hold.why, highSeq: record.hold.highSeq };
  const stranger = otherLog(facts);
  if (stranger) return stranger;
  const verdicts = streams.map((stream) => judgeStream({ ...facts, ...stream }, judge));
  const first = verdicts.find(({ kind }) => kind === 'held');
  if (first?.kind === 'held') return { ...first, highSeq: highest(verdicts) };
  return verdicts.find(({ kind }) => kind === 'waits') ?? verdicts.find((one) => one === BEGINS) ?? GOES_ON;
}

/** The whole log was lost, and one with another number of streams was made: no stream of it has a witness. */
function otherLog({ record, other }: Facts): Verdict | undefined {
  if (!other || record?.confirms.some(({ was }) => was === other.epoch)) return undefined;
  return held('epoch', `MongoDB has seen ${other.stream} up to ${other.highSeq}, which is no stream of this log`);
}

/** The highest sequence known of each held stream, 0 of the others; null: none is known. */
function highest(verdicts: readonly StreamVerdict[]): PlaceJson | null {
  const known = verdicts.map(({ highSeq = null }) => highSeq);
  return known.every((seq) => seq === null) ? null : placeJson(known.map((seq) => seq ?? 0));
}

type One = Omit<Facts, 'streams' | 'other'> & StreamFacts;

function judgeStream(facts: One, judge: Judge): StreamVerdict {
  const { record, witness, name, lastSeq, ids, created } = facts;
  // A confirm of this epoch ended the hold: the memory is ignored.
  const memory = record?.confirms.some(({ was }) => was === facts.memory?.epoch) ? null : facts.memory;
  const forgotten = memory && missing(memory, { name, lastSeq, ids });
  if (memory && forgotten) return held('memory', forgotten, memory.seq);
  if (!record) return unrecorded(facts);
  if (record.created !== created) return held('recreated', madeAnew(created), witness?.highSeq ?? null);
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

const madeAnew = (created: string): string =>
  created.includes(' ') ? 'a stream of LEADS was made anew' : `LEADS was made anew at ${created}`;

/** The witness's own log, one that it was confirmed away from, or another. */
function witnessed(record: GuardRecord, witness: Witness, { name, lastSeq, ids, created }: One): StreamVerdict {
  if (witness.epoch !== record.epoch) {
    // An older MongoDB: its log was restored, and an operator confirmed that. The witness begins anew.
    if (record.confirms.some(({ was }) => was === witness.epoch)) return BEGINS;
    return held('epoch', `${name} ends at ${lastSeq}, and ${witness.highSeq} was seen in another one`, witness.highSeq);
  }
  const lost = missing({ seq: witness.highSeq, id: witness.highId }, { name, lastSeq, ids });
  if (lost) return held(lastSeq < witness.highSeq ? 'shorter' : 'forked', lost, witness.highSeq);
  return witness.created === created ? GOES_ON : held('recreated', madeAnew(created), witness.highSeq);
}

/** The mismatch at the position of a seen event; undefined: the log has the event, or it was deleted there. */
export function missing(
  { seq, id }: Mark,
  { name, lastSeq, ids }: Pick<StreamFacts, 'name' | 'lastSeq' | 'ids'>,
): string | undefined {
  if (seq === 0) return undefined;
  if (lastSeq < seq) return `${name} ends at ${lastSeq}, ${seq} was seen`;
  const there = ids.get(seq);
  // A missing event was deleted, as by an erasure: another log would have its own event there.
  return there === undefined || there === id ? undefined : `another event is at ${seq} than was seen there`;
}

/** A record without a witness. */
function unwitnessed({ record, name, lastSeq, memory }: One): StreamVerdict {
  if (!record?.witnessed || lastSeq === 0 || memory) return BEGINS;
  return held('witness-lost', `${name} ends at ${lastSeq}, and MongoDB does not remember it`);
}

/** No record: a new installation, one from before the guard, or a log from before the guard that was restored. */
function unrecorded({ witness, name, lastSeq, newestFits }: One): StreamVerdict {
  if (witness === undefined) return { kind: 'waits', why: 'MongoDB has yet to say which log it saw' };
  if (witness)
    return held(
      'epoch',
      `${name} ends at ${lastSeq} and has no epoch, and ${witness.highSeq} was seen`,
      witness.highSeq,
    );
  if (newestFits) return BEGINS;
  if (newestFits === null && lastSeq === 0) return { kind: 'waits', why: 'the log is being made' };
  return held(
    'not-adopted',
    newestFits === null
      ? `${name} ends at ${lastSeq}, and MongoDB does not remember it`
      : `${name} ends at ${lastSeq}, and the read model is of another one`,
  );
}

/** The last heartbeat is older than `gapMs`, without a clean stop. A clock that is behind makes no gap. */
const isGap = ({ alive, lastSeq }: One, { nowMs, gapMs }: Judge): boolean =>
  alive !== null && !alive.left && lastSeq > 0 && nowMs - Date.parse(alive.at) > gapMs;
