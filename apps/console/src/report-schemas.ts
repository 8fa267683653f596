import { z } from 'zod';
import { TABLE_NAMES } from './reports/tables.ts';

const instant = z.iso.datetime({ offset: true });

export const DAYS = ['1', '7', '30', '90'] as const;

export const reportQuery = z.strictObject({
  days: z.enum(DAYS).default('30').describe('The period: so many days up to now. Default 30'),
  sequence: z.string().max(100).optional().describe('Only runs and mails of this sequence'),
});
export const csvQuery = reportQuery.extend({ table: z.enum(TABLE_NAMES) });

export const table = z
  .object({
    name: z.enum(TABLE_NAMES),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))).describe('Values in the order of the columns'),
    more: z.int().describe('Rows left out, those with the smallest figures; CSV has up to 10,000'),
  })
  .describe('A view of `leadctl sql` over the period: its name, columns and figures')
  .meta({ id: 'ReportTable' });
export type ReportTable = z.infer<typeof table>;

const count = z.int();
export const report = z
  .object({
    from: instant.describe('Runs that began, and mails that went out, since then'),
    to: instant,
    reading: z.number().min(0).max(1).nullable().describe('The share of the log that is read; null: all of it'),
    readAt: instant.nullable().describe('The figures have what was in the log then; null: not once yet'),
    isCut: z.boolean().describe('The period is shorter than asked for: there are too many mails to count'),
    unknown: count.describe('Leads that began earlier, too many to look up: their mails have no source or sequence'),
    totals: z.object({
      runs: count,
      mails: count,
      facts: z.object({
        delivered: count,
        clicked: count,
        replied: count,
        unsubscribed: count,
        bounced: count,
        complained: count,
      }),
      held: count.describe('Steps that a guard held back'),
      medianHoursToReply: z.number().nullable(),
    }),
    tables: z.array(table),
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof report>;
