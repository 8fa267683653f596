import {
  assignRuleSchema,
  conditionSchema,
  sequenceIdSchema,
  stepChannelSchema,
  windowSchema,
} from '@leadstream/contracts/events';
import { HOLIDAY_FORM, isHoliday } from '@leadstream/lead/holidays';
import { z } from 'zod';
import { frameSchema } from './frame.ts';

/**
 * The schema of a sequence. One parsed `Sequence` is one deployed version: plain JSON with its templates inside,
 * immutable, so that a lead under way keeps the texts and waits it started with.
 */

/** Steps and templates follow the naming rules of sequences. */
const name = sequenceIdSchema;
const tag = z
  .string()
  .regex(/^[a-z0-9_-]+(:[a-z0-9_-]+)?$/, 'must look like source:whitepaper')
  .max(100);
export const tagsSchema = z.array(tag).min(1);
export const versionSchema = z.number().int().positive();
/** ISO 8601, of a length that does not depend on the calendar. */
export const durationSchema = z.iso
  .duration({ error: 'must be an ISO 8601 duration such as PT3M or P2D' })
  .refine((text) => !/^P[^T]*[YM]/.test(text), 'must be in weeks, days or less: months and years differ in length');

const pattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^*]+\*?$/, 'may have one *, at its end');

/** The wait after the previous step or the enrolment. A range is drawn once, uniformly, and kept in the event. */
const waitSchema = z.union(
  [z.strictObject({ fixed: durationSchema }), z.strictObject({ min: durationSchema, max: durationSchema })],
  {
    error: 'must be { fixed } or { min, max }, in ISO 8601 durations such as PT3M; leave it out for at once',
  },
);

/** A definition names hours; the zones that they are kept in are the lead's. */
const hoursSchema = windowSchema.omit({ zones: true, closed: true });

export const stepSchema = z.strictObject({
  id: name,
  action: name.describe('The template that the step sends'),
  variants: z
    .array(name)
    .min(1)
    .optional()
    .describe('Further templates: each lead gets one of them or of `action`, in equal shares and always the same one'),
  channel: stepChannelSchema,
  audience: z.enum(['lead', 'staff']),
  wait: waitSchema.optional().describe('Absent: at once'),
  window: z.union([z.enum(['business-hours', 'none']), hoursSchema], {
    error: 'must be business-hours, none or { days, from, to }',
  }),
  latenessMax: durationSchema.optional().describe('Maximum lateness; a later step is not sent'),
  whenLate: z
    .enum(['plan-again', 'skip'], { error: 'must be plan-again or skip' })
    .optional()
    .describe('The action for a late step; absent: planned again'),
  when: z
    .strictObject({ ...conditionSchema.shape, tagged: tagsSchema.optional(), notTagged: tagsSchema.optional() })
    .optional()
    .describe('All that is named must hold when the step is due; else it is left out. Absent: always'),
  thread: z.boolean().optional().describe('A follow-up: "Re:" the subject of the first mail to the same audience'),
});

export const templateSchema = z.strictObject({
  subject: z.string().optional().describe('Liquid, one line. A step with thread: true takes the first mail’s instead'),
  body: z.string().describe('Markdown with Liquid'),
});

export const sequenceSchema = z.strictObject({
  id: name,
  version: versionSchema,
  name: z.string().min(1).max(100),
  description: z.string().min(1).max(1_000),
  rank: z.number().int().describe('A route to a higher rank takes over from a lower one'),
  triggers: z.array(tag).describe('Tags that enrol a lead. None: only an operator enrols leads'),
  stopWhen: tagsSchema.optional().describe('Tags that end the run, whatever step it waits for'),
  assign: assignRuleSchema
    .optional()
    .describe('The rep in whose name its mails go out; absent: FROM_NAME, whoever has the lead'),
  businessHours: z
    .strictObject({ ...hoursSchema.shape, days: hoursSchema.shape.days.optional() })
    .optional()
    .describe('Of its steps with window: business-hours, for each that differs from the deployment’s'),
  holidays: z
    .union([z.enum(['none', 'by-country']), z.array(z.string().refine(isHoliday, HOLIDAY_FORM)).min(1)], {
      error: `must be none, by-country or a list, each ${HOLIDAY_FORM}`,
    })
    .transform((given) => (given === 'none' ? [] : [given].flat()))
    .optional()
    .describe('On which its steps with window: business-hours are not sent; absent: the deployment’s'),
  steps: z.array(stepSchema).min(1),
  titles: z
    .record(pattern, z.string().min(1).max(150))
    .optional()
    .describe('The topic of a source, as a phrase inside a sentence; * at the end of a source matches any rest'),
  frame: frameSchema.optional().describe('Around the HTML of its mails to leads; absent: plain'),
  templates: z.record(name, templateSchema),
});

/** Sequence A, the initial triage: the tag of each source. A sequence is triggered by a tag, never by a source. */
export const routesSchema = z.strictObject({
  id: name,
  version: versionSchema,
  routes: z.array(z.strictObject({ sources: z.array(pattern).min(1), tag })).min(1),
  default: z.strictObject({ tag }).describe('For every source without a route'),
  returning: z.strictObject({ tag }).describe('For a lead that submits again after a reply or an unsubscribe'),
});

export type Step = z.infer<typeof stepSchema>;
export type Template = z.infer<typeof templateSchema>;
export type Sequence = z.infer<typeof sequenceSchema>;
export type Routes = z.infer<typeof routesSchema>;
