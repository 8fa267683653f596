import { z } from 'zod';
import { account } from './operation-schemas.ts';

const instant = z.iso.datetime({ offset: true });

export const settings = z
  .object({
    variables: z
      .array(
        z.object({
          group: z.enum(['hours', 'mails', 'data', 'console']),
          name: z.string(),
          value: z.string().nullable().describe('Null: not set'),
          from: z
            .enum(['environment', 'default'])
            .describe('The environment of this process; its value may be the default'),
          says: z.string(),
        }),
      )
      .describe('As this process reads them; the other services have the same of what several read'),
    holidays: z
      .object({ country: z.string(), days: z.array(z.string()) })
      .describe('The next days without business hours in the country of DEFAULT_REGION'),
    provider: z.object({
      name: z.string(),
      account: account.nullable().describe('Null: NATS gave no answer'),
      history: z
        .array(z.object({ at: instant, says: z.string() }))
        .describe('Who paused and resumed it, its sources and its breakers, the newest first; in OPERATIONS'),
      webhooks: z
        .array(z.object({ kind: z.enum(['events', 'inbound']), at: instant.nullable() }))
        .describe('When the last one came that is still in FEEDBACK'),
    }),
    intake: z.object({
      folder: z.string(),
      services: z.array(
        z.object({
          name: z.string(),
          title: z.string(),
          docs: z.string(),
          source: z.string().describe('The lead’s source, where neither the address nor the form names one'),
          signed: z.boolean().describe('Its posts can bear a signature'),
          fetched: z.boolean().describe('A post names its lead only: ingest fetches the rest'),
        }),
      ),
      problems: z.array(z.string()),
    }),
    routes: z
      .array(z.object({ sources: z.array(z.string()), tag: z.string(), sequence: z.string().nullable() }))
      .describe('The first that matches counts; the last two are for every other source, and for a lead that returns'),
    reps: z.array(
      z.object({ id: z.string(), name: z.string(), email: z.string(), countries: z.array(z.string()).nullable() }),
    ),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof settings>;

export const tryBody = z.strictObject({
  body: z
    .string()
    .max(64 * 1024)
    .describe('The post, as the service sends it'),
  contentType: z
    .enum(['application/json', 'application/x-www-form-urlencoded'])
    .default('application/json')
    .describe('Its type'),
  query: z.string().max(2_000).default('').describe('The query of the address, e.g. source=demo_request'),
});
export const tried = z
  .object({
    leads: z
      .array(
        z.object({
          isTaken: z.boolean().describe('False: ingest or triage refuses it, and `shown` has the reasons'),
          shown: z.looseObject({}).describe('As `leadctl intake test` prints it'),
        }),
      )
      .describe('Empty: it is no submission, and ignored'),
  })
  .describe('What the post becomes; nothing is stored')
  .meta({ id: 'TriedPost' });
export type TriedPost = z.infer<typeof tried>;
