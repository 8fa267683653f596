import type { Audience, EventType, Guard, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { asksForRun, isAnswer, isInterrupting } from './chain.ts';
import { claimOf, outcomeOf, type Claim, type Outcome } from './claims.ts';
import { standingAfter, unhindered, type Standing } from './standing.ts';

interface Of {
  runId: string;
  step: number;
}
/** `plan` is the plan, and `planSeq` its event. */
interface Planned extends Of {
  audience: Audience;
  plan: PlannedStep;
  planSeq: number;
}

/** The next item of a lead, before guards are checked. */
export type Next =
  | { kind: 'nothing' }
  | { kind: 'completed' }
  /** `sequence` is null if the request named none: the run that notifies the rep of a reply. */
  | (Of & { kind: 'enrolment'; since: string; sequence: string | null; askSeq: number })
  | (Planned & { kind: 'time' | 'sender'; since: string })
  /** The step is done. */
  | (Planned & { kind: 'plan'; since: string })
  /** `from`: the earliest time, named by a refusal. */
  | (Planned & { kind: 'again'; since: string; from: string | null })
  | (Planned & { kind: 'outcome' | 'operator'; since: string; sendId: string | null });

export interface LeadPosition {
  next: Next;
  standing: Standing;
  /** By run, ended runs included. */
  sequences: ReadonlyMap<string, string>;
  /** The step that resumes after a notice of unproven replies or of news. */
  aside: Next | null;
  /** Replies whose notice to the rep is pending. */
  untold: readonly Recorded[];
  /** The time of the last resume. */
  freed: string;
  /** The time since which an operator's pause lasts. */
  pausedAt: string | null;
}

const BEGINNING: LeadPosition = {
  next: { kind: 'nothing' },
  standing: unhindered,
  sequences: new Map(),
  aside: null,
  untold: [],
  freed: '',
  pausedAt: null,
};

/** Each event with the lead's position before it. */
export type Course = readonly { event: Recorded; place: LeadPosition }[];

/** All positions of a lead, and the last one. */
export function courseOf(events: readonly Recorded[], claims: readonly Claim[]): { course: Course; end: LeadPosition } {
  let end = BEGINNING;
  const course = events.map((event) => {
    const place = end;
    end = placeAfter(place, event, claims);
    return { event, place };
  });
  return { course, end };
}

/** The lead's position after an event; independent of the fold that the services use. */
function placeAfter(place: LeadPosition, event: Recorded, claims: readonly Claim[]): LeadPosition {
  const standing = standingAfter(place.standing, event);
  const sequences = new Map([...place.sequences, ...begun(event)]);
  const freed = event.type === 'lead.resumed' ? event.at : place.freed;
  const pausedAt = standing.paused === null ? null : (place.pausedAt ?? pauseOf(event));
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
        aside: isInterrupting(answer) ? (aside ?? next) : null,
        standing,
        sequences,
        freed,
        pausedAt,
        untold: later,
      }
    : { next, aside, standing, sequences, freed, pausedAt, untold: answer ? [answer, ...later] : [] };
}

/** The sequence of the run that an event begins. */
function begun(event: Recorded): [string, string][] {
  if (event.type === 'lead.enrolled') return [[event.data.runId, event.data.sequence]];
  if (event.type === 'lead.migrated') return [[event.id, event.data.sequence]];
  return event.type === 'lead.recovered' && event.data.run ? [[event.data.run.id, event.data.run.sequence]] : [];
}

/** A recovered pause began in the lost log. */
const pauseOf = (event: Recorded): string =>
  event.type === 'lead.recovered' ? (event.data.paused?.at ?? event.at) : event.at;

/** Replies and news of the lost log whose notice is pending, as unproven replies where they interrupt a run. */
const recalled = (event: Recorded): Recorded[] =>
  event.type !== 'lead.recovered'
    ? []
    : (event.data.untold ?? []).map(({ id, at, unproven, news }): Recorded => ({
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
          ...(unproven || news ? { authenticated: false } : {}),
        },
      }));

/** A reply whose notice the lost log had begun, or still had to send. */
function isTakenUp(event: Recorded, id: string): boolean {
  if (event.type !== 'lead.recovered' || !event.data.phase) return false;
  const { untold = [], answer, run, sends = {} } = event.data;
  const isBegun = Object.values(sends).some(({ runId }) => runId === id);
  return isBegun || answer?.id === id || run?.id === id || untold.some((one) => one.id === id);
}

/** The position of the run according to a witness outside the log. */
function recovered(next: Next, event: Recorded<'lead.recovered'>, claims: readonly Claim[]): Next {
  if (event.data.stop?.why === 'erased') return next.kind === 'outcome' ? next : { kind: 'completed' };
  return bySends(stoodAt(next, event), event, claims);
}

/** A step that a recovered send is of is done, or its send is to be settled by an operator. */
function bySends(stood: Next, { at, seq }: Recorded, claims: readonly Claim[]): Next {
  if (!('audience' in stood) || stood.kind === 'plan' || stood.kind === 'outcome') return stood;
  const ofStep = (outcome: Outcome) =>
    claims.filter((claim) => isOf(stood, claim) && outcomeOf(claim, seq + 1) === outcome);
  if (ofStep('accepted').length > 0) return { ...stood, kind: 'plan', since: at };
  const unknown = ofStep('unknown').find(({ channel }) => channel !== 'chat');
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
 * The run that a notice of unproven replies or of news interrupts gets outcomes of its own sends meanwhile, and resumes
 * when the notice has ended.
 */
function interrupted(
  { next, aside }: LeadPosition,
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
 * A run of a declined sequence has no next item, except mail in flight, a send to be settled by an operator, or a step
 * to the rep.
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

/** After a reply no run to the lead moves on; a run with a notice to the rep does. */
const isOver = (next: Next): boolean =>
  next.kind === 'completed' ||
  next.kind === 'operator' ||
  ((next.kind === 'time' || next.kind === 'again') && next.audience === 'lead');

function follow(next: Next, event: Recorded, claims: readonly Claim[]): Next {
  if (asksForRun(event)) return asked(event);
  if (event.type === 'lead.recovered') return recovered(next, event, claims);
  return next.kind === 'nothing' ? next : movedOn(next, event, claims);
}

const movedOn = <K extends EventType>(next: Next, event: Recorded<K>, claims: readonly Claim[]): Next =>
  MOVES[event.type](next, event, claims);

type Move<K extends EventType> = (next: Next, event: Recorded<K>, claims: readonly Claim[]) => Next;
const unmoved = (next: Next): Next => next;
const waitsIn = (next: Next, runId: string, ...kinds: Next['kind'][]): boolean =>
  'runId' in next && next.runId === runId && kinds.includes(next.kind);

/** The next item after each event. A request for a run never gets here. */
const MOVES: { readonly [K in EventType]: Move<K> } = {
  'lead.triaged': unmoved,
  'lead.resubmitted': unmoved,
  // After a restore a sender may have reported a send of the step before the log plans it.
  'lead.enrolled': (next, event, claims) =>
    waitsIn(next, event.data.runId, 'enrolment') ? bySends(planned(event), event, claims) : next,
  'lead.step-planned': (next, event, claims) =>
    waitsIn(next, event.data.runId, 'plan', 'again') ? bySends(planned(event), event, claims) : next,
  // Also after `again`: a late step may be skipped. After `enrolment`: no run begins for a stopped lead or a declined
  // sequence.
  'lead.sequence-completed': (next, { data }) =>
    waitsIn(next, data.runId, 'plan', 'again', 'enrolment', ...(data.why === 'exit' ? (['time'] as const) : []))
      ? { kind: 'completed' }
      : next,
  'lead.step-due': (next, { at, data }) =>
    (next.kind === 'time' || next.kind === 'sender') && isOf(next, data)
      ? { ...next, kind: 'sender', since: at }
      : next,
  'lead.send-started': (next, { data }) =>
    (next.kind === 'sender' || next.kind === 'outcome') && isOf(next, data)
      ? { ...next, kind: 'outcome', since: data.deadline, sendId: data.sendId }
      : next,
  'lead.sent': told,
  'lead.send-deferred': told,
  'lead.send-failed': told,
  'lead.send-skipped': (next, event, claims) =>
    event.data.sendId === undefined ? heldBack(next, event) : told(next, event, claims),
  'lead.send-unknown': told,
  'lead.delivered': told,
  'lead.undelivered': told,
  'lead.opened': told,
  'lead.clicked': told,
  'lead.bounced': told,
  'lead.complained': told,
  'lead.unsubscribed': told,
  'lead.suppressed': unmoved,
  'lead.replied': unmoved,
  'lead.paused': unmoved,
  'lead.resumed': resumed,
  'lead.restarted': unmoved,
  'lead.moved': unmoved,
  'lead.migrated': migrated,
  'lead.tagged': unmoved,
  'lead.enriched': unmoved,
  'lead.lapsed': unmoved,
  'lead.assigned': unmoved,
  'lead.noted': unmoved,
  'lead.recovered': recovered,
  // A mail in flight still gets its outcome.
  'lead.erased': (next) => (next.kind === 'outcome' ? next : { kind: 'completed' }),
};

function asked({ id: runId, at: since, seq: askSeq, ...event }: Recorded): Next {
  const sequence = 'route' in event.data && event.data.route ? event.data.route.sequence : null;
  return { kind: 'enrolment', runId, step: event.type === 'lead.moved' ? event.data.step : 0, since, sequence, askSeq };
}

const planned = ({ seq, data: { runId, planned: plan } }: Recorded<'lead.enrolled' | 'lead.step-planned'>): Next => ({
  ...plannedAs(runId, plan, seq),
  kind: 'time',
  since: plan.at,
});

const plannedAs = (runId: string, plan: PlannedStep, planSeq: number): Planned => ({
  runId,
  step: plan.index,
  audience: plan.audience,
  plan,
  planSeq,
});

/**
 * The run goes on as a new one: a step that a guard holds back is still planned again, any other one waits for its
 * time.
 */
function migrated(next: Next, { id, seq, data: { runId, planned: plan } }: Recorded<'lead.migrated'>): Next {
  if (!waitsIn(next, runId, 'time', 'sender', 'again', 'operator')) return next;
  const step = plannedAs(id, plan, seq);
  return next.kind === 'again'
    ? { ...step, kind: 'again', since: next.since, from: next.from }
    : { ...step, kind: 'time', since: plan.at };
}

/** The mail that waited goes on waiting for the rest of its time, as a new plan; before version 2 it kept its time. */
function resumed(next: Next, { at, data: { waitMs } }: Recorded<'lead.resumed'>): Next {
  if (waitMs === undefined || next.kind !== 'time' || next.audience !== 'lead') return next;
  // Cut to milliseconds, as waits are.
  const from = Temporal.Instant.fromEpochMilliseconds(Date.parse(at) + waitMs).toString();
  return { ...next, kind: 'again', since: at, from };
}

export const isOf = (next: Next, { runId, step }: Of): boolean =>
  'runId' in next && next.runId === runId && next.step === step;

/** Held by a guard before a claim. */
function heldBack(next: Next, { at, data }: Recorded<'lead.send-skipped'>): Next {
  if (next.kind !== 'sender' || !isOf(next, data)) return next;
  if (HELD_BACK[data.guard] === 'for the operator') return { ...next, kind: 'operator', since: at, sendId: null };
  return isLeftOut(next, data)
    ? { ...next, kind: 'plan', since: at }
    : { ...next, kind: 'again', since: at, from: data.until ?? null };
}

/**
 * The consequence of a step that was not sent, by its guard: the step again, the next one, the plan's choice, or an
 * operator.
 */
const HELD_BACK = {
  erased: 'again',
  suppressed: 'again',
  stopped: 'again',
  paused: 'again',
  'no-phone': 'left out',
  'no-consent': 'left out',
  'no-zone': 'left out',
  away: 'again',
  window: 'again',
  stalled: 'again',
  late: 'as planned',
  condition: 'left out',
  unrenderable: 'for the operator',
  operator: 'left out',
} as const satisfies Record<Guard, 'again' | 'left out' | 'as planned' | 'for the operator'>;

const isLeftOut = ({ plan }: Planned, { guard }: Recorded<'lead.send-skipped'>['data']): boolean =>
  HELD_BACK[guard] === 'left out' || (HELD_BACK[guard] === 'as planned' && plan.whenLate === 'skip');

/** A number that takes no texts ends its step, and the run goes on by mail. */
const isOfDeadNumber = ({ data }: Recorded<'lead.send-failed'>): boolean =>
  data.channel === 'sms' && (data.closed === true || data.optedOut === true);

/** An outcome or a report moves the lead on if it is of the step under way, and no other attempt of it is in flight. */
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
      return isOfDeadNumber(event)
        ? { ...next, kind: 'plan', since: at }
        : { ...next, kind: 'operator', since: at, sendId: claim.sendId };
    case 'lead.send-unknown':
      // Of a post to the rep's chat nothing is asked: the mail follows.
      return claim.channel === 'chat'
        ? { ...next, kind: 'again', since: at, from: null }
        : { ...next, kind: 'operator', since: at, sendId: claim.sendId };
    case 'lead.send-skipped':
      return isLeftOut(next, event.data)
        ? { ...next, kind: 'plan', since: at }
        : { ...next, kind: 'again', since: at, from: null };
    default:
      return next;
  }
}
