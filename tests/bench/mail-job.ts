import { z } from 'zod';

/** The pipeline's mail, for the reference to send to another address: the same bytes on the wire. */
export const mailJobSchema = z.object({
  from: z.object({ email: z.string(), name: z.string().optional() }),
  replyTo: z.string().optional(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  headers: z.record(z.string(), z.string()),
  customArgs: z.record(z.string(), z.string()),
});
export type MailJob = z.infer<typeof mailJobSchema>;

export const QUEUE = 'mails';
/** The number of sends at once, equal to the sender's. */
export const SENDS_MAX = 32;
