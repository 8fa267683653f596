import type { Route } from '@leadstream/contracts/events';
import { isDeclined, type LeadState, type Phase } from './state.ts';

/** The run that tells the rep of an answer: one step, to staff. */
const REPLY_NOTICE: Route = { sequence: 'reply-notice', tag: 'replied', rank: 0 };

export const newRun = (state: LeadState, runId: string, route: Route, step: number, since: string): LeadState =>
  ({ ...state, phase: { kind: 'enrolling', runId, route, step, since } });

/**
 * Ends a run whose sequence the lead has declined, unless something of it has to come to its own end first: what may be
 * on its way, what a person has to settle, and what is for staff, who are told whatever the lead has said. Those the plan ends.
 */
export const ended = (state: LeadState): LeadState =>
  (isDeclined(state) && isNothingButMail(state.phase) ? { ...state, phase: { kind: 'completed' } } : state);

/** Waits for nothing but to write to the lead. */
function isNothingButMail(phase: Phase): boolean {
  switch (phase.kind) {
    case 'planned': case 'due': case 'deferred': case 'held': return phase.step.audience === 'lead';
    // Without a send there is nothing to find out: its mail could not be written.
    case 'parked': return phase.step.audience === 'lead' && phase.sendId === null;
    default: return false;
  }
}

/** Begins to tell the rep what a person answered, once the run under way has come to its rest: it may still have to tell them something itself. */
export function tell(state: LeadState): LeadState {
  const [answer, ...untold] = state.untold;
  return answer && isAtRest(state.phase) ? newRun({ ...state, answer, untold }, answer.id, REPLY_NOTICE, 0, answer.at) : state;
}

/** Nothing but a stop that is lifted, or a person, would move it on after an answer. */
function isAtRest(phase: Phase): boolean {
  switch (phase.kind) {
    case 'none': case 'completed': case 'parked': return true;
    case 'planned': case 'held': case 'deferred': return phase.step.audience === 'lead';
    default: return false;
  }
}
