import { espSchema, type Esp } from '@leadstream/contracts/events';
import { WEBHOOKS } from '@leadstream/contracts/feedback';
import { mailgunReceiver } from './mailgun/receive.ts';
import type { Receiver } from './port.ts';
import { postmarkReceiver } from './postmark/receive.ts';
import { sendgridReceiver } from './sendgrid/receive.ts';
import { sesReceiver } from './ses/receive.ts';

/** Each ESP's webhooks, with optional settings of its own: `never` allows any, and inbound's `Config` has them. */
export const receivers = {
  sendgrid: sendgridReceiver,
  postmark: postmarkReceiver,
  mailgun: mailgunReceiver,
  ses: sesReceiver,
} satisfies Record<Esp, Receiver<never>>;

/** The ESP of a stored webhook, by the message's type. */
export const ESP_OF: ReadonlyMap<string, Esp> = new Map(
  espSchema.options.flatMap((esp) => Object.values(WEBHOOKS[esp]).map((type) => [type, esp] as const)),
);
