import { z } from 'zod';

const party = z.enum(['as-sent', 'another', 'not-recorded', 'unknown-here']);

export const mail = z
  .object({
    sendId: z.string(),
    sequence: z.string(),
    version: z.int(),
    step: z.string(),
    template: z.string(),
    at: z.iso.datetime({ offset: true }).describe('The time of its claim'),
    from: z.string().nullable().describe('The sender’s name as of now'),
    to: z.string(),
    parties: z
      .object({ to: party, from: party })
      .describe('Whether To and From are those of the mail that went out; unknown-here: the console does not have it'),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    match: z
      .enum(['exact', 'words', 'changed', 'not-recorded'])
      .describe('exact: the mail that went out; words: all but its end and frame are; not-recorded: an older claim'),
    why: z.array(z.string()).describe('What may have changed since; empty unless `words` or `changed`'),
  })
  .describe('A mail, made again from its template, the version of its sequence and the lead as it was then')
  .meta({ id: 'Mail' });
export type MailView = z.infer<typeof mail>;
