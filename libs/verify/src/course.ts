import type { Audience, Guard, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { asksForRun, isAnswer, isUnprovenNotice } from './chain.ts';
import { claimOf, outcomeOf, type Claim, type Outcome } from './claims.ts';
import { standingAfter, unhindered, type Standing } from './standing.ts';

interface Of {
  runId: string;
  step: number;
}
/** `plan` is what was planned, and `planSeq` the event that says so. */
interface Planned extends Of {
  audience: Audience;
  plan: PlannedStep;
  planSeq: number;
}

/** What comes next, before it is asked whether it may. */
export type Next =
  | { kind: 'nothing' }
  | { kind: 'completed' }
  /** `sequence` is null where the one who asked did not say: the run that tells the rep of an answer. */
  | (Of & { kind: 'enrolment'; since: string; sequence: string | null; askSeq: number })
  | (Planned & { kind: 'time' | 'sender'; since: string })
  /** The step is done. */
  | (Planned & { kind: 'plan'; since: string })
  /** `from`: not before that, a refusal said. */
  | (Planned & { kind: 'again'; since: string; from: string | null })
  | (Planned & { kind: 'outcome' | 'operator'; since: string; sendId: string | null });

export interface Place {
  next: Next;
  standing: Standing;
  /** By run, those that are over too. */
  sequences: ReadonlyMap<string, string>;
  /** The step that resumes after a notice of unproven answers. */
  aside: Next | null;
  /** Answers that the rep has yet to be told of. */
  untold: readonly Recorded[];
  /** When it was last resumed. */
  freed: string;
}

const BEGINNING: Place = {
  next: { kind: 'nothing' },
  standing: unhindered,
  sequences: new Map(),
  aside: null,
  untold: [],
  freed: '',
};

/** Each event with the place where it finds its lead. */
export type Course = readonly { event: Recorded; place: Place }[];

/** A lead's way, and where it ends. */
export function courseOf(events: readonly Recorded[], claims: readonly Claim[]): { course: Course; end: Place } {
  let end = BEGINNING;
  const course = events.map((event) => {
    const place = end;
    end = placeAfter(place, event, claims);
    return { event, place };
  });
  return { course, end };
}

/** Where an event leaves its lead; the fold that the services decide on is not asked. */
function placeAfter(place: Place, event: Recorded, claims: readonly Claim[]): Place {
  const standing = standingAfter(place.standing, event);
  const sequences = new Map([...place.sequences, ...begun(event)]);
  const freed = event.type === 'lead.resumed' ? event.at : place.freed;
  const { moved, aside } = interrupted(place, event, claims);
  const next = withoutDeclined(moved, standing, sequences);
  const [answer, ...later] =
    event.type === 'lead.restarted' || event.type === 'lead.erased'
      ? []
      : [
          ...recalled(event),
          ...place.untold.filter(({ id }) => !isTakenUp(event, id)),
          ...(isAnswer(event) ? [event] : []),
        ];
  return answer && isOver(next)
    ? {
        next: { kind: 'enrolment', runId: answer.id, step: 0, since: answer.at, sequence: null, askSeq: answer.seq },
        aside: isUnprovenNotice(answer) ? (aside ?? next) : null,
        standing,
        sequences,
        freed,
        untold: later,
      }
    : { next, aside, standing, sequences, freed, untold: answer ? [answer, ...later] : [] };
}

/** The sequence of the run that an event begins. */
function begun(event: Recorded): [string, string][] {
  if (event.type === 'lead.enrolled') return [[event.data.runId, event.data.sequence]];
  return event.type === 'lead.recovered' && event.data.run ? [[event.data.run.id, event.data.run.sequence]] : [];
}

/** Answers of the lost log that the rep has yet to be told of: as the events that they were. */
const recalled = (event: Recorded): Recorded[] =>
  event.type !== 'lead.recovered'
    ? []
    : (event.data.untold ?? []).map(({ id, at, unproven }): Recorded => ({
        ...event,
        id,
        at,
        type: 'lead.replied',
        data: {
          key: id,
          provider: 'leadstream',
          at,
          class: 'human',
          matchedBy: 'token',
          tellRep: true,
          ...(unproven ? { authenticated: false } : {}),
        },
      }));

/** An answer that the lost log had begun to tell the rep of, or has yet to. */
function isTakenUp(event: Recorded, id: string): boolean {
  if (event.type !== 'lead.recovered' || !event.data.phase) return false;
  const { untold = [], answer, run } = event.data;
  return answer?.id === id || run?.id === id || untold.some((one) => one.id === id);
}

/** Where a witness outside the log says that the run stood. */
function recovered(next: Next, event: Recorded<'lead.recovered'>, claims: readonly Claim[]): Next {
  if (event.data.stop?.why === 'erased') return next.kind === 'outcome' ? next : { kind: 'completed' };
  const stood = stoodAt(next, event);
  if (!('audience' in stood) || stood.kind === 'plan' || stood.kind === 'outcome') return stood;
  const { at, seq } = event;
  const ofStep = (outcome: Outcome) =>
    claims.find((claim) => isOf(stood, claim) && outcomeOf(claim, seq + 1) === outcome);
  if (ofStep('accepted')) return { ...stood, kind: 'plan', since: at };
  const unknown = ofStep('unknown');
  return unknown && stood.kind !== 'operator'
    ? { ...stood, kind: 'operator', since: at, sendId: unknown.sendId }
    : stood;
}

function stoodAt(next: Next, { seq, data: { run, phase } }: Recorded<'lead.recovered'>): Next {
  if (!phase) return next;
  switch (phase.kind) {
    case 'none':
      return { kind: 'nothing' };
    case 'completed':
      return { kind: 'completed' };
    case 'enrolling':
      return {
        kind: 'enrolment',
        runId: phase.runId,
        step: phase.step,
        since: phase.since,
        sequence: phase.route.sequence,
        askSeq: seq,
      };
    default:
  }
  const { step: plan } = phase;
  const of = { runId: run?.id ?? '', step: plan.index, audience: plan.audience, plan, planSeq: seq };
  switch (phase.kind) {
    case 'planned':
      return { ...of, kind: 'time', since: plan.at };
    case 'due':
      return { ...of, kind: 'sender', since: phase.since };
    case 'settled':
      return { ...of, kind: 'plan', since: phase.since };
    case 'deferred':
      return { ...of, kind: 'again', since: phase.since, from: phase.retryAt };
    case 'held':
      return { ...of, kind: 'again', since: phase.since, from: null };
    case 'parked':
      return { ...of, kind: 'operator', since: plan.at, sendId: phase.sendId };
  }
}

/**
 * The run that a notice of unproven answers interrupts hears of its own sends meanwhile, and goes on when the notice
 * has ended.
 */
function interrupted(
  { next, aside }: Place,
  event: Recorded,
  claims: readonly Claim[],
): { moved: Next; aside: Next | null } {
  const moved = follow(next, event, claims);
  if (
    aside === null ||
    asksForRun(event) ||
    event.type === 'lead.erased' ||
    (event.type === 'lead.recovered' && event.data.phase)
  )
    return { moved, aside: null };
  const then = follow(aside, event, claims);
  return event.type === 'lead.sequence-completed' && moved.kind === 'completed'
    ? { moved: then, aside: null }
    : { moved, aside: then };
}

/**
 * Nothing comes next in a run that the lead has left, but what is on its way, for a person to settle, or for the rep.
 */
function withoutDeclined(next: Next, { left }: Standing, sequences: ReadonlyMap<string, string>): Next {
  if (
    !('audience' in next) ||
    next.kind === 'plan' ||
    next.audience !== 'lead' ||
    !left.has(sequences.get(next.runId) ?? '')
  )
    return next;
  return next.kind === 'outcome' || (next.kind === 'operator' && next.sendId !== null) ? next : { kind: 'completed' };
}

/** After an answer no run to the lead moves on; one that has yet to tell the rep something does. */
const isOver = (next: Next): boolean =>
  next.kind === 'completed' ||
  next.kind === 'operator' ||
  ((next.kind === 'time' || next.kind === 'again') && next.audience === 'lead');

function follow(next: Next, event: Recorded, claims: readonly Claim[]): Next {
  if (asksForRun(event)) return asked(event);
  if (event.type === 'lead.recovered') return recovered(next, event, claims);
  if (next.kind === 'nothing') return next;
  switch (event.type) {
    case 'lead.enrolled':
      return next.kind === 'enrolment' && next.runId === event.data.runId ? planned(event.data.runId, event) : next;
    case 'lead.step-planned':
      return (next.kind === 'plan' || next.kind === 'again') && next.runId === event.data.runId
        ? planned(event.data.runId, event)
        : next;
    // After `again` as well: a step that is late may be left out. After `enrolment`: nothing is begun for who is
    // stopped, or has left it.
    case 'lead.sequence-completed':
      return (next.kind === 'plan' || next.kind === 'again' || next.kind === 'enrolment') &&
        next.runId === event.data.runId
        ? { kind: 'completed' }
        : next;
    case 'lead.step-due':
      return (next.kind === 'time' || next.kind === 'sender') && isOf(next, event.data)
        ? { ...next, kind: 'sender', since: event.at }
        : next;
    case 'lead.send-started':
      return (next.kind === 'sender' || next.kind === 'outcome') && isOf(next, event.data)
        ? { ...next, kind: 'outcome', since: event.data.deadline, sendId: event.data.sendId }
        : next;
    case 'lead.send-skipped':
      return event.data.sendId === undefined ? heldBack(next, event) : told(next, event, claims);
    // What was in flight still gets its outcome.
    case 'lead.erased':
      return next.kind === 'outcome' ? next : { kind: 'completed' };
    default:
      return told(next, event, claims);
  }
}

function asked({ id: runId, at: since, seq: askSeq, ...event }: Recorded): Next {
  const sequence = 'route' in event.data && event.data.route ? event.data.route.sequence : null;
  return { kind: 'enrolment', runId, step: event.type === 'lead.moved' ? event.data.step : 0, since, sequence, askSeq };
}

const planned = (
  runId: string,
  { seq, data: { planned: plan } }: Recorded<'lead.enrolled' | 'lead.step-planned'>,
): Next => ({ kind: 'time', runId, step: plan.index, audience: plan.audience, since: plan.at, plan, planSeq: seq });

export const isOf = (next: Next, { runId, step }: Of): boolean =>
  'runId' in next && next.runId === runId && next.step === step;

/** A guard's no before anything was claimed. */
function heldBack(next: Next, { at, data }: Recorded<'lead.send-skipped'>): Next {
  if (next.kind !== 'sender' || !isOf(next, data)) return next;
  if (HELD_BACK[data.guard] === 'for the operator') return { ...next, kind: 'operator', since: at, sendId: null };
  return isLeftOut(next, data)
    ? { ...next, kind: 'plan', since: at }
    : { ...next, kind: 'again', since: at, from: data.until ?? null };
}

/**
 * What follows a step that was not sent, by the guard: the step again, the next one, as its plan says, or an operator.
 */
const HELD_BACK = {
  erased: 'again',
  suppressed: 'again',
  stopped: 'again',
  paused: 'again',
  away: 'again',
  window: 'again',
  stalled: 'again',
  late: 'as planned',
  unrenderable: 'for the operator',
  operator: 'left out',
} as const satisfies Record<Guard, 'again' | 'left out' | 'as planned' | 'for the operator'>;

const isLeftOut = ({ plan }: Planned, { guard }: Recorded<'lead.send-skipped'>['data']): boolean =>
  HELD_BACK[guard] === 'left out' || (HELD_BACK[guard] === 'as planned' && plan.whenLate === 'skip');

/** An outcome or a report moves the lead on if it is of the step under way, and no other attempt of it is. */
function told(next: Next, event: Recorded, claims: readonly Claim[]): Next {
  const claim = claimOf(claims, event);
  if (!claim || !isOf(next, claim) || !('audience' in next)) return next;
  const { at, seq } = event;
  const mine = 'sendId' in next && next.sendId === claim.sendId;
  if (next.kind === 'outcome' && !mine) return next;
  const through = claims.some((one) => isOf(next, one) && outcomeOf(one, seq + 1) === 'accepted');
  if (through) return { ...next, kind: 'plan', since: at };
  if (!mine) return next;
  switch (event.type) {
    case 'lead.send-deferred':
      return { ...next, kind: 'again', since: at, from: event.data.retryAt };
    case 'lead.send-failed':
    case 'lead.send-unknown':
      return { ...next, kind: 'operator', since: at, sendId: claim.sendId };
    case 'lead.send-skipped':
      return isLeftOut(next, event.data)
        ? { ...next, kind: 'plan', since: at }
        : { ...next, kind: 'again', since: at, from: null };
    default:
      return next;
  }
}
