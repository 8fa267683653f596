import { z } from 'zod';
import { ownIds } from '../own-ids.ts';
import { instant, text } from '../inbound/posted-fields.ts';

const REASON_LENGTH = 2_000;
/** Of one mail; ours have one recipient. */
const RECIPIENTS_MAX = 50;

const address = z.string().min(1).max(1_000);
const addresses = z.array(address).max(RECIPIENTS_MAX).catch([]);
const recipient = z.object({
  emailAddress: address,
  status: text(50),
  diagnosticCode: text(REASON_LENGTH),
});
export type Recipient = z.infer<typeof recipient>;
const recipients = z.array(recipient).max(RECIPIENTS_MAX).catch([]);
/** The first value of a tag, which SES posts as a list. */
const tag = (schema: z.ZodType<string | undefined>) =>
  z
    .array(z.unknown())
    .min(1)
    .transform(([one]) => one)
    .pipe(schema)
    .optional()
    .catch(undefined);

const part = { timestamp: instant, feedbackId: text(200) };
/** An event in SES's words, by the name of its type. Unreadable parts count as absent. */
export const sesEvent = z.object({
  type: z.string().min(1).max(100),
  mail: z.object({
    timestamp: instant,
    messageId: text(200),
    destination: addresses,
    tags: z.object({ send_id: tag(ownIds.send_id), lead_id: tag(ownIds.lead_id) }).catch({}),
  }),
  bounce: z
    .object({ ...part, bounceType: text(50), bounceSubType: text(100), bouncedRecipients: recipients })
    .optional()
    .catch(undefined),
  complaint: z
    .object({ ...part, complaintSubType: text(100), complaintFeedbackType: text(50), complainedRecipients: recipients })
    .optional()
    .catch(undefined),
  delivery: z
    .object({ ...part, recipients: addresses, smtpResponse: text(REASON_LENGTH) })
    .optional()
    .catch(undefined),
  deliveryDelay: z
    .object({ ...part, delayType: text(100), delayedRecipients: recipients })
    .optional()
    .catch(undefined),
  reject: z
    .object({ reason: text(REASON_LENGTH) })
    .optional()
    .catch(undefined),
  failure: z
    .object({ errorMessage: text(REASON_LENGTH) })
    .optional()
    .catch(undefined),
  open: z
    .object({ ...part, isBot: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  click: z
    .object({ ...part, link: text(4_000), isBot: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  subscription: z
    .object({
      ...part,
      newTopicPreferences: z.object({ unsubscribeAll: z.boolean().optional().catch(undefined) }).catch({}),
    })
    .optional()
    .catch(undefined),
});
export type SesEvent = z.infer<typeof sesEvent>;
