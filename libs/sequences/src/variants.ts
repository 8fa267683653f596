import type { Sequence, Step } from './definition.ts';
import { stableDraw } from './stable-draw.ts';

/** All templates of a step. */
export const actionsOf = ({ action, variants = [] }: Pick<Step, 'action' | 'variants'>): [string, ...string[]] => [
  action,
  ...variants,
];

/**
 * The template that a lead gets. The draw is of the lead, the sequence and the step: a second run, a retry and a
 * follow-up that repeats the first subject find the same one, as long as the step has these variants.
 */
export function variantOf(sequence: Pick<Sequence, 'id'>, step: Step, leadId: string | null): string {
  const actions = actionsOf(step);
  const drawn = leadId === null || actions.length === 1 ? 0 : stableDraw(leadId, `variant/${sequence.id}/${step.id}`);
  return actions[Math.floor(drawn * actions.length)] ?? step.action;
}

/** The sequence as one lead gets it: the template of each step is the lead's variant. */
export const drawnFor = (sequence: Sequence, leadId: string | null): Sequence => ({
  ...sequence,
  steps: sequence.steps.map((step) => ({ ...step, action: variantOf(sequence, step, leadId) })),
});
