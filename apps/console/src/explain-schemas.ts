import { guardSchema } from '@leadstream/contracts/events';
import { STATUSES } from '@leadstream/lead/state';
import { z } from 'zod';
import { instant, next, storyStep } from './schemas.ts';

const because = z
  .object({ type: z.string(), at: instant, seq: z.int(), text: z.string() })
  .describe('An event of the lead as a reason')
  .meta({ id: 'Because' });

const verdict = z
  .object({
    guard: guardSchema,
    blocks: z.boolean(),
    says: z.string(),
    until: z.string().nullable().describe('By time alone it opens then'),
    by: because.nullable().describe('The event that made it block or pass'),
    change: z.string().describe('What could change it'),
  })
  .meta({ id: 'Verdict' });

const explanation = z
  .object({
    leadId: z.string(),
    version: z.int(),
    at: instant.describe('The instant that it holds for'),
    status: z.enum(STATUSES),
    timeZone: z.string().nullable(),
    next,
    step: z
      .object({ sequence: z.string(), version: z.int(), id: z.string(), audience: z.string(), plannedAt: instant })
      .nullable(),
    verdict: guardSchema.nullable().describe('The guard that the sender would give now as its reason'),
    guards: z.array(verdict),
    account: z.object({
      blocks: z.boolean(),
      isTried: z.boolean().describe('One mail now and then tests whether the pause can end'),
      says: z.string(),
      until: z.string().nullable(),
    }),
    earliest: z
      .object({ at: instant, local: z.string(), step: z.string(), sequence: z.string() })
      .nullable()
      .describe('Null: no mail comes unless something else happens'),
    so: z.string(),
    trace: z.string().nullable(),
  })
  .describe('Why the next mail comes when it does, or none comes')
  .meta({ id: 'Explanation' });

const sendExplanation = z
  .object({
    leadId: z.string(),
    sendId: z.string(),
    sequence: z.string(),
    version: z.int(),
    step: z.string(),
    claimedAt: instant,
    timeZone: z.string().nullable(),
    because: z.array(because),
    guards: z.array(verdict),
  })
  .describe('Why one mail went out')
  .meta({ id: 'SendExplanation' });

/** The output of `leadctl lead explain --json`. */
export const explainedAnswer = z.union([explanation, sendExplanation, storyStep]);
