import type { Esp } from '@leadstream/contracts/events';
import type { Send } from './port.ts';
import { sendgridSend } from './sendgrid/send.ts';

/** The provider's own call, by the configured ESP; `never`: each takes settings of its own. */
export const senders = { sendgrid: sendgridSend } satisfies Record<Esp, (settings: never) => Send>;
