import type { Esp } from '@leadstream/contracts/events';
import { byEsp, dataKeys, every, field, guard, mongo, secret, tokenSecret } from '@leadstream/service/config';
import { TRY_EVERY_MS } from '@leadstream/service/tries';
import { WARMUP_FORM } from '@leadstream/service/warmup';
import { webhooks } from '@leadstream/service/webhooks/config';
import { z } from 'zod';
import { repChats } from '@leadstream/service/rep-chats';

const address = z.email('must be an email address');
const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

/** The access to each ESP; only the configured one's is read. */
const ACCESS = {
  sendgrid: {
    SENDGRID_API_KEY: secret(z.string().min(1)).describe('With the right to send mail'),
    SENDGRID_BASE_URL: url.default('https://api.sendgrid.com').describe('The provider’s API, or the sandbox'),
  },
  postmark: {
    POSTMARK_SERVER_TOKEN: secret(z.string().min(1)).describe('Of the server that sends, at Postmark'),
    POSTMARK_MESSAGE_STREAM: z.string().min(1).default('outbound').describe('The server’s stream that mails go to'),
    POSTMARK_BASE_URL: url.default('https://api.postmarkapp.com').describe('The provider’s API, or the sandbox'),
  },
  mailgun: {
    MAILGUN_API_KEY: secret(z.string().min(1)).describe('A sending key of the domain'),
    MAILGUN_EVENTS_KEY: secret(z.string().min(1))
      .optional()
      .describe('Looks up sends of unknown outcome; a key that may read events. Default `MAILGUN_API_KEY`'),
    MAILGUN_DOMAIN: z.hostname('must be a host name').describe('The domain at Mailgun that mails are sent from'),
    MAILGUN_BASE_URL: url
      .default('https://api.mailgun.net')
      .describe('Mailgun’s API; `https://api.eu.mailgun.net` for a domain in the EU, or the sandbox'),
  },
  ses: {
    AWS_REGION: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]{2,20}){1,3}-\d{1,2}$/, 'must be a region of AWS')
      .describe('The region of SES that mails are sent from'),
    AWS_ACCESS_KEY_ID: z.string().min(1).describe('Of a user that may call `ses:SendEmail`'),
    AWS_SECRET_ACCESS_KEY: secret(z.string().min(1)).describe('Of the same access key'),
    SES_CONFIGURATION_SET: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'must be the name of a configuration set')
      .describe('Its event destination posts what becomes of a mail; without one SES posts nothing'),
    SES_BASE_URL: url.optional().describe('SES’s API; default that of the region, or the sandbox'),
  },
  smtp: {
    SMTP_HOST: z
      .hostname('must be a host name')
      .describe('The mail server that takes mails for others: a submission server or a relay'),
    SMTP_PORT: field
      .wholeNumber(1, 65_535)
      .default(587)
      .describe('587 with STARTTLS, 465 with TLS from the first byte'),
    SMTP_USER: z.string().min(1).optional().describe('Unset with its password: the server knows us by our address'),
    SMTP_PASSWORD: secret(z.string().min(1)).optional().describe('Of `SMTP_USER`'),
    SMTP_TLS: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        '`tls`: from the first byte, as at port 465. Both are required of the server. ' +
          '`none`: mails and the password travel in clear, for a relay in our own network',
      ),
    SMTP_CA: field
      .pemFile('certificate')
      .optional()
      .describe('Path of the CA certificate, where the server’s is not of a public one'),
    SMTP_RETURN_PATH: z
      .enum(['reply-address', 'from-email'])
      .default('reply-address')
      .describe('Where delivery reports go: the lead’s reply address; `from-email` where the server refuses others'),
  },
} satisfies Record<Esp, z.ZodRawShape>;

/** A former ESP's access, by which its sends of unknown outcome are looked up; optional for the others. */
const FORMER = {
  POSTMARK_SERVER_TOKEN: ACCESS.postmark.POSTMARK_SERVER_TOKEN.optional(),
  POSTMARK_BASE_URL: ACCESS.postmark.POSTMARK_BASE_URL,
  POSTMARK_MESSAGE_STREAM: ACCESS.postmark.POSTMARK_MESSAGE_STREAM,
  MAILGUN_API_KEY: ACCESS.mailgun.MAILGUN_API_KEY.optional(),
  MAILGUN_EVENTS_KEY: ACCESS.mailgun.MAILGUN_EVENTS_KEY,
  MAILGUN_DOMAIN: ACCESS.mailgun.MAILGUN_DOMAIN.optional(),
  MAILGUN_BASE_URL: ACCESS.mailgun.MAILGUN_BASE_URL,
};

/** The access to the SMS gateway; unset, steps by SMS stay due. */
const TEXTS = {
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be the SID of an account, AC and 32 hex digits')
    .optional()
    .describe('The account that texts are sent from; unset: steps by SMS wait'),
  TWILIO_API_KEY: z
    .string()
    .regex(/^SK[0-9a-f]{32}$/i, 'must be the SID of an API key, SK and 32 hex digits')
    .optional()
    .describe('Unset: `TWILIO_API_SECRET` is the account’s auth token'),
  TWILIO_API_SECRET: secret(z.string().min(1)).optional().describe('Of `TWILIO_API_KEY`, or the auth token'),
  TWILIO_FROM: z
    .string()
    .regex(/^(\+\d{8,15}|MG[0-9a-f]{32})$/i, 'must be a number in E.164 or the SID of a messaging service')
    .optional()
    .describe('What texts come from: a number in E.164, or the SID of a messaging service'),
  TWILIO_BASE_URL: url.default('https://api.twilio.com').describe('The gateway’s API, or the sandbox'),
  TWILIO_RATE_PER_SECOND: field
    .wholeNumber(1, 1_000)
    .default(1)
    .describe('Calls to the gateway, by all senders together: 1 for a US long code'),
  TWILIO_DAILY_MAX: field.wholeNumber(0, 1_000_000_000).default(0).describe('The same for a day (UTC); 0: no cap'),
};

const common = {
  ...TEXTS,
  ...every(3013),
  ...mongo,
  ...dataKeys,
  ...guard,
  ...tokenSecret,
  FROM_EMAIL: address.describe('Address that mails come from'),
  FROM_NAME: z.string().min(1).max(100).describe('Name that mails come from'),
  POSTAL_ADDRESS: z.string().min(1).max(300).describe('At the end of every mail: the law requires it (CAN-SPAM)'),
  REPLY_DOMAIN: z
    .hostname('must be a host name')
    .describe('Domain of the reply addresses; its mail comes to Inbound Parse'),
  PUBLIC_URL: url.describe('Where the public reaches the `/u/…` of inbound'),
  SALES_REP_EMAIL: address.describe('Recipient of the mails to the rep'),
  REP_CHATS: secret(repChats)
    .default(new Map())
    .describe(
      'Reps who are told in a chat instead, by mail where it fails: a comma list of `<rep>=slack:<URL>` or ' +
        '`<rep>=teams:<URL>`, by the ids of `reps.yaml`; `*` is every other rep',
    ),
  ...webhooks,
  BOOKING_URL: url.describe('Where leads book a call'),
  NAMES: z
    .enum(['trusted', 'always'])
    .default('always')
    .describe(
      '`trusted`: mails to a lead show no name and no company that only ' +
        'a stranger gave; the templates’ fallbacks stand in',
    ),
  ESP_RATE_PER_SECOND: field
    .wholeNumber(1, 10_000)
    .default(100)
    .describe('Calls to the provider, by all senders of the account together'),
  ESP_DAILY_MAX: field
    .wholeNumber(0, 1_000_000_000)
    .default(0)
    .describe('The same for a day (UTC); 0: no cap. An operator’s resume during a claim can add one call'),
  ESP_WARMUP: field.warmup
    .optional()
    .describe(
      `Raises the daily cap of a new account, e.g. \`${WARMUP_FORM}\`: 50 calls on that day (UTC) and before it, 75 ` +
        'on the next one, up to the max, which stays the cap; the lower one of it and `ESP_DAILY_MAX` counts',
    ),
  ESP_TIMEOUT_MS: field.wholeNumber(100, 60_000).default(15_000).describe('Deadline of a call to the provider'),
  ESP_BREAKER_RESET_MS: field
    .wholeNumber(1, 600_000)
    .default(30_000)
    .describe('Time that an open breaker waits before one mail tries'),
  ESP_TRY_EVERY_MS: field
    .wholeNumber(100, 86_400_000)
    .default(TRY_EVERY_MS)
    .describe(
      'Interval at which one mail tries an account that its bounces or its provider paused; the same for all senders',
    ),
  /** The longest wait must end before the claim's deadline. */
  RETRY_BASE_MS: field
    .wholeNumber(1, 4_000)
    .default(1_000)
    .describe('Wait before the first of 5 retries, doubled before each later one; up to as much is added by chance'),
};

const TWILIO = ['TWILIO_ACCOUNT_SID', 'TWILIO_API_SECRET', 'TWILIO_FROM'] as const;
const isTextable = (env: { readonly [name in (typeof TWILIO)[number]]?: unknown }): boolean =>
  new Set(TWILIO.map((name) => env[name] === undefined)).size === 1;
const TEXTABLE = {
  path: ['TWILIO_ACCOUNT_SID'],
  error: 'needs TWILIO_API_SECRET and TWILIO_FROM, and they need it',
};

export const config = byEsp({
  sendgrid: z
    .object({ ...common, ...FORMER, ESP: z.literal('sendgrid'), ...ACCESS.sendgrid })
    .refine(isTextable, TEXTABLE),
  postmark: z
    .object({ ...common, ...FORMER, ESP: z.literal('postmark'), ...ACCESS.postmark })
    .refine(isTextable, TEXTABLE),
  mailgun: z
    .object({ ...common, ...FORMER, ESP: z.literal('mailgun'), ...ACCESS.mailgun })
    .refine(isTextable, TEXTABLE),
  ses: z.object({ ...common, ...FORMER, ESP: z.literal('ses'), ...ACCESS.ses }).refine(isTextable, TEXTABLE),
  smtp: z
    .object({ ...common, ...FORMER, ESP: z.literal('smtp'), ...ACCESS.smtp })
    .refine(isTextable, TEXTABLE)
    .refine(({ SMTP_PORT, SMTP_TLS }) => SMTP_PORT !== 465 || SMTP_TLS !== 'starttls', {
      path: ['SMTP_TLS'],
      error: 'must be tls at port 465',
    })
    .refine(({ SMTP_USER, SMTP_PASSWORD }) => (SMTP_USER === undefined) === (SMTP_PASSWORD === undefined), {
      path: ['SMTP_PASSWORD'],
      error: 'must be set with SMTP_USER, and with it only',
    }),
});
export type Config = z.infer<typeof config>;
