import type { Esp } from '@leadstream/contracts/events';
import type { Config } from './config.ts';
import { sendgridSend, type Send } from './sendgrid.ts';

/** The provider's own call, by the configured ESP. */
export const senders = { sendgrid: sendgridSend } satisfies Record<Esp, (config: Config) => Send>;
