import type { Esp } from '@leadstream/contracts/events';
import { mailgunSend, type MailgunSettings } from './mailgun/send.ts';
import type { Send } from './port.ts';
import { postmarkSend, type PostmarkSettings } from './postmark/send.ts';
import { sendgridSend, type SendgridSettings } from './sendgrid/send.ts';
import { smtpSend, type SmtpSettings } from './smtp/send.ts';
import { twilioSend, type TwilioSettings } from './twilio/send.ts';
import { sesSend, type SesSettings } from './ses/send.ts';

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

/** The configured ESP's `Send`. */
export function sendOf(settings: SenderSettings): Send<'email'> {
  switch (settings.ESP) {
    case 'sendgrid':
      return sendgridSend(settings);
    case 'postmark':
      return postmarkSend(settings);
    case 'mailgun':
      return mailgunSend(settings);
    case 'ses':
      return sesSend(settings);
    case 'smtp':
      return smtpSend(settings);
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
