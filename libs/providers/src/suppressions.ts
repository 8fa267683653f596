import type { Esp } from '@leadstream/contracts/events';
import type { Suppressions } from './port.ts';
import { sendgridSuppressions } from './sendgrid/suppressions.ts';

/** Each ESP's suppression lists, with settings of its own; null: they are not read. */
export const suppressions = { sendgrid: sendgridSuppressions, postmark: null, mailgun: null } satisfies Record<
  Esp,
  Suppressions<never> | null
>;
