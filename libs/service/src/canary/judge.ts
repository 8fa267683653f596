import type { MailFacts, RoundFacts } from './facts.ts';
import type { CanaryKind, Round } from './rounds.ts';
import { SAYS, type Stage } from './stages.ts';

export const RESULTS = ['pending', 'passed', 'late', 'broken', 'skipped'] as const;
/** `late`: all came, one stage after its limit. `skipped`: no canary was running when the round began. */
export type Result = (typeof RESULTS)[number];

/** The time that a stage took, from the end of what it follows. */
export interface Took {
  stage: Stage;
  mail: 1 | 2;
  seconds: number;
}

export interface Verdict {
  round: string;
  kind: CanaryKind;
  result: Result;
  /** The stage that is awaited, was late or is broken; null: passed, or skipped. */
  stage: Stage | null;
  mail: 1 | 2 | null;
  says: string;
  leadId: string | null;
  trace: string | null;
  /** The end of the last stage, in milliseconds since 1970. */
  endedMs: number | null;
  took: readonly Took[];
}

export interface Limits {
  /** From one stage to the next. */
  patienceMs: number;
  /** From the answer to the stop. */
  stopMs: number;
}

interface Check {
  stage: Stage;
  mail: 1 | 2;
  /** Its end; undefined: it has not come. */
  atMs: number | undefined;
  fromMs: number;
  limitMs: number;
  /** A reason in the facts for which it did not come, or must not have. */
  why?: string | undefined;
  /** It is broken whatever the time. */
  isWrong?: boolean;
  /** It is about others, and takes no time of its own. */
  isRule?: true;
}

const ms = (at: string | undefined): number | undefined => (at === undefined ? undefined : Date.parse(at));

/** The verdict on a round, by its facts. Pure: after a restart the same facts have the same verdict. */
export function judge(round: Round, facts: RoundFacts, nowMs: number, limits: Limits): Verdict {
  const about = { round: round.id, kind: round.kind, leadId: facts.leadId ?? null, trace: facts.trace ?? null };
  const took: Took[] = [];
  let late: Check | undefined;
  let endedMs: number | null = null;
  const verdict = (result: Result, check: Check | undefined, says: string): Verdict => ({
    ...about,
    result,
    stage: check?.stage ?? null,
    mail: check?.mail ?? null,
    says,
    endedMs,
    took,
  });
  if (!facts.door && facts.triagedAt === undefined && nowMs > round.atMs + limits.patienceMs)
    return verdict('skipped', undefined, 'no canary was running when it began');
  for (const check of checks(round, facts, nowMs, limits)) {
    const { atMs, fromMs, limitMs, isWrong, stage, mail } = check;
    if (isWrong) return verdict('broken', check, saysOf(check));
    if (atMs === undefined)
      return nowMs > fromMs + limitMs
        ? verdict('broken', check, saysOf(check))
        : verdict('pending', check, 'under way');
    if (!check.isRule) took.push({ stage, mail, seconds: Math.max(0, atMs - fromMs) / 1_000 });
    endedMs = Math.max(endedMs ?? 0, atMs);
    if (atMs - fromMs > limitMs) late ??= check;
  }
  return late
    ? verdict('late', late, `it came too late. ${saysOf(late)}`)
    : verdict('passed', undefined, 'all in time');
}

const saysOf = ({ stage, why }: Check): string => (why ? `${SAYS[stage]} (${why})` : SAYS[stage]);

/** The stages in their order; each begins where the one that it follows has ended. */
function* checks(round: Round, facts: RoundFacts, nowMs: number, { patienceMs, stopMs }: Limits): Generator<Check> {
  const { door } = facts;
  const triagedMs = ms(facts.triagedAt);
  const [first, second] = facts.mails;
  const doorMs = door && 'at' in door ? ms(door.at) : undefined;
  const why = door && 'error' in door ? door.error : undefined;
  // A lead in the log has passed the door, whoever posted it.
  const passedMs = doorMs ?? (triagedMs === undefined ? undefined : Math.min(triagedMs, round.atMs + patienceMs));
  yield { stage: 'door', mail: 1, atMs: passedMs, fromMs: round.atMs, limitMs: patienceMs, why };
  const inMs = passedMs ?? round.atMs;
  yield { stage: 'triaged', mail: 1, atMs: triagedMs, fromMs: inMs, limitMs: patienceMs };
  const [one, two] = facts.blind === undefined ? [first, second] : [unseen(first, facts), unseen(second, facts)];
  yield* sending(1, one, triagedMs ?? inMs, patienceMs);
  if (round.kind === 'silent') {
    yield* sending(2, two, ms(first.acceptedAt) ?? nowMs, patienceMs);
    const isBefore = (ms(second.receivedAt) ?? 0) < (ms(first.receivedAt) ?? 0);
    const from = ms(second.acceptedAt) ?? nowMs;
    yield { stage: 'order', mail: 2, atMs: from, fromMs: from, limitMs: 0, isWrong: isBefore, isRule: true };
    yield { stage: 'completed', mail: 2, atMs: ms(facts.completedAt), fromMs: from, limitMs: patienceMs };
    return;
  }
  yield* answering(facts, nowMs, { patienceMs, stopMs });
}

/** The refusal of a mail that is known explains more than a mailbox that gives no answer. */
const unseen = (its: MailFacts, { blind }: RoundFacts): MailFacts => ({
  ...its,
  ...(its.acceptedAt !== undefined && blind !== undefined ? { refusal: `the mailbox: ${blind}` } : {}),
});

/** One mail, from its plan to the provider's event about it. */
function* sending(mail: 1 | 2, its: MailFacts, afterMs: number, limitMs: number): Generator<Check> {
  const why = its.refusal;
  const plannedMs = ms(its.plannedAt);
  const dueMs = ms(its.dueAt);
  const claimedMs = ms(its.claimedAt);
  const acceptedMs = ms(its.acceptedAt);
  yield { stage: 'planned', mail, atMs: plannedMs, fromMs: afterMs, limitMs };
  yield { stage: 'due', mail, atMs: dueMs, fromMs: ms(its.dueFrom) ?? afterMs, limitMs };
  yield { stage: 'claimed', mail, atMs: claimedMs, fromMs: dueMs ?? afterMs, limitMs, why };
  yield { stage: 'accepted', mail, atMs: acceptedMs, fromMs: claimedMs ?? afterMs, limitMs, why };
  yield { stage: 'received', mail, atMs: ms(its.receivedAt), fromMs: acceptedMs ?? afterMs, limitMs, why };
  yield { stage: 'delivered', mail, atMs: ms(its.deliveredAt), fromMs: acceptedMs ?? afterMs, limitMs, why };
}

function* answering({ mails, answer, ...facts }: RoundFacts, nowMs: number, limits: Limits): Generator<Check> {
  const [first, second] = mails;
  const { patienceMs, stopMs } = limits;
  const answeredMs = answer && 'at' in answer ? ms(answer.at) : ms(facts.stoppedAt);
  const why = answer && 'error' in answer ? answer.error : undefined;
  const stoppedMs = ms(facts.stoppedAt);
  yield {
    stage: 'answered',
    mail: 1,
    atMs: answeredMs,
    fromMs: ms(first.receivedAt) ?? nowMs,
    limitMs: patienceMs,
    why,
  };
  yield { stage: 'stopped', mail: 1, atMs: stoppedMs, fromMs: answeredMs ?? nowMs, limitMs: stopMs };
  // Its claim may be older than the stop; then the answer came too late, which the limit above has named.
  const isMailed = (second.acceptedAt ?? second.receivedAt) !== undefined;
  const quietMs = Math.max(ms(second.dueFrom) ?? 0, stoppedMs ?? nowMs) + patienceMs;
  const atMs = nowMs >= quietMs ? quietMs : undefined;
  yield { stage: 'quiet', mail: 2, atMs, fromMs: quietMs, limitMs: patienceMs, isWrong: isMailed, isRule: true };
}
