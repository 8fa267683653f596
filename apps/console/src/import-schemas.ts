import { LEAD_DATA, PERSON } from '@leadstream/lead/intake/names';
import type { Choice } from '@leadstream/service/import/rows';
import { z } from 'zod';

const FIELDS = [...PERSON, ...LEAD_DATA, 'fullName'] as const;
const choice = z.enum([...FIELDS, 'kept'] satisfies Choice[]);
const SOURCE_LENGTH_MAX = 200;
const COLUMNS_MAX = 200;

export const sheetQuery = z.strictObject({
  source: z.string().trim().min(1).max(SOURCE_LENGTH_MAX).optional().describe('The source of rows that name none'),
  fields: z
    .string()
    .transform((text) => text.split(',').map((one) => (one === '' ? undefined : one)))
    .pipe(z.array(choice.optional()).max(COLUMNS_MAX))
    .optional()
    .describe(
      `A comma list of the columns’ fields, in their order: ${FIELDS.join(', ')}, or kept; empty: the column’s ` +
        'name decides',
    ),
});
export const importQuery = sheetQuery.extend({
  after: z
    .string()
    .regex(/^\d{1,9}$/, 'must be the number of a row')
    .transform(Number)
    .optional()
    .describe('Goes on behind this row'),
});

const problems = z.array(z.object({ field: z.string(), reason: z.string() }));
const row = z.int().describe('As a spreadsheet numbers it: the header is row 1');

export const preview = z
  .object({
    rows: z.int(),
    columns: z.array(
      z.object({
        name: z.string(),
        field: z.enum(FIELDS).nullable().describe('Null: kept among the lead’s fields'),
        guess: z.enum(FIELDS).nullable().describe('The field by the column’s name'),
        isChosen: z.boolean(),
        examples: z.array(z.string()).describe('Its first values'),
      }),
    ),
    missing: z.array(z.enum(['email', 'source'])).describe('Not empty: no row is judged until it is chosen'),
    counts: z.object({
      leads: z.int(),
      repeated: z.int().describe('Of an address that an earlier row has: they are merged'),
      refused: z.int(),
    }),
    shown: z
      .array(
        z.discriminatedUnion('outcome', [
          z.object({ row, outcome: z.literal('refused'), problems }),
          z.object({
            row,
            outcome: z.enum(['lead', 'repeated']),
            first: z.int().describe('The row that has this address first'),
            lead: z
              .object({
                email: z.string(),
                name: z.string().nullable(),
                phone: z.string().nullable(),
                source: z.string(),
                fields: z.array(z.string()).describe('Names of what is kept beside them'),
              })
              .describe('As triage cleans it'),
          }),
        ]),
      )
      .describe('The outcomes of the first rows'),
    refused: z.array(z.object({ row, problems })).describe('The first refused rows'),
    sources: z
      .array(
        z.object({
          name: z.string(),
          rows: z.int(),
          sequence: z.string().nullable().describe('The one that its new leads get'),
        }),
      )
      .describe('Those of the most rows'),
  })
  .describe('What would become of the file; nothing is stored')
  .meta({ id: 'ImportPreview' });
export type ImportPreview = z.infer<typeof preview>;

const done = z.int().describe('Rows that are stored, of this request');
export const imported = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('begun'), rows: z.int().describe('To hand in'), refused: z.int() }),
    z.object({ kind: z.literal('stored'), done, row: row.describe('The last one: `after` of a request that goes on') }),
    z.object({
      kind: z.literal('ended'),
      done,
      isWhole: z.boolean().describe('False: stopped, or by `fault`'),
      fault: z.string().nullable(),
    }),
  ])
  .describe('One line of the answer')
  .meta({ id: 'ImportProgress' });
export type ImportProgress = z.infer<typeof imported>;

/** Of files with leads. An import mails people who are new to us, which cannot be taken back. */
export const IMPORTS = {
  'POST /v1/leads/import/preview': {
    right: 'admin',
    summary: 'What would become of a CSV file: its columns’ fields, the outcomes of its rows; nothing is stored',
    query: sheetQuery,
    takes: 'text/csv',
    answer: preview,
    refusals: ['media-type', 'query', 'refused'],
  },
  'POST /v1/leads/import/refused': {
    right: 'admin',
    summary: 'The refused rows as CSV, each with its reason, to mend and import',
    query: sheetQuery,
    takes: 'text/csv',
    answer: z.string(),
    type: 'text/csv',
    refusals: ['media-type', 'query', 'refused'],
  },
  'POST /v1/leads/import': {
    right: 'admin',
    summary:
      'Hands the rows of a CSV file in, and says how far it is, a line for each 50; it stops when its caller hangs ' +
      'up. The same file again adds nothing',
    query: importQuery,
    takes: 'text/csv',
    answer: imported,
    type: 'application/x-ndjson',
    refusals: ['media-type', 'query', 'refused'],
  },
} as const;
