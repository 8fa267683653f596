import { STATUSES } from '@leadstream/lead/state';
import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });
const CURSOR = /^\d{1,15}_[\w-]{1,64}$/;

const list = z.strictObject({
  q: z
    .string()
    .trim()
    .max(200)
    .optional()
    .describe('The beginning of an address, its domain, a name or a phone number'),
  status: z
    .preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(z.enum(STATUSES)).optional())
    .describe('One or several'),
  sequence: z.string().max(100).optional().describe('The sequence of the last run'),
  tag: z.string().max(100).optional(),
});

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'must be a whole number above 0')
    .transform(Number)
    .refine((value) => value <= max, `must be at most ${max}`);

export const countQuery = list;
export const listQuery = list.extend({
  after: z.string().regex(CURSOR, 'must be the `next` of a page').optional().describe('`next` of the page before'),
  limit: wholeNumber(200).optional().describe('Default 50, at most 200'),
  seen: wholeNumber(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('A sequence of LEADS: waits up to a second until the read model has it'),
});

const text = z.string().nullable();
export const row = z
  .object({
    id: z.string(),
    email: text,
    firstName: text,
    lastName: text,
    status: text,
    phase: text,
    sequence: text,
    sequenceVersion: z.int().nullable(),
    step: z.int().nullable(),
    tags: z.array(z.string()),
    rep: text,
    timeZone: text,
    nextActionAt: instant.nullable(),
    awayUntil: text,
    lastActivityAt: instant.nullable(),
    createdAt: instant,
    version: z.int().describe('Number of the lead’s events that the read model has'),
  })
  .describe('A lead of the read model, which may lag behind the log')
  .meta({ id: 'Row' });
export type Row = z.infer<typeof row>;

export const page = z
  .object({
    leads: z.array(row).describe('The newest first; of a search the first 1,000 matches'),
    next: z.string().nullable().describe('`after` of the next page; null: this is the last one'),
  })
  .meta({ id: 'Page' });
export type Page = z.infer<typeof page>;

export const count = z
  .object({ count: z.int().describe('At most 10,000'), more: z.boolean().describe('There may be more') })
  .meta({ id: 'Count' });
export type Count = z.infer<typeof count>;
