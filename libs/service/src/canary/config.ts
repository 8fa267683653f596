import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { canaryDomain, field, secret, type EveryConfig } from '../config.ts';

const mailServer = (encrypted: string, upgraded: string) =>
  z
    .url({
      protocol: new RegExp(`^(${encrypted}|${upgraded})$`),
      error: `must be an ${encrypted}: or ${upgraded}: URL`,
    })
    .refine((url) => !new URL(url).username && !new URL(url).password, 'must have no user and no password')
    .optional();

/** Settings of the canary, for the watch and leadctl. */
export const canary = {
  ...canaryDomain,
  CANARY_MAILBOX: z
    .enum(['imap', 'sandbox'])
    .optional()
    .describe(
      'How the canary sees and answers its mails; unset: there is no canary. `imap`: by a mailbox that gets the mail ' +
        'for `CANARY_DOMAIN`; `sandbox`: by the sandbox provider',
    ),
  CANARY_INGEST_URL: z.url().optional().describe('The public address of ingest, to which `/v1/leads` is added'),
  CANARY_API_KEY: secret(field.key)
    .optional()
    .describe('A key of `INGEST_API_KEYS` that only the canary has; unset: ingest asks for none'),
  CANARY_SANDBOX_URL: z.url().optional().describe('With `CANARY_MAILBOX=sandbox` required: the address of the sandbox'),
  CANARY_IMAP_URL: mailServer('imaps', 'imap').describe(
    'With `CANARY_MAILBOX=imap` required: `imaps://` (port 993) or `imap://` with STARTTLS (143), a host, and a ' +
      'folder other than `INBOX` as the path; `?tls=none`: in clear, in our own network',
  ),
  CANARY_SMTP_URL: mailServer('smtps', 'smtp').describe(
    'With `CANARY_MAILBOX=imap` required, for the answer: `smtps://` (465) or `smtp://` with STARTTLS (587), of a ' +
      'server that takes mail from addresses of `CANARY_DOMAIN`',
  ),
  CANARY_MAIL_USER: z.string().min(1).optional().describe('With `CANARY_MAILBOX=imap` required: the user of both'),
  CANARY_MAIL_PASSWORD: secret(z.string().min(1)).optional().describe('Of `CANARY_MAIL_USER`'),
  CANARY_MAIL_CA: z.string().optional().describe('Path of the CA certificate, where theirs is not of a public one'),
  CANARY_EVERY: field.duration.default(Temporal.Duration.from('PT1H')).describe('ISO 8601: interval of the two leads'),
  CANARY_PATIENCE: field.duration
    .default(Temporal.Duration.from('PT5M'))
    .describe('ISO 8601: from one stage to the next; an answer has to stop the lead within a fifth of it'),
};
export type CanaryConfig = z.output<z.ZodObject<typeof canary>>;

const ALWAYS = ['CANARY_DOMAIN', 'CANARY_INGEST_URL'] as const;
const REQUIRED = {
  sandbox: [...ALWAYS, 'CANARY_SANDBOX_URL'],
  imap: [...ALWAYS, 'CANARY_IMAP_URL', 'CANARY_SMTP_URL', 'CANARY_MAIL_USER', 'CANARY_MAIL_PASSWORD'],
} as const satisfies Record<NonNullable<CanaryConfig['CANARY_MAILBOX']>, readonly (keyof CanaryConfig)[]>;

/** Settings that the canary lacks. */
export const canaryFaults = ({ CANARY_MAILBOX: mailbox, ...config }: CanaryConfig & Partial<EveryConfig>): string[] =>
  mailbox === undefined
    ? []
    : REQUIRED[mailbox].flatMap((name) =>
        config[name] === undefined ? [`${name}: is required by CANARY_MAILBOX=${mailbox}`] : [],
      );

/** A host of mail, and how its connection is encrypted. */
export interface MailHost {
  host: string;
  port: number;
  tls: 'tls' | 'starttls' | 'none';
}

export interface MailAccount {
  imap: MailHost & { folder: string };
  smtp: MailHost;
  user: string;
  password: string;
  /** A certificate (PEM). */
  ca?: Buffer;
}

const PORTS: Readonly<Record<string, number>> = { 'imaps:': 993, 'imap:': 143, 'smtps:': 465, 'smtp:': 587 };

function hostOf(text: string): MailHost {
  const { protocol, hostname: host, port, searchParams } = new URL(text);
  const tls = searchParams.get('tls') === 'none' ? 'none' : protocol.endsWith('s:') ? 'tls' : 'starttls';
  return { host, port: Number(port) || (PORTS[protocol] ?? 0), tls };
}

function accountOf(config: CanaryConfig): MailAccount | undefined {
  const {
    CANARY_IMAP_URL: imap,
    CANARY_SMTP_URL: smtp,
    CANARY_MAIL_USER: user,
    CANARY_MAIL_PASSWORD: password,
  } = config;
  if (imap === undefined || smtp === undefined || user === undefined || password === undefined) return undefined;
  const folder = decodeURIComponent(new URL(imap).pathname.slice(1)) || 'INBOX';
  const ca = config.CANARY_MAIL_CA === undefined ? {} : { ca: readFileSync(config.CANARY_MAIL_CA) };
  return { imap: { ...hostOf(imap), folder }, smtp: hostOf(smtp), user, password, ...ca };
}

/** An answer stops the lead within 60 s where a stage may take five minutes. */
const STOP_SHARE = 5;

/** The settings as the canary uses them; undefined: there is none. */
export function canarySettings(config: CanaryConfig) {
  const { CANARY_DOMAIN: domain, CANARY_INGEST_URL: ingest, CANARY_MAILBOX: kind } = config;
  const mailbox = kind === 'imap' ? accountOf(config) : config.CANARY_SANDBOX_URL;
  if (kind === undefined || !domain || !ingest || mailbox === undefined) return undefined;
  const patienceMs = config.CANARY_PATIENCE.total('millisecond');
  return {
    timetable: { everyMs: config.CANARY_EVERY.total('millisecond'), domain, key: config.CANARY_API_KEY ?? '' },
    limits: { patienceMs, stopMs: patienceMs / STOP_SHARE },
    ingest,
    key: config.CANARY_API_KEY,
    /** An account, or the address of the sandbox. */
    mailbox,
  };
}
export type CanarySettings = NonNullable<ReturnType<typeof canarySettings>>;
