import { z } from 'zod';
import { label, words } from './texts.ts';

const REASON_LENGTH_MAX = 500;
const reason = words(REASON_LENGTH_MAX).optional().describe('Why; kept in the history');
const version = z.int().min(1).max(1_000_000);

export const versionQuery = z.strictObject({
  against: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, 'must be a version')
    .transform(Number)
    .optional()
    .describe('Another version: `changes` has what this one changes of it'),
});
export const mailQuery = z.strictObject({
  lead: z.enum(['full', 'empty']).default('full'),
  tag: z.string().max(100).optional().describe('The tag that began the run; absent: any'),
});

export const activateBody = z.strictObject({ version, reason });
export const retireBody = z.strictObject({ reason });
export const activated = z
  .object({ id: label, version: z.int().nullable(), changed: z.boolean() })
  .describe('The version that new runs get; null: there are no new runs')
  .meta({ id: 'Activated' });
export type Activated = z.infer<typeof activated>;

const mail = z.object({
  lead: z.enum(['full', 'empty']).describe('All is known of the example lead, or its address alone'),
  template: z.string(),
  tags: z.array(z.string()),
  subject: z.string().nullable(),
  text: z.string().nullable(),
  fault: z.string().nullable().describe('Why it cannot be written'),
});

const duration = z.string().describe('ISO 8601');
const step = z.object({
  id: z.string(),
  audience: z.enum(['lead', 'staff']),
  wait: z.union([z.object({ fixed: duration }), z.object({ min: duration, max: duration })]).nullable(),
  window: z.string().describe('business-hours, none, or hours in words'),
  when: z.string().nullable().describe('Its condition, as the definition has it'),
  thread: z.boolean(),
  variants: z.int(),
  waiting: z
    .object({ count: z.int(), more: z.boolean() })
    .nullable()
    .describe('Leads at this step now; null: no answer from MongoDB'),
  mails: z.array(mail),
});

export const sequenceVersion = z
  .object({
    id: z.string(),
    version: z.int(),
    name: z.string(),
    description: z.string(),
    rank: z.int(),
    triggers: z.array(z.string()).describe('The tags that enrol a lead; none: an operator enrols'),
    steps: z.array(step),
    changes: z.array(z.object({ file: z.string(), lines: z.array(z.string()) })).describe('Empty without `against`'),
  })
  .describe('One version of a sequence')
  .meta({ id: 'SequenceVersion' });
export type SequenceVersion = z.infer<typeof sequenceVersion>;
