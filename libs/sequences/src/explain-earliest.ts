import type { Draft, Guard, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { decideClaim, decideWait, writtenFor } from '@leadstream/lead/claim';
import { evolve } from '@leadstream/lead/evolve';
import { nextOpen } from '@leadstream/lead/hours';
import { nextActionAt, type LeadState } from '@leadstream/lead/state';
import { unwantedWhy } from '@leadstream/lead/next';
import { inWords } from '@leadstream/lead/words';
import { decideDue, decidePlan, type Planning } from './plan.ts';

/** More decisions than a lead needs to its next claim. */
const DECISIONS_MAX = 100;

/** Guards that let a waiting step pass by time alone. */
const OPENS: ReadonlySet<Guard> = new Set<Guard>(['away', 'window']);

/** The next claim, if nothing else happens; `why`: what keeps it from ever coming. */
export type Earliest = { at: Temporal.Instant; step: PlannedStep; sequence: string } | { why: string };

/** Texts wait until they are late, and are left out then. */
interface Held {
  textsWait: boolean;
}
interface Walk extends Held {
  state: LeadState;
  now: Temporal.Instant;
  count: number;
}

/**
 * The earliest time of the next claim: the services' own decisions on a clock that is never late and draws the shortest
 * waits. Nothing is appended.
 */
export function earliestOf(from: LeadState, planning: Planning, { textsWait }: Held): Earliest {
  const walk: Walk = { state: from, now: planning.now, count: 0, textsWait };
  let sooner: Temporal.Instant | undefined;
  while (walk.count < DECISIONS_MAX) {
    const { state, now } = walk;
    const { phase } = state;
    const sequence = state.run?.sequence ?? '';
    if (phase.kind === 'claimed') {
      const { startedAt } = state.sends[phase.sendId] ?? {};
      return { at: startedAt ? Temporal.Instant.from(startedAt) : now, step: phase.step, sequence };
    }
    const decision = decided(walk, planning);
    if (typeof decision === 'string') return { why: decision };
    if (decision.type === 'lead.send-started' && 'step' in phase)
      return { at: sooner && Temporal.Instant.compare(sooner, now) < 0 ? sooner : now, step: phase.step, sequence };
    // The sender may also look for the first time when the hours have opened.
    if (phase.kind === 'due' && decision.type === 'lead.send-skipped' && OPENS.has(decision.data.guard))
      sooner ??= opening(state, phase.step, decision.data.until, now);
    walk.state = evolve(state, recorded(decision, walk));
    walk.count += 1;
  }
  return { why: `no mail within ${DECISIONS_MAX} decisions` };
}

/** The next decision of the service whose turn it is; moves the clock to a plan's time. Text: nothing is decided. */
function decided(walk: Walk, planning: Planning): Draft | string {
  const { state, now } = walk;
  const { phase } = state;
  const at = { ...planning, now, draw: () => 0 };
  const claim = (step: PlannedStep) =>
    decideClaim(state, { now, sendId: `explained-${walk.count}`, deadlineMs: 1 }, writtenFor(state, step));
  const decision = ((): ReturnType<typeof decidePlan> | string => {
    switch (phase.kind) {
      case 'none':
      case 'completed':
        return unwantedWhy(state) ?? 'no run is under way';
      case 'parked':
        return 'the step waits for an operator';
      case 'enrolling':
      case 'settled':
      case 'deferred':
      case 'held':
        return decidePlan(state, at);
      case 'due':
        return walk.textsWait && phase.step.channel === 'sms' ? decideWaiting(walk, phase.step) : claim(phase.step);
      case 'claimed':
        return claim(phase.step);
      case 'planned': {
        const time = nextActionAt(state);
        if (time === null) return unwantedWhy(state) ?? 'the lead is held until an operator resumes it';
        if (Temporal.Instant.compare(now, time) < 0) walk.now = Temporal.Instant.from(time);
        return decideDue(state, { ...at, now: walk.now });
      }
    }
  })();
  return typeof decision === 'string' || 'type' in decision ? decision : inWords(decision);
}

/** The decision about a text that waits: its time is moved to where it is late, unless the rep is told first. */
function decideWaiting(walk: Walk, step: PlannedStep): ReturnType<typeof decideWait> {
  const { state } = walk;
  const decide = () => decideWait(state, walk.now, writtenFor(state, step), 'no-provider');
  const decision = decide();
  if ('type' in decision || step.latenessMaxMs === undefined) return decision;
  const late = Temporal.Instant.from(step.at).add({ milliseconds: step.latenessMaxMs + 1 });
  if (Temporal.Instant.compare(walk.now, late) < 0) walk.now = late;
  return decide();
}

function opening(
  { awayUntil, zone }: LeadState,
  { window }: PlannedStep,
  until: string | undefined,
  now: Temporal.Instant,
): Temporal.Instant {
  const back = [until, awayUntil]
    .filter((time) => time !== undefined && time !== null)
    .map((time) => Temporal.Instant.from(time))
    .reduce((a, b) => (Temporal.Instant.compare(a, b) >= 0 ? a : b), now);
  return window && zone ? nextOpen(back, zone.id, window).at : back;
}

const recorded = (draft: Draft, { state, now, count }: Walk): Recorded => ({
  ...draft,
  id: `explained-${count}`,
  leadId: state.leadId ?? '',
  seq: 0,
  version: 0,
  prevSeq: 0,
  at: now.toString(),
  source: 'explain',
});
