import type { Esp } from '@leadstream/contracts/events';
import type { Send } from './port.ts';
import { sendgridSend } from './sendgrid/send.ts';

/** Each ESP's `Send`, made from settings of its own: `never` allows any, and the sender's `Config` must have them. */
export const senders = { sendgrid: sendgridSend } satisfies Record<Esp, (settings: never) => Send<'email'>>;
