import type { Esp } from '@leadstream/contracts/events';
import {
  byEsp,
  dataKeys,
  every,
  field,
  guard,
  leadIdSecret,
  mongo,
  secret,
  tokenSecret,
  traces,
} from '@leadstream/service/config';
import { z } from 'zod';
import { parseKeys } from '@leadstream/providers/sendgrid/signature';
import { hostOfTopic } from '@leadstream/providers/ses/sns';

const publicKeys = field.commaList.pipe(z.array(z.string()).min(1, 'is required')).transform((keys, context) => {
  try {
    return parseKeys(keys);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : 'cannot be read');
    return z.NEVER;
  }
});

const logins = field.commaList.pipe(
  z
    .array(z.string().min(16, 'each must have at least 16 characters').includes(':', 'each must be user:password'))
    .min(1),
);

const topics = field.commaList.pipe(
  z
    .array(z.string().refine((arn) => hostOfTopic(arn) !== undefined, 'each must be the ARN of an SNS topic'))
    .min(1, 'is required'),
);

const ratio = z
  .string()
  .transform(Number)
  .pipe(z.number('must be a number').gt(0, 'must be above 0').lte(1, 'must be at most 1'));

/** The keys by which each ESP's webhooks are judged: required of the configured one, accepted of all. */
const KEYS = {
  sendgrid: {
    SENDGRID_EVENT_PUBLIC_KEYS: publicKeys.describe('Comma list of base64 SPKI keys, as SendGrid’s console shows them'),
  },
  postmark: {
    POSTMARK_WEBHOOK_LOGINS: secret(logins).describe(
      'Comma list of `user:password`, each of at least 16 characters: the basic authentication of the webhooks’ URLs',
    ),
  },
  mailgun: {
    MAILGUN_SIGNING_KEYS: secret(field.commaList.pipe(z.array(z.string()).min(1, 'is required'))).describe(
      'Comma list of HTTP webhook signing keys, as Mailgun’s console shows them',
    ),
  },
  ses: {
    SNS_TOPIC_ARNS: topics.describe('Comma list of the SNS topics whose posts are taken, for events and for mails'),
  },
  smtp: {},
} satisfies Record<Esp, z.ZodRawShape>;

const common = {
  ...every(3002),
  ...mongo,
  ...dataKeys,
  ...guard,
  ...traces,
  ...leadIdSecret,
  ...tokenSecret,
  BOUNCE_RATE_MAX: ratio
    .default(0.05)
    .describe(
      'Share of a day’s mails, of 200 at least, that may bounce; above it the source that they come ' +
        'from is paused until `leadctl account resume --source`, or the account (ADR 25)',
    ),
  /** The limit that Gmail and Yahoo set for bulk senders. */
  COMPLAINT_RATE_MAX: ratio.default(0.003).describe('The same for complaints'),
  INBOUND_SECRET: secret(field.key).describe(
    'At least 16 characters: the unguessable part of the Inbound Parse ' +
      'URL, since SendGrid’s default posts carry no signature',
  ),
  TWILIO_AUTH_TOKENS: secret(field.commaList.pipe(z.array(z.string()).min(1, 'is required')))
    .optional()
    .describe('Comma list of auth tokens, the new one first while it changes; unset: no posts of Twilio are taken'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Required with `TWILIO_AUTH_TOKENS`: Twilio signs the address that it posts to'),
  SNS_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('SNS, for its certificates and confirmations; default that of each topic’s region, or the sandbox'),
  IMAP_HOST: z
    .hostname('must be a host name')
    .optional()
    .describe('The mailbox that gets the mail for `REPLY_DOMAIN`; unset: no mailbox is read. Whatever `ESP` is'),
  IMAP_PORT: field.wholeNumber(1, 65_535).default(993).describe('993 with TLS from the first byte, 143 with STARTTLS'),
  IMAP_USER: z.string().min(1).optional().describe('Required with `IMAP_HOST`'),
  IMAP_PASSWORD: secret(z.string().min(1)).optional().describe('Required with `IMAP_HOST`'),
  IMAP_TLS: z
    .enum(['tls', 'starttls', 'none'])
    .default('tls')
    .describe('`none`: mails and the password travel in clear, for a server in our own network'),
  IMAP_CA: z.string().optional().describe('Path of the CA certificate, where the server’s is not of a public one'),
  IMAP_MAILBOX: z.string().min(1).max(200).default('INBOX').describe('The folder that is read'),
  FROM_EMAIL: z.email('must be an email address').describe('mail from it is our own and never a reply'),
  ...z.object(KEYS.sendgrid).partial().shape,
  ...z.object(KEYS.postmark).partial().shape,
  ...z.object(KEYS.mailgun).partial().shape,
  ...z.object(KEYS.ses).partial().shape,
};

const isWhole = (mailbox: { IMAP_HOST?: unknown; IMAP_USER?: unknown; IMAP_PASSWORD?: unknown }): boolean =>
  mailbox.IMAP_HOST === undefined || (mailbox.IMAP_USER !== undefined && mailbox.IMAP_PASSWORD !== undefined);
const WHOLE = { path: ['IMAP_HOST'], error: 'needs IMAP_USER and IMAP_PASSWORD' };

const isSignable = (env: { TWILIO_AUTH_TOKENS?: unknown; PUBLIC_URL?: unknown }): boolean =>
  env.TWILIO_AUTH_TOKENS === undefined || env.PUBLIC_URL !== undefined;
const SIGNABLE = { path: ['PUBLIC_URL'], error: 'is required with TWILIO_AUTH_TOKENS' };

export const config = byEsp({
  sendgrid: z
    .object({ ...common, ESP: z.literal('sendgrid'), ...KEYS.sendgrid })
    .refine(isWhole, WHOLE)
    .refine(isSignable, SIGNABLE),
  postmark: z
    .object({ ...common, ESP: z.literal('postmark'), ...KEYS.postmark })
    .refine(isWhole, WHOLE)
    .refine(isSignable, SIGNABLE),
  mailgun: z
    .object({ ...common, ESP: z.literal('mailgun'), ...KEYS.mailgun })
    .refine(isWhole, WHOLE)
    .refine(isSignable, SIGNABLE),
  ses: z
    .object({ ...common, ESP: z.literal('ses'), ...KEYS.ses })
    .refine(isWhole, WHOLE)
    .refine(isSignable, SIGNABLE),
  smtp: z
    .object({ ...common, ESP: z.literal('smtp'), ...KEYS.smtp })
    .refine(isWhole, WHOLE)
    .refine(isSignable, SIGNABLE),
});
export type Config = z.infer<typeof config>;
