import type { Esp } from '@leadstream/contracts/events';
import { mailgunLookup } from './mailgun/lookup.ts';
import type { ClosedLookup, Lookup } from './port.ts';
import { postmarkClosed } from './postmark/closed-lookup.ts';
import { postmarkLookup } from './postmark/lookup.ts';
import { smtpClosed } from './smtp/closed-lookup.ts';

/** The access to every ESP that can be asked, as far as the environment has it. */
export interface LookupSettings {
  ESP_TIMEOUT_MS: number;
  POSTMARK_SERVER_TOKEN?: string | undefined;
  POSTMARK_BASE_URL: string;
  POSTMARK_MESSAGE_STREAM: string;
  MAILGUN_API_KEY?: string | undefined;
  MAILGUN_EVENTS_KEY?: string | undefined;
  MAILGUN_DOMAIN?: string | undefined;
  MAILGUN_BASE_URL: string;
}
export type Lookups = Readonly<Record<Esp, Lookup | null>>;

/** The search for a send at each ESP; null: it has none for us, or its access is not configured. */
export const lookupsOf = (settings: LookupSettings): Lookups => ({
  sendgrid: null,
  postmark: ofPostmark(settings),
  mailgun: ofMailgun(settings),
  ses: null,
  smtp: null,
});

export type ClosedLookups = Readonly<Record<Esp, ClosedLookup | null>>;

/** The question to each ESP about a closed address; null: it refuses none, but takes the mail and posts an event. */
export const closedLookupsOf = ({ POSTMARK_SERVER_TOKEN, ...settings }: LookupSettings): ClosedLookups => ({
  sendgrid: null,
  postmark: POSTMARK_SERVER_TOKEN === undefined ? null : postmarkClosed({ ...settings, POSTMARK_SERVER_TOKEN }),
  mailgun: null,
  ses: null,
  smtp: smtpClosed,
});

const ofPostmark = ({ POSTMARK_SERVER_TOKEN, ...settings }: LookupSettings): Lookup | null =>
  POSTMARK_SERVER_TOKEN === undefined ? null : postmarkLookup({ ...settings, POSTMARK_SERVER_TOKEN });

function ofMailgun({ MAILGUN_DOMAIN, ...settings }: LookupSettings): Lookup | null {
  const key = settings.MAILGUN_EVENTS_KEY ?? settings.MAILGUN_API_KEY;
  return MAILGUN_DOMAIN === undefined || key === undefined
    ? null
    : mailgunLookup({ ...settings, MAILGUN_DOMAIN, MAILGUN_EVENTS_KEY: key });
}
