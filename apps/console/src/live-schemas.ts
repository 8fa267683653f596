import { catalogue, isEventType } from '@leadstream/contracts/events';
import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

export const eventsQuery = z.strictObject({
  leadId: z.uuid().toLowerCase().optional().describe('Only the events of this lead'),
  type: z
    .preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(z.string()).optional())
    .refine((types) => types?.every(isEventType) ?? true, `must be one of ${Object.keys(catalogue).join(', ')}`)
    .describe('Only events of this type, or of these'),
});

export const liveEvent = z
  .object({
    seq: z.int().describe('Sequence in LEADS, and the `id` of the server-sent event'),
    id: z.string(),
    type: z.string(),
    leadId: z.string(),
    version: z.int(),
    at: instant,
    source: z.string().describe('The service that wrote it'),
  })
  .describe('An event without its data, so without personal text')
  .meta({ id: 'LiveEvent' });

export const latestQuery = eventsQuery.extend({
  limit: z.coerce.number().int().min(1).max(300).default(100),
});

export const latestEvents = z
  .object({ events: z.array(liveEvent).describe('The newest first; those before the last hour may be missing') })
  .meta({ id: 'LatestEvents' });
export type LatestEvents = z.infer<typeof latestEvents>;

/** The data of a server-sent event `gap`: events that the reader missed, because it or the process was away or slow. */
export const gap = z
  .object({ after: z.int().describe('The last sequence that it got'), upTo: z.int() })
  .meta({ id: 'Gap' });

export const health = z
  .object({
    now: instant,
    consumers: z
      .array(
        z.object({
          stream: z.string(),
          name: z.string(),
          pending: z.int().describe('Messages not delivered yet'),
          inHand: z.int().describe('Messages delivered and not acknowledged'),
        }),
      )
      .describe('As the broker counts'),
    overdue: z.object({
      count: z.int().describe('Leads whose action is late by a minute or more, at most 10,000'),
      more: z.boolean(),
      lagMs: z.int().describe('The time by which the latest action of all is late; 0: none is'),
    }),
    totals: z.record(z.string(), z.int()).describe('Events of the last hour by type'),
    series: z
      .array(z.object({ at: instant, events: z.record(z.string(), z.int()) }))
      .describe('The last 60 minutes, the oldest first: events by type'),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

export const sequences = z
  .object({
    sequences: z.array(
      z.object({
        id: z.string(),
        name: z.string().nullable(),
        steps: z
          .array(z.object({ id: z.string(), audience: z.enum(['lead', 'staff']) }))
          .describe('Of the active version, else of the newest; none: it is a list that all sequences use'),
        versions: z.array(z.int()),
        active: z.int().nullable().describe('The version that new runs get; null: there are no new runs'),
        retired: z.boolean(),
        history: z
          .array(
            z.object({
              version: z.int(),
              does: z.string(),
              by: z.string(),
              at: instant,
              reason: z.string().optional(),
            }),
          )
          .describe('Which version became active or was retired, the oldest first'),
        runs: z
          .array(z.object({ version: z.int(), leads: z.int() }))
          .nullable()
          .describe('Leads under way by version; null: MongoDB gave no answer'),
      }),
    ),
    reps: z.array(z.object({ id: z.string(), name: z.string() })).describe('Our people who have leads'),
    countedAt: instant.nullable().describe('When the runs were counted: at most half a minute ago'),
  })
  .meta({ id: 'Sequences' });
export type Sequences = z.infer<typeof sequences>;
