import type { Esp } from '@leadstream/contracts/events';
import type { MailgunSettings } from './mailgun/send.ts';
import type { Send } from './port.ts';
import type { PostmarkSettings } from './postmark/send.ts';
import type { SendgridSettings } from './sendgrid/send.ts';
import type { SmtpSettings } from './smtp/send.ts';
import { twilioSend, type TwilioSettings } from './twilio/send.ts';
import type { SesSettings } from './ses/send.ts';

/** The settings of each ESP's `Send`. */
interface Settings {
  sendgrid: SendgridSettings;
  postmark: PostmarkSettings;
  mailgun: MailgunSettings;
  ses: SesSettings;
  smtp: SmtpSettings;
}
/** One ESP with its settings. */
export type SenderSettings = { [E in Esp]: { ESP: E } & Settings[E] }[Esp];

/** The configured ESP's `Send`. The others' clients are not loaded: SendGrid's and nodemailer take 20 to 30 MB each. */
export async function sendOf(settings: SenderSettings): Promise<Send<'email'>> {
  switch (settings.ESP) {
    case 'sendgrid':
      return (await import('./sendgrid/send.ts')).sendgridSend(settings);
    case 'postmark':
      return (await import('./postmark/send.ts')).postmarkSend(settings);
    case 'mailgun':
      return (await import('./mailgun/send.ts')).mailgunSend(settings);
    case 'ses':
      return (await import('./ses/send.ts')).sesSend(settings);
    case 'smtp':
      return (await import('./smtp/send.ts')).smtpSend(settings);
  }
}

/** The settings of the gateway's `Send`, as far as the environment has them. */
export type TextSettings = { [K in keyof TwilioSettings]?: TwilioSettings[K] | undefined } & Pick<
  TwilioSettings,
  'TWILIO_BASE_URL' | 'PUBLIC_URL' | 'ESP_TIMEOUT_MS'
>;

/** The gateway's `Send`; undefined where its access is not configured. */
export function textSendOf(settings: TextSettings): Send<'sms'> | undefined {
  const { TWILIO_ACCOUNT_SID, TWILIO_API_SECRET, TWILIO_FROM } = settings;
  return TWILIO_ACCOUNT_SID === undefined || TWILIO_API_SECRET === undefined || TWILIO_FROM === undefined
    ? undefined
    : twilioSend({ ...settings, TWILIO_ACCOUNT_SID, TWILIO_API_SECRET, TWILIO_FROM });
}
