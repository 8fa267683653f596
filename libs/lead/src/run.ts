import { REPLY_TEXT_MAX, type Happening, type Route } from '@leadstream/contracts/events';
import { isDeclined, RUNS_MAX, type LeadState, type Phase, type ReplyExcerpt, type Run } from './state.ts';

/** The run that notifies the rep of a reply: one step, to staff. */
const REPLY_NOTICE: Route = { sequence: 'reply-notice', tag: 'replied', rank: 0 };
/** The same for unproven replies: their number, and none of their text. */
const UNPROVEN_NOTICE: Route = { sequence: 'unproven-answers', tag: 'unproven', rank: 0 };
/** The same for what a submission adds while a run is under way. */
export const NEWS_NOTICE: Route = { sequence: 'news-notice', tag: 'news', rank: 0 };

const NOTICES: readonly string[] = [REPLY_NOTICE, UNPROVEN_NOTICE, NEWS_NOTICE].map(({ sequence }) => sequence);

/** Without the reply or submission that starts it, a notice has nothing to tell the rep. */
export const isNotice = (sequence: string): boolean => NOTICES.includes(sequence);

/** The sequence of the lead's last run to itself, and the tag that asked for it; a notice to the rep is none. */
export function lastRun({ runs }: LeadState): Pick<Route, 'sequence' | 'tag'> | undefined {
  const last = Object.entries(runs).findLast(([sequence]) => !isNotice(sequence));
  return last && { sequence: last[0], tag: last[1].tag };
}

/** Sequences that a reply starts by name, without a route: an installation needs them. */
export const STARTED_BY_NAME: readonly string[] = [REPLY_NOTICE.sequence, UNPROVEN_NOTICE.sequence];

/** `trusted`: requested by an operator or a trusted caller. */
export const newRun = (
  state: LeadState,
  runId: string,
  route: Route,
  stepIndex: number,
  since: string,
  trusted = true,
): LeadState => ({ ...state, aside: null, phase: { kind: 'enrolling', runId, route, stepIndex, since, trusted } });

/** The run that moves the lead on, or the one that is held or interrupted. */
function underWay(state: LeadState): { id: string; route: Route } | null {
  const { phase, run } = state.aside ?? state;
  if (phase.kind === 'enrolling') return { id: phase.runId, route: phase.route };
  return phase.kind === 'none' || phase.kind === 'completed' ? null : run;
}

/** Records that a run began or ended with the event of `at`: a stranger's submission starts no other run soon after. */
export function noted(before: LeadState, after: LeadState, at: string): LeadState {
  const [was, is] = [underWay(before), underWay(after)];
  if (was?.id === is?.id) return after;
  return [was, is].reduce((state, run) => (run ? { ...state, runs: seen(state.runs, run.route, at) } : state), after);
}

/** A clock that is behind must not record the end of a run before its beginning. */
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
 * Ends a run of a declined sequence, unless a part of it must finish first: a send that may be in flight, a send that
 * an operator has to settle, or a step to staff, who are notified regardless of the lead's wishes. The plan ends those
 * runs.
 */
export const ended = (state: LeadState): LeadState =>
  isDeclined(state) && isNothingButMail(state.phase) ? { ...state, phase: { kind: 'completed' } } : state;

/** Whether the run waits only to mail the lead. */
function isNothingButMail(phase: Phase): boolean {
  switch (phase.kind) {
    case 'planned':
    case 'due':
    case 'deferred':
    case 'held':
      return phase.step.audience === 'lead';
    // Without a send its outcome needs no operator: the mail could not be composed.
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
 * Starts the rep's notice of a reply once the run under way is at rest: that run may itself have a notice to send
 * first.
 */
export function tell(state: LeadState): LeadState {
  const [answer, ...untold] = state.untold;
  if (!answer || !isAtRest(state.phase)) return state;
  const told = { ...state, answer: { ...answer, text: textOf(answer, state) }, untold };
  if (!answer.unproven && !answer.news) return newRun(told, answer.id, REPLY_NOTICE, 0, answer.at);
  return {
    ...newRun(told, answer.id, answer.news ? NEWS_NOTICE : UNPROVEN_NOTICE, 0, answer.at),
    aside: state.aside ?? { run: state.run, phase: state.phase },
  };
}

/** The text of a notice, and that of a parked one before it: no mail of that one reaches the rep any more. */
function textOf({ text }: ReplyExcerpt, { phase, run, answer }: LeadState): string | null {
  const isParked = phase.kind === 'parked' && answer !== null && run?.id === answer.id;
  if (!isParked || answer.text === null) return text;
  return [...(text === null ? [] : [text]), answer.text].join('\n\n').slice(0, REPLY_TEXT_MAX).toWellFormed();
}

/** Exchanges the interrupted run and the interrupting one. */
export const swapped = (state: LeadState): LeadState =>
  state.aside
    ? { ...state, run: state.aside.run, phase: state.aside.phase, aside: { run: state.run, phase: state.phase } }
    : state;

/** Whether, after a reply, only a lifted stop or a person can move the run on. */
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

/** The tag of a booked meeting: `routes.yaml` gives it to the sources of a scheduling tool. */
export const BOOKED_TAG = 'source:booking';

/** The run with a happening; a run that has it already is returned unchanged. */
const withHappening = <Of extends { run: Run | null }>(of: Of, what: Happening): Of =>
  !of.run || of.run.happened?.includes(what)
    ? of
    : { ...of, run: { ...of.run, happened: [...(of.run.happened ?? []), what] } };

/** Recorded for the run under way and for the one that it interrupts: both began before it. */
export function happened(state: LeadState, what: Happening): LeadState {
  const next = withHappening(state, what);
  return next.aside ? { ...next, aside: withHappening(next.aside, what) } : next;
}
