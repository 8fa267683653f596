import type { Decision, PlannedStep } from '@leadstream/contracts/events';
import { isBlocked, type LeadState } from '@leadstream/lead/state';
import { decideDue, decidePlan, type Planning } from './plan.ts';

/** The reason that distinguishes these steps from an operator's skips. */
export const GAP = 'the log was restored, and nobody knows whether this step was sent';

/**
 * After the restore of an older log: closes, one event at a time, every step that the lost log may have sent by now.
 * Its plans are made again, for the earliest times that they can have had, so that a long gap closes several steps.
 * `skippedLast`: the lead's last event closed a step here.
 */
export function decideGap(state: LeadState, planning: Planning, skippedLast: boolean): Decision {
  const { phase } = state;
  switch (phase.kind) {
    case 'due':
      return isBlocked(state, phase.step.audience) ? { nothing: 'blocked' } : skip(state, phase.step);
    case 'planned':
      return decideDue(state, planning);
    case 'settled':
      return planned(
        skippedLast ? { ...state, phase: { ...phase, since: phase.step.at } } : state,
        phase.since,
        planning,
      );
    case 'enrolling':
      return planned(state, phase.since, planning);
    case 'deferred':
    case 'held':
      return planned(state, phase.since, planning);
    case 'none':
    case 'claimed':
    case 'parked':
    case 'completed':
      return { nothing: 'wrong-phase', detail: phase.kind };
  }
}

/** A plan as the lost log would have made it at once; steps in the future are left to the scheduler. */
function planned(state: LeadState, since: string, planning: Planning): Decision {
  const from = Temporal.Instant.from(since);
  const now = Temporal.Instant.compare(from, planning.now) < 0 ? from : planning.now;
  const decision = decidePlan(state, { ...planning, now, draw: () => 0 });
  if ('nothing' in decision || (decision.type !== 'lead.enrolled' && decision.type !== 'lead.step-planned'))
    return { nothing: 'not-planned' };
  const { at, audience } = decision.data.planned;
  if (isBlocked(state, audience)) return { nothing: 'blocked' };
  return Temporal.Instant.compare(at, planning.now) <= 0 ? decision : { nothing: 'not-due' };
}

function skip({ run }: LeadState, { index, id, audience, channel }: PlannedStep): Decision {
  if (!run) return { nothing: 'no-run' };
  return {
    type: 'lead.send-skipped',
    data: { runId: run.id, step: index, stepId: id, audience, channel, guard: 'operator', reason: GAP },
  };
}
