import { espSchema, type Esp } from '@leadstream/contracts/events';
import { WEBHOOKS } from '@leadstream/contracts/feedback';
import { mailgunReceiver } from './mailgun/receive.ts';
import type { Receiver } from './port.ts';
import { postmarkReceiver } from './postmark/receive.ts';
import { sendgridReceiver } from './sendgrid/receive.ts';
import { sesReceiver } from './ses/receive.ts';

/**
 * Each ESP's webhooks, with optional settings of its own: `never` allows any, and inbound's `Config` has them. null:
 * the ESP posts nothing.
 */
export const receivers = {
  sendgrid: sendgridReceiver,
  postmark: postmarkReceiver,
  mailgun: mailgunReceiver,
  ses: sesReceiver,
  smtp: null,
} satisfies Record<Esp, Receiver<never> | null>;

/** An ESP that posts webhooks. */
export type PostingEsp = { [E in Esp]: (typeof receivers)[E] extends null ? never : E }[Esp];
export const isPosting = (esp: Esp): esp is PostingEsp => receivers[esp] !== null;

/** The ESP of a stored webhook, by the message's type. */
export const ESP_OF: ReadonlyMap<string, Esp> = new Map(
  espSchema.options.flatMap((esp) =>
    Object.values(WEBHOOKS[esp]).flatMap((type) => (type === null ? [] : [[type, esp] as const])),
  ),
);
