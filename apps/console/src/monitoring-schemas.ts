import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

export const monitoring = z
  .object({
    alerts: z
      .array(
        z.object({
          name: z.string().describe('Without the prefix `Leadstream`'),
          severity: z.string().describe('`page` or `ticket`'),
          says: z.string(),
          about: z.array(z.string()).describe('The labels that name the part, as `app=sender`'),
          since: instant,
          runbook: z.string().nullable().describe('A path in the repository'),
        }),
      )
      .describe('That fire now, those that page first'),
    canary: z
      .array(
        z.object({
          kind: z.enum(['silent', 'answering']),
          result: z.enum(['passed', 'late', 'broken']),
          stage: z.string().nullable().describe('The stage that was late or is broken'),
          trace: z.string().nullable().describe('Of the lead of that round'),
          failures: z.int().describe('Rounds in a row that have not passed'),
          passedAt: instant.nullable().describe('The end of the last round that passed'),
          stages: z.array(z.object({ stage: z.string(), mail: z.int(), seconds: z.number() })),
        }),
      )
      .describe('The latest judged round of each kind; empty: there is no canary, or none has been judged'),
  })
  .nullable()
  .describe('As Prometheus has it; null: the console knows no Prometheus')
  .meta({ id: 'Monitoring' });
export type Monitoring = z.infer<typeof monitoring>;
