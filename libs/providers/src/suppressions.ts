import type { Esp } from '@leadstream/contracts/events';
import { mailgunSuppressions, type MailgunSuppressionSettings } from './mailgun/suppressions.ts';
import type { Suppressed } from './port.ts';
import { postmarkSuppressions, type PostmarkSuppressionSettings } from './postmark/suppressions.ts';
import { sendgridSuppressions, type SuppressionSettings } from './sendgrid/suppressions.ts';

/** The settings by which each ESP's suppression lists are read. */
interface Settings {
  sendgrid: SuppressionSettings;
  postmark: PostmarkSuppressionSettings;
  mailgun: MailgunSuppressionSettings;
  ses: object;
  smtp: object;
}
/** One ESP with its settings. */
export type ListAccess = { [E in Esp]: { ESP: E } & Settings[E] }[Esp];

/** The entries of the configured ESP's suppression lists since an instant. */
export function suppressionsOf(
  access: ListAccess,
  since: Temporal.Instant,
  note: (text: string) => void,
): AsyncIterable<Suppressed> {
  switch (access.ESP) {
    case 'sendgrid':
      return sendgridSuppressions(access, since, note);
    case 'postmark':
      return postmarkSuppressions(access, since, note);
    case 'mailgun':
      return mailgunSuppressions(access, since, note);
    case 'ses':
      throw new Error('SES’s suppression list is not read: give its addresses by --stopped');
    case 'smtp':
      throw new Error('a mail server has no suppression list: give its addresses by --stopped');
  }
}
