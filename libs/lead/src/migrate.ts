import type { Decision, PlannedStep } from '@leadstream/contracts/events';
import { isUnwanted, sendsOfStep, type LeadState } from './state.ts';

/** The part of a planned step that its definition gives whatever the time. */
export type StepOfVersion = Pick<PlannedStep, 'index' | 'id' | 'action' | 'channel' | 'audience' | 'when' | 'exits'>;

/** One run under way, to be moved from a version of its sequence to another. */
export interface Migration {
  runId: string;
  sequence: string;
  from: number;
  to: number;
  /** By the id of a step in `from`: the step in `to` that takes its place. */
  steps: Readonly<Record<string, StepOfVersion>>;
}

/**
 * The run goes on as a new one of the other version, at the step that takes the planned one's place, at its planned
 * time. A step with a send stays: a late report of that send would not find the step, and its mail would go out twice.
 */
export function decideMigration(
  state: LeadState,
  { runId, sequence, from, to, steps }: Migration,
  who: { by: string; reason?: string },
): Decision {
  const { run, phase } = state;
  if (run?.id !== runId || run.sequence !== sequence || run.version !== from)
    return { nothing: 'another-run', detail: run ? `${run.sequence} v${run.version}` : 'none' };
  if (phase.kind === 'claimed') return { nothing: 'claim-open' };
  if (phase.kind !== 'planned' && phase.kind !== 'due' && phase.kind !== 'held' && phase.kind !== 'parked')
    return { nothing: 'wrong-phase', detail: phase.kind };
  const { step } = phase;
  const [send] = sendsOfStep(state, run.id, step.index);
  if (send) return { nothing: 'step-has-send', detail: send.outcome };
  if (isUnwanted(state, step.audience))
    return state.stop ? { nothing: 'stopped', detail: state.stop.why } : { nothing: 'declined', detail: sequence };
  const next = Object.hasOwn(steps, step.id) ? steps[step.id] : undefined;
  if (!next) return { nothing: 'no-such-step', detail: step.id };
  if (next.audience !== step.audience || next.channel !== step.channel)
    return { nothing: 'other-audience', detail: step.id };
  const { when: _, exits: __, ...times } = step;
  return { type: 'lead.migrated', data: { ...who, runId, sequence, from, to, planned: { ...times, ...next } } };
}

/** The version that the run goes to, as its definition has it. */
interface Version {
  steps: readonly Omit<StepOfVersion, 'index' | 'exits'>[];
  stopWhen?: string[] | undefined;
}

/**
 * The steps of a version by the id of the step whose place they take: their own, or as `renamed` (old id to new) says.
 */
export function targetsOf(
  { steps, stopWhen: exits }: Version,
  renamed: Readonly<Record<string, string>> = {},
): Record<string, StepOfVersion> {
  const targets = steps.map(({ id, action, channel, audience, when }, index) => ({
    index,
    id,
    action,
    channel,
    audience,
    ...(when ? { when } : {}),
    ...(exits ? { exits } : {}),
  }));
  const named = Object.entries(renamed).flatMap(([from, to]) =>
    targets.filter(({ id }) => id === to).map((target) => [from, target] as const),
  );
  return Object.fromEntries([...targets.map((target) => [target.id, target] as const), ...named]);
}
