import { sequenceIdSchema, type assignRuleSchema, type Draft } from '@leadstream/contracts/events';
import { countryOfZone } from '@leadstream/lead/weeks';
import type { LeadState } from '@leadstream/lead/state';
import { z } from 'zod';
import { stableDraw } from './stable-draw.ts';

const repSchema = z.strictObject({
  id: sequenceIdSchema,
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}<>@"]+$/u, 'must be one line without < > @ or quotes'),
  email: z.email('must be an email address'),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code such as DE'))
    .min(1)
    .optional()
    .describe('Of the leads that a sequence with assign: by-country gives the rep; absent: all others'),
});

/** `reps.yaml` in the folder of sequences: our people who have leads. Deployed and versioned like a sequence. */
export const repsSchema = z.strictObject({
  id: z.literal('reps').default('reps'),
  version: z.number().int().positive(),
  reps: z.array(repSchema).min(1),
});
export type Reps = z.infer<typeof repsSchema>;
export type Rep = z.infer<typeof repSchema>;

/** The rule by which a sequence finds the rep of a lead that has none. */
export type AssignRule = z.infer<typeof assignRuleSchema>;

/**
 * The event that gives a lead a rep before its run begins; undefined: it keeps the rep that it has, or the rule finds
 * none. Each rep draws a number for the lead, and the highest wins: the same lead always gets the same rep, and another
 * rep in the list takes over only its own share of later leads.
 */
export function assignmentOf(
  { leadId, rep, zone }: Pick<LeadState, 'leadId' | 'rep' | 'zone'>,
  rule: AssignRule,
  reps: readonly Rep[],
): Draft | undefined {
  if (rule === 'owner' || leadId === null || reps.some(({ id }) => id === rep)) return undefined;
  const country = rule === 'by-country' ? countryOfZone(zone) : undefined;
  const [best] = candidates(rule, reps, country)
    .map(({ id }) => ({ id, drawn: stableDraw(leadId, `rep/${id}`) }))
    .sort((a, b) => b.drawn - a.drawn);
  return best && { type: 'lead.assigned', data: { rep: best.id, rule } };
}

function candidates(rule: AssignRule, reps: readonly Rep[], country: string | undefined): readonly Rep[] {
  if (rule !== 'by-country') return reps;
  const own = reps.filter(({ countries }) => country !== undefined && countries?.includes(country));
  return own.length > 0 ? own : reps.filter(({ countries }) => countries === undefined);
}
