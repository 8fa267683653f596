import type { Audience, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { asksForRun, isAnswer } from './chain.ts';
import { outcomeOf, type Claim } from './claims.ts';
import { standingAfter, stopOf, unhindered, type Standing } from './standing.ts';

/** Where its last event leaves a lead: at rest, or waiting for something that has a time. */
export type Rest =
  | { kind: 'completed' | 'stopped' | 'paused' | 'parked' | 'nothing' }
  | { kind: 'waits'; what: string; since: string; seq: number; sendId: string | null };

/** What comes next, before it is asked whether it may. */
type Next =
  | { kind: 'nothing' } | { kind: 'completed' }
  | { kind: 'enrolment' | 'plan'; runId: string; step: number; since: string }
  | { kind: 'time' | 'sender' | 'again'; runId: string; step: number; audience: Audience; since: string }
  | { kind: 'outcome' | 'operator'; runId: string; step: number; audience: Audience; since: string; sendId: string | null };

const WHAT = {
  enrolment: 'its run to be begun', plan: 'what comes next to be planned', time: 'its step to be found due', sender: 'its step to be claimed',
  again: 'its step to be planned again', outcome: 'the outcome of a claim',
} as const;

/** Reads where a lead stands from its events and what `readClaims` made of them; the fold that the services decide on is not asked. */
export function restOf(events: readonly Recorded[], claims: readonly Claim[]): Rest {
  let next: Next = { kind: 'nothing' };
  let standing = unhindered;
  let freed = '';
  const untold: Recorded[] = [];
  const sequences = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'lead.enrolled') sequences.set(event.data.runId, event.data.sequence);
    standing = standingAfter(standing, event);
    next = withoutDeclined(follow(next, event, claims), standing, sequences);
    if (isAnswer(event)) untold.push(event);
    if (event.type === 'lead.restarted' || event.type === 'lead.erased') untold.length = 0;
    const [answer] = untold;
    if (answer && isOver(next)) {
      untold.shift();
      next = { kind: 'enrolment', runId: answer.id, step: 0, since: answer.at };
    }
    if (event.type === 'lead.resumed') freed = event.at;
  }
  return resting(next, standing, { freed, seq: events.at(-1)?.seq ?? 0, untold: untold.length > 0 });
}

/** Nothing comes next in a run that the lead has left, but what is on its way, for a person to settle, or for the rep. */
function withoutDeclined(next: Next, { left }: Standing, sequences: ReadonlyMap<string, string>): Next {
  if (!('audience' in next) || next.audience !== 'lead' || !left.has(sequences.get(next.runId) ?? '')) return next;
  return next.kind === 'outcome' || (next.kind === 'operator' && next.sendId !== null) ? next : { kind: 'completed' };
}

/** After an answer no run to the lead moves on; one that has yet to tell the rep something does. */
const isOver = (next: Next): boolean =>
  next.kind === 'completed' || next.kind === 'operator' || ((next.kind === 'time' || next.kind === 'again') && next.audience === 'lead');

function resting(next: Next, standing: Standing, { freed, seq, untold }: { freed: string; seq: number; untold: boolean }): Rest {
  if (next.kind === 'nothing') return next;
  // What was in flight when the lead was erased still gets its outcome.
  if (standing.erased !== null && next.kind !== 'outcome') return { kind: 'stopped' };
  if (next.kind === 'completed') return { kind: stopOf(standing) === null ? 'completed' : 'stopped' };
  if (next.kind === 'operator') return { kind: 'parked' };
  if ((next.kind === 'time' || next.kind === 'sender' || next.kind === 'again') && next.audience === 'lead') {
    // Behind a due step that has yet to be skipped waits the telling of the answer.
    if (stopOf(standing) !== null && !(untold && next.kind === 'sender')) return { kind: 'stopped' };
    if (standing.paused !== null) return { kind: 'paused' };
  }
  const away = 'audience' in next && next.audience === 'lead' ? standing.awayUntil ?? '' : '';
  return { kind: 'waits', what: WHAT[next.kind], since: later(later(next.since, freed), away), seq, sendId: next.kind === 'outcome' ? next.sendId : null };
}

const later = (a: string, b: string): string => (b && Temporal.Instant.compare(a, b) < 0 ? b : a);

const planned = (runId: string, { index, audience, at }: PlannedStep): Next => ({ kind: 'time', runId, step: index, audience, since: at });

function follow(next: Next, event: Recorded, claims: readonly Claim[]): Next {
  if (asksForRun(event)) return { kind: 'enrolment', runId: event.id, step: 0, since: event.at };
  if (next.kind === 'nothing') return next;
  switch (event.type) {
    case 'lead.enrolled': return next.kind === 'enrolment' && next.runId === event.data.runId ? planned(event.data.runId, event.data.planned) : next;
    case 'lead.step-planned': return (next.kind === 'plan' || next.kind === 'again') && next.runId === event.data.runId ? planned(event.data.runId, event.data.planned) : next;
    // After `again` as well: a step that is late may be left out. After `enrolment`: of what the lead has left nothing is begun.
    case 'lead.sequence-completed': return (next.kind === 'plan' || next.kind === 'again' || next.kind === 'enrolment') && next.runId === event.data.runId ? { kind: 'completed' } : next;
    case 'lead.step-due': return (next.kind === 'time' || next.kind === 'sender') && isOf(next, event.data) ? { ...next, kind: 'sender', since: event.at } : next;
    case 'lead.send-started': return (next.kind === 'sender' || next.kind === 'outcome') && isOf(next, event.data)
      ? { kind: 'outcome', runId: next.runId, step: next.step, audience: next.audience, since: event.data.deadline, sendId: event.data.sendId } : next;
    case 'lead.send-skipped': return event.data.sendId === undefined ? heldBack(next, event) : told(next, event, claims);
    default: return told(next, event, claims);
  }
}

const isOf = (next: Next, { runId, step }: { runId: string; step: number }): boolean => 'runId' in next && next.runId === runId && next.step === step;

/** A guard's no before anything was claimed. */
function heldBack(next: Next, { at, data }: Recorded<'lead.send-skipped'>): Next {
  if (next.kind !== 'sender' || !isOf(next, data)) return next;
  if (data.guard === 'unrenderable') return { ...next, kind: 'operator', since: at, sendId: null };
  return { ...next, kind: data.guard === 'operator' ? 'plan' : 'again', since: at };
}

/** An outcome or a report moves the lead on if it is of the step under way, and no other attempt of it is. */
function told(next: Next, event: Recorded, claims: readonly Claim[]): Next {
  const sendId = 'sendId' in event.data ? event.data.sendId : undefined;
  const claim = claims.find((one) => one.sendId === sendId);
  if (!claim || !isOf(next, claim) || !('audience' in next)) return next;
  const { at, seq, type } = event;
  const mine = 'sendId' in next && next.sendId === sendId;
  if (next.kind === 'outcome' && !mine) return next;
  const through = claims.some((one) => isOf(next, one) && outcomeOf(one, seq + 1) === 'accepted');
  if (through) return { kind: 'plan', runId: next.runId, step: next.step, since: at };
  if (!mine) return next;
  const { runId, step, audience } = next;
  switch (type) {
    case 'lead.send-deferred': return { kind: 'again', runId, step, audience, since: at };
    case 'lead.send-failed': case 'lead.send-unknown': return { kind: 'operator', runId, step, audience, since: at, sendId: claim.sendId };
    case 'lead.send-skipped': return { kind: event.data.guard === 'operator' ? 'plan' : 'again', runId, step, audience, since: at };
    default: return next;
  }
}
