import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });
const reason = z.string().trim().min(1, 'is empty').max(500);

export const quarantineBrief = z
  .object({
    seq: z.int().describe('Sequence in QUARANTINE'),
    at: instant,
    consumer: z.string(),
    reason: z.string(),
    attempts: z.int(),
    origin: z.object({ stream: z.string(), seq: z.int(), subject: z.string(), index: z.int().optional() }),
  })
  .describe('A message that a consumer gave up on')
  .meta({ id: 'Quarantined' });

export const quarantineEntry = quarantineBrief
  .extend({
    headers: z.record(z.string(), z.array(z.string())),
    body: z.unknown().describe('The message: JSON, else text, else base64; null: no copy was kept and it is gone'),
  })
  .meta({ id: 'QuarantineEntry' });
export type QuarantineEntry = z.infer<typeof quarantineEntry>;

export const redriven = z
  .object({ seq: z.int(), consumer: z.string() })
  .describe('The consumer has handled it, and it is gone from quarantine')
  .meta({ id: 'Redriven' });
export type Redriven = z.infer<typeof redriven>;

export const pauseBody = z.strictObject({ reason: reason.describe('The reason, for the next operator') });
export const resumeBody = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Only this paused source; its leads’ mails go within six hours'),
});

const pause = z.object({ why: z.string(), by: z.string(), at: instant });
export const account = z
  .object({
    account: z.string(),
    paused: pause
      .extend({
        until: instant.optional().describe('Absent: until an operator resumes it'),
        kind: z.enum(['reputation', 'refused']).optional().describe('Absent: an operator paused it'),
      })
      .nullable(),
    tries: z
      .object({ arrived: z.int(), needed: z.int(), last: instant })
      .nullable()
      .describe('Mails that try the paused account now and then'),
    sources: z
      .union([z.record(z.string(), pause), z.literal('unreadable')])
      .describe('Paused sources by name; unreadable: all are held'),
    callsToday: z.int().describe('UTC'),
    capToday: z.int().nullable().describe('Calls of this day (UTC) at most; null: no cap, or no sender has said it'),
    perSecond: z.number().nullable().describe('Calls a second, by all senders together; null: none has said it'),
    warmup: z
      .object({
        schedule: z.string().describe('ESP_WARMUP'),
        day: z.int().describe('1 is its first day'),
        capTomorrow: z.int(),
      })
      .nullable()
      .describe('The schedule that raises the daily cap'),
    waitsUntil: instant.nullable().describe('The end of a used cap; null: it is not used up'),
  })
  .describe('The mail provider’s account, as all senders share it')
  .meta({ id: 'Account' });
