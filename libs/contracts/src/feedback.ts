import { z } from 'zod';
import { sequenceIdSchema, type Provider } from './events.ts';

/** Messages that inbound stores in FEEDBACK before it answers the ESP, one per webhook request. */

/** Subjects of a provider's events, null if it has none, and of the mails that it receives for us. */
export const WEBHOOKS = {
  sendgrid: { events: 'feedback.sendgrid.events', inbound: 'feedback.sendgrid.inbound' },
  postmark: { events: 'feedback.postmark.events', inbound: 'feedback.postmark.inbound' },
  mailgun: { events: 'feedback.mailgun.events', inbound: 'feedback.mailgun.inbound' },
  ses: { events: 'feedback.ses.events', inbound: 'feedback.ses.inbound' },
  smtp: { events: null, inbound: 'feedback.smtp.inbound' },
  twilio: { events: 'feedback.twilio.events', inbound: 'feedback.twilio.inbound' },
} as const satisfies Record<Provider, { events: string | null; inbound: string }>;

export const FEEDBACK_EVENTS = WEBHOOKS.sendgrid.events;
export const FEEDBACK_INBOUND = WEBHOOKS.sendgrid.inbound;
export const FEEDBACK_UNSUBSCRIBE = 'feedback.leadstream.unsubscribe';

/** Data version of every message in FEEDBACK. A build that reads only a lower one hands the message back. */
export const FEEDBACK_VERSION = 1;

/**
 * The Event Webhook's body as text, or a part of a body too long for one message; its signature was verified over the
 * raw bytes.
 */
export const eventBatch = z.object({ body: z.string() });

/** A form that an SMS gateway posted, and the query of its URL, which has our ids. */
export const gatewayPost = z.object({ body: z.string(), query: z.string() });

/** An Inbound Parse request: text fields in their own charset, attachments reduced to their metadata. */
export const inboundMail = z.object({
  fields: z.record(z.string(), z.string()),
  cut: z.array(z.string()).describe('Fields cut at the size limit'),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.number().int(), sha256: z.string() })),
  report: z
    .object({ status: z.string(), returned: z.string().optional() })
    .optional()
    .describe(
      'Of a delivery status notification (RFC 3464): its status part, and the header of the mail that it returns',
    ),
  mime: z
    .string()
    .optional()
    .describe(
      'base64 of the whole MIME message, or of its first bytes (then ' +
        '`cut` has `email`), where the provider posts it raw',
    ),
  problem: z.string().optional().describe('The reason why the body could not be read whole; it is then quarantined'),
  raw: z.string().optional().describe('base64 of the first bytes of a body that could not be read'),
});

export const unsubscribeRequest = z.object({
  token: z.string().max(200),
  via: z.enum(['one-click', 'page']),
  sequence: sequenceIdSchema.optional().describe('The only sequence declined; not signed by the token'),
});

export type GatewayPost = z.infer<typeof gatewayPost>;
export type EventBatch = z.infer<typeof eventBatch>;
export type InboundMail = z.infer<typeof inboundMail>;
export type UnsubscribeRequest = z.infer<typeof unsubscribeRequest>;
