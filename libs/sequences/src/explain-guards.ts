import { catalogue, guardSchema, type Guard, type PlannedStep, type Recorded } from '@leadstream/contracts/events';
import { FORBIDS } from '@leadstream/lead/claim';
import { unmet } from '@leadstream/lead/condition';
import { evolve } from '@leadstream/lead/evolve';
import { GUARDS } from '@leadstream/lead/guards';
import { nextOpen } from '@leadstream/lead/hours';
import { localTime } from '@leadstream/lead/next';
import { initial, type LeadState } from '@leadstream/lead/state';
import { describe } from '@leadstream/lead/timeline';

/** An event of the lead as a reason. */
export interface Because {
  type: string;
  at: string;
  seq: number;
  text: string;
}

export interface Verdict {
  guard: Guard;
  blocks: boolean;
  says: string;
  /** By time alone it opens then; RFC 3339. */
  until: string | null;
  /** The event that made it block or pass; null: no event did. */
  by: Because | null;
  /** The events that could change it. */
  change: string;
}

interface Rule {
  change: string;
  /** The instant at which it opens by time alone. */
  until?: (state: LeadState, step: PlannedStep, now: Temporal.Instant) => string | null;
  /** The situation, in more words than the guard's own. */
  says?: (state: LeadState, step: PlannedStep) => string | undefined;
}

const days = (list: readonly number[]): string =>
  list.map((day) => ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][day - 1]).join(' ');

/** The sender's guards as reasons; which of them forbid a step, `FORBIDS` says. */
const RULES = {
  erased: { change: 'nothing' },
  suppressed: { change: 'an operator’s restart, unless the address bounced or complained' },
  stopped: { change: 'an operator’s restart' },
  paused: { change: 'an operator’s resume, or an answer that is proven' },
  'no-phone': { change: 'a submission with a number that takes texts' },
  'no-consent': { change: 'a trusted caller’s submission with a consent to texts to the lead’s number' },
  'no-zone': { change: 'a submission that shows where the lead lives' },
  away: {
    change: 'its return, an operator’s resume, or a new submission by a trusted caller',
    until: ({ awayUntil }) => awayUntil,
    says: ({ awayUntil, zone }) => (awayUntil === null ? undefined : `away until ${localTime(awayUntil, zone?.id)}`),
  },
  window: {
    change: 'the time of day where the lead lives',
    until: ({ zone }, { window }, now) => (window && zone ? nextOpen(now, zone.id, window).at.toString() : null),
    says: ({ zone }, { window }) =>
      window ? `open ${days(window.days)} ${window.from}–${window.to} ${zone?.id ?? ''}`.trimEnd() : 'at any hour',
  },
  late: {
    change: 'the scheduler, which plans the step again or leaves it out',
    says: (_, { latenessMaxMs }) =>
      latenessMaxMs === undefined
        ? 'may be as late as it likes'
        : `at most ${latenessMaxMs / 60_000} min after its time`,
  },
  condition: { change: 'a tag, a submission, or what the lead does', says: (state, step) => unmet(state, step) },
  stalled: { change: 'the scheduler, which plans the step again' },
  unrenderable: { change: 'a new version of the sequence, and a migration to it' },
  operator: { change: 'nothing: the step is settled' },
} satisfies Record<Guard, Rule>;

/** Every guard's verdict about the step at `now`, each with the event that decided it. `states`: after each event. */
export function verdictsOf(
  events: readonly Recorded[],
  states: readonly LeadState[],
  step: PlannedStep,
  now: Temporal.Instant,
): Verdict[] {
  const state = states.at(-1) ?? initial;
  return guardSchema.options.map((name) => {
    const rule: Rule = RULES[name];
    const isParked = name === 'unrenderable' && state.phase.kind === 'parked' && state.phase.why === name;
    const blocks = isParked || FORBIDS[name](state, step, now);
    return {
      guard: name,
      blocks,
      says: rule.says?.(state, step) ?? (blocks ? GUARDS[name].says : 'no'),
      until: blocks ? (rule.until?.(state, step, now) ?? null) : null,
      by: deciding(events, states, (one) => FORBIDS[name](one, step, now)) ?? found(events, step, name, blocks),
      change: rule.change,
    };
  });
}

export const statesOf = (events: readonly Recorded[]): LeadState[] => {
  let state = initial;
  return events.map((event) => (state = evolve(state, event)));
};

/** The last event that changed the answer. */
function deciding(
  events: readonly Recorded[],
  states: readonly LeadState[],
  forbids: (state: LeadState) => boolean,
): Because | null {
  const answers = states.map(forbids);
  const last = answers.findLastIndex((answer, index) => index > 0 && answer !== answers[index - 1]);
  const event = events[last];
  return event ? because(event) : null;
}

/** No event changed it: then the plan did, or what the sender found. */
function found(events: readonly Recorded[], step: PlannedStep, name: Guard, blocks: boolean): Because | null {
  if (!blocks) return null;
  const event = events.findLast(({ type, data }) =>
    name === 'unrenderable'
      ? type === 'lead.send-skipped' && 'guard' in data && data.guard === name
      : 'planned' in data && data.planned.index === step.index,
  );
  return event ? because(event) : null;
}

export const because = (event: Recorded): Because => ({
  type: event.type,
  at: event.at,
  seq: event.seq,
  text: `${catalogue[event.type].token} ${describe(event)}`.trim(),
});
