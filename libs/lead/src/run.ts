import type { Route } from '@leadstream/contracts/events';
import { isDeclined, RUNS_MAX, type LeadState, type Phase } from './state.ts';

/** The run that tells the rep of an answer: one step, to staff. */
const REPLY_NOTICE: Route = { sequence: 'reply-notice', tag: 'replied', rank: 0 };
/** The same of answers that nothing proves: how many, and none of their words. */
const UNPROVEN_NOTICE: Route = { sequence: 'unproven-answers', tag: 'unproven', rank: 0 };

/** `trusted`: an operator or a trusted caller asked for it. */
export const newRun = (
  state: LeadState,
  runId: string,
  route: Route,
  stepIndex: number,
  since: string,
  trusted = true,
): LeadState => ({ ...state, aside: null, phase: { kind: 'enrolling', runId, route, stepIndex, since, trusted } });

/** The run that moves the lead on, or would if nothing held or interrupted it. */
function underWay(state: LeadState): { id: string; route: Route } | null {
  const { phase, run } = state.aside ?? state;
  if (phase.kind === 'enrolling') return { id: phase.runId, route: phase.route };
  return phase.kind === 'none' || phase.kind === 'completed' ? null : run;
}

/** Notes that a run began or ended with the event of `at`: a stranger's submission starts no other one soon after. */
export function noted(before: LeadState, after: LeadState, at: string): LeadState {
  const [was, is] = [underWay(before), underWay(after)];
  if (was?.id === is?.id) return after;
  return [was, is].reduce((state, run) => (run ? { ...state, runs: seen(state.runs, run.route, at) } : state), after);
}

/** A run that a clock that is behind calls over did not end before it began. */
function seen(runs: LeadState['runs'], { sequence, tag }: Route, at: string): LeadState['runs'] {
  const before = runs[sequence]?.at;
  return latest(runs, sequence, { at: before !== undefined && Date.parse(before) > Date.parse(at) ? before : at, tag });
}

/** With `value` as the newest of at most RUNS_MAX entries. */
export const latest = <T>(entries: Readonly<Record<string, T>>, key: string, value: T): Record<string, T> =>
  Object.fromEntries(
    [...Object.entries(entries).filter(([other]) => other !== key), [key, value] as const].slice(-RUNS_MAX),
  );

/**
 * Ends a run whose sequence the lead has declined, unless something of it has to come to its own end first: what may be
 * on its way, what a person has to settle, and what is for staff, who are told whatever the lead has said. Those the
 * plan ends.
 */
export const ended = (state: LeadState): LeadState =>
  isDeclined(state) && isNothingButMail(state.phase) ? { ...state, phase: { kind: 'completed' } } : state;

/** Waits for nothing but to write to the lead. */
function isNothingButMail(phase: Phase): boolean {
  switch (phase.kind) {
    case 'planned':
    case 'due':
    case 'deferred':
    case 'held':
      return phase.step.audience === 'lead';
    // Without a send there is nothing to find out: its mail could not be written.
    case 'parked':
      return phase.step.audience === 'lead' && phase.sendId === null;
    case 'none':
    case 'enrolling':
    case 'claimed':
    case 'settled':
    case 'completed':
      return false;
  }
}

/**
 * Begins to tell the rep what a person answered, once the run under way has come to its rest: it may still have to tell
 * them something itself.
 */
export function tell(state: LeadState): LeadState {
  const [answer, ...untold] = state.untold;
  if (!answer || !isAtRest(state.phase)) return state;
  const told = { ...state, answer, untold };
  if (!answer.unproven) return newRun(told, answer.id, REPLY_NOTICE, 0, answer.at);
  return {
    ...newRun(told, answer.id, UNPROVEN_NOTICE, 0, answer.at),
    aside: state.aside ?? { run: state.run, phase: state.phase },
  };
}

/** The state with the interrupted run in the place of the one that interrupts it, and the other way round. */
export const swapped = (state: LeadState): LeadState =>
  state.aside
    ? { ...state, run: state.aside.run, phase: state.aside.phase, aside: { run: state.run, phase: state.phase } }
    : state;

/** Nothing but a stop that is lifted, or a person, would move it on after an answer. */
function isAtRest(phase: Phase): boolean {
  switch (phase.kind) {
    case 'none':
    case 'completed':
    case 'parked':
      return true;
    case 'planned':
    case 'held':
    case 'deferred':
      return phase.step.audience === 'lead';
    case 'enrolling':
    case 'due':
    case 'claimed':
    case 'settled':
      return false;
  }
}
