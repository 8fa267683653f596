import { enricherSchema, factsSchema } from '@leadstream/contracts/events';
import { leadCreated } from '@leadstream/contracts/lead-created';
import { z } from 'zod';
import { durationSchema } from '../definition.ts';
import { textFiles } from '../folder.ts';
import { readYaml, schemaProblems, type Path, type Problem } from '../read-yaml.ts';

const parses = (parse: (text: string) => unknown) => (text: string) => {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
};
const instant = z.string({ error: 'must be an instant such as 2026-12-07T09:00:00Z' }).refine(
  parses((text) => Temporal.Instant.from(text)),
  'must be an instant such as 2026-12-07T09:00:00Z',
);
const local = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d$/, 'must be a local time such as 2026-12-07 09:03')
  .refine(
    parses((text) => Temporal.PlainDateTime.from(text)),
    'there is no such time',
  );
/** `first`, or `content-nurture/first` of another sequence than that of the file's folder. */
const step = z.string().regex(/^[a-z0-9-]+(\/[a-z0-9-]+)?$/, 'must be a step’s id, or <sequence>/<id>');

/** After the mail of a step, or at a time. */
const when = {
  after: step.optional(),
  wait: durationSchema.default('PT1H').describe('After the mail of `after`'),
  at: instant.optional(),
};
const thenSchema = z
  .union(
    [
      z.strictObject({
        ...when,
        does: z.enum(['replies', 'replies-unproven', 'unsubscribes', 'clicks', 'bounces', 'complains']),
      }),
      z.strictObject({ ...when, does: z.literal('is-away'), until: instant }),
      z.strictObject({ ...when, does: z.literal('is-tagged'), tag: z.string().min(1).max(100) }),
      z.strictObject({ ...when, does: z.literal('submits'), lead: leadCreated }),
    ],
    {
      error:
        'must be { after: <step>, wait: PT1H } or { at: <instant> } with does: replies, replies-unproven, ' +
        'unsubscribes, clicks, bounces, complains, is-away with until, is-tagged with tag, or submits with lead',
    },
  )
  .refine(({ after, at }) => (after === undefined) !== (at === undefined), 'must have one of after and at')
  .refine(({ does, after }) => does !== 'submits' || after === undefined, 'submits needs at');

const mailSchema = z.strictObject({
  step,
  to: z.enum(['lead', 'rep'], { error: 'must be lead or rep' }),
  at: z
    .union([local.transform((text) => [text, text] as const), z.tuple([local, local])], {
      error: 'must be a local time such as 2026-12-07 09:03, or two as [from, to]',
    })
    .refine(([from, to]) => from.replace('T', ' ') <= to.replace('T', ' '), 'ends before it begins'),
  subject: z.string().optional(),
});

export const caseSchema = z
  .strictObject({
    it: z.string().min(1).max(200).describe('A sentence about the sequence'),
    lead: leadCreated,
    at: instant.describe('When the form is submitted'),
    draw: z.number().min(0).lt(1).default(0).describe('Of every wait with min and max: 0 is min'),
    days: z.number().int().min(1).max(800).default(30).describe('The simulated time'),
    found: z
      .partialRecord(enricherSchema, factsSchema)
      .default({})
      .describe('What an enricher finds; the company of the domain is found without it'),
    then: z.array(thenSchema).default([]),
    expect: z.array(mailSchema).optional().describe('These mails and no others; absent: any'),
    tags: z.array(z.string()).optional().describe('The lead’s tags at the end, these and no others; absent: any'),
  })
  .refine(({ expect, tags }) => expect !== undefined || tags !== undefined, 'must have expect, tags or both');
export type Case = z.infer<typeof caseSchema>;
export type Then = z.infer<typeof thenSchema>;
export type ExpectedMail = z.infer<typeof mailSchema>;

export interface PlacedCase {
  file: string;
  line: number;
  /** The folder: steps without a sequence are of this one. */
  sequence: string;
  case: Case;
}

/**
 * The cases of a folder, `<id>/*.spec.yaml` and `tags.spec.yaml`, each a list; and the problems of those that can't be
 * read.
 */
export function parseCases(contents: Readonly<Record<string, string>>): { cases: PlacedCase[]; problems: Problem[] } {
  const cases: PlacedCase[] = [];
  const problems: Problem[] = [];
  const files = [...textFiles(contents)].filter(([path]) => /^([^/]+\/[^/]+|tags)\.spec\.yaml$/.test(path)).sort();
  for (const [file, text] of files) {
    const read = readYaml(file, text);
    problems.push(...read.problems);
    if (read.problems.length > 0) continue;
    const placeOf = (path: Path) => ({ file, line: read.lineOf(path) });
    const parsed = z.array(caseSchema, { error: 'must be a list of cases' }).min(1).safeParse(read.value);
    if (parsed.error) problems.push(...schemaProblems(parsed.error, placeOf));
    for (const [index, one] of (parsed.data ?? []).entries())
      cases.push({ ...placeOf([index]), file, sequence: file.split('/')[0] ?? '', case: one });
  }
  return { cases, problems };
}
