import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Esp } from '@leadstream/contracts/events';
import { withoutCredentials, type Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import type { Keys } from '@leadstream/eventlog/sealing';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import {
  businessHoursOf,
  byEsp,
  dataKeys,
  esp,
  field,
  leadIdSecret,
  loadConfig,
  mongo,
  nats,
  officeHours,
  scale,
  secret,
  tokenSecret,
  traces,
} from '@leadstream/service/config';
import type { Planning } from '@leadstream/sequences/plan';
import { TRY_EVERY_MS } from '@leadstream/service/tries';
import { dialBroker, openDb, type MongoConfig } from '@leadstream/service/dependencies';
import type { NatsUser } from '@leadstream/service/rights/users';
import { flushTelemetry, startTelemetry } from '@leadstream/service/telemetry';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { Exit, terminal } from './terminal.ts';

const CONNECT_MS = 5_000;
/** Longer than a restart or an election. */
const LOST_MS = 30_000;
const LOOK_MS = 250;
/** The causes that neither another URL nor a start of NATS would mend. */
const REFUSED = /authori[sz]ation|authentication|certificate|tls|ssl/i;

/** The environment; without it, the settings that the laptop's `npm start` wrote. */
export const settings = () => {
  const { env } = terminal();
  if (env['NATS_URL']) return env;
  try {
    const local = Object.fromEntries(
      readFileSync(`${env['LEADSTREAM_DIR'] ?? '.leadstream'}/env`, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((row) => [row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)]),
    );
    return { ...local, ...env };
  } catch {
    return env;
  }
};

type NatsConfig = z.output<z.ZodObject<typeof nats>>;

/** Runs `work` with the broker. Throws the missing setting, or an error once the connection is lost. */
export async function withBroker<T>(work: (broker: Broker, replicas: number) => Promise<T>): Promise<T> {
  const config = loadConfig(z.object(nats), settings());
  return dialled(config, (broker) => work(broker, config.STREAM_REPLICAS));
}

/** Runs `work` as this user, unless NATS_USER names another; waits `connectMs` for NATS. */
export const withBrokerAs = <T>(
  user: NatsUser,
  work: (broker: Broker) => Promise<T>,
  connectMs = CONNECT_MS,
): Promise<T> => dialled(loadConfig(z.object(nats), settings()), work, { user, connectMs });

/** Another NATS than the services', by the same credentials. */
export const withBrokerAt = <T>(url: string, work: (broker: Broker) => Promise<T>, lostMs = LOST_MS): Promise<T> =>
  dialled({ ...loadConfig(z.object(nats), settings()), NATS_URL: url }, work, { lostMs });

interface Dialling {
  user?: NatsUser;
  connectMs?: number;
  lostMs?: number;
}

async function dialled<T>(
  config: NatsConfig,
  work: (broker: Broker) => Promise<T>,
  { user, connectMs = CONNECT_MS, lostMs = LOST_MS }: Dialling = {},
): Promise<T> {
  // A command's event is in its lead's trace, and what follows it too.
  await startTelemetry('leadctl', settings());
  const broker = dialBroker(config, 'leadctl', silentLog, user);
  const over = new AbortController();
  const place = withoutCredentials(config.NATS_URL);
  try {
    await broker.ready(AbortSignal.timeout(connectMs)).catch(() => {
      if (REFUSED.test(broker.problem ?? '')) throw new Error(`NATS at ${place} refuses: ${broker.problem}`);
      throw new Error(`no NATS server answers at ${place}; set NATS_URL, or run npm start`);
    });
    return await Promise.race([work(broker), lost(broker, place, lostMs, over.signal)]);
  } finally {
    over.abort();
    await broker.close();
    await flushTelemetry();
  }
}

/**
 * Throws once NATS was away for `lostMs`: reads of the log would retry without a limit, and a snapshot's request waits
 * for half an hour.
 */
async function lost(broker: Broker, place: string, lostMs: number, signal: AbortSignal): Promise<never> {
  for (
    let seenMs = performance.now();
    !signal.aborted;
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined)
  ) {
    if (broker.connected) seenMs = performance.now();
    if (performance.now() - seenMs <= lostMs) continue;
    throw new Error(`NATS at ${place} gives no answer any more. What was done until now stays; call the command again`);
  }
  throw new Error('ended');
}

/** The secrets that wrap; undefined where nothing is sealed. */
export const dataKeysOf = (): string[] | undefined => loadConfig(z.object(dataKeys), settings()).DATA_KEYS;

/** The keyring that opens personal fields; undefined without DATA_KEYS. */
export function keyringOf(broker: Broker): Keyring | undefined {
  const DATA_KEYS = dataKeysOf();
  return DATA_KEYS && new Keyring(broker, DATA_KEYS);
}

export const leadLog = (broker: Broker, keys: Keys = keyringOf(broker)): EventLog<LeadState> =>
  new EventLog<LeadState>(broker, leadFold, {
    source: 'leadctl',
    now: () => Temporal.Now.instant(),
    keys,
    legs: loadConfig(z.object(traces), settings()).TRACE_LEGS,
  });

export const withLog = <T>(work: (log: EventLog<LeadState>) => Promise<T>): Promise<T> =>
  withBroker((broker) => work(leadLog(broker)));

/** MongoDB, open until `opened` is disposed. Throws when it gives no answer. */
export async function openedDb(opened: AsyncDisposableStack): Promise<Db> {
  return openedDbOf(loadConfig(z.object(mongo), settings()), opened);
}

async function openedDbOf(config: MongoConfig, opened: AsyncDisposableStack): Promise<Db> {
  const db = openDb(config, 'leadctl', opened);
  await db.command({ ping: 1 }).catch((cause: unknown) => {
    throw new Error(
      `no MongoDB answers at ${withoutCredentials(config.MONGODB_URI)}; set MONGODB_URI, or run npm start`,
      {
        cause,
      },
    );
  });
  return db;
}

export async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
  await using opened = new AsyncDisposableStack();
  return await work(await openedDb(opened));
}

/** Another user of MongoDB than the services'. */
export async function withDbOf<T>(config: MongoConfig, work: (db: Db) => Promise<T>): Promise<T> {
  await using opened = new AsyncDisposableStack();
  return await work(await openedDbOf(config, opened));
}

export const withReadModel = <T>(work: (queries: LeadQueries<LeadState>) => Promise<T>): Promise<T> =>
  withDb((db) => work(new LeadQueries<LeadState>(db)));

/**
 * The secrets that identify a person; without TOKEN_SECRET the tokens of reply addresses and links are not searched.
 */
export function personSecrets(): { leadIdSecret: string; tokenSecrets: readonly string[] } {
  const env = settings();
  if (!env['TOKEN_SECRET'] && !env['TOKEN_SECRET_FILE']) {
    note('leadctl: TOKEN_SECRET is not set, so what names the lead by nothing but a token is not found');
    return { leadIdSecret: leadIdSecretOf(), tokenSecrets: [] };
  }
  return { leadIdSecret: leadIdSecretOf(), tokenSecrets: loadConfig(z.object(tokenSecret), env).TOKEN_SECRET };
}

/** The account that the senders use, by the same setting as theirs. */
export const accountName = (): Esp => loadConfig(z.object(esp), settings()).ESP;

const baseUrl = (url: string) => z.url().default(url);
const listAccess = byEsp({
  sendgrid: z.object({
    ...leadIdSecret,
    ESP: z.literal('sendgrid'),
    SENDGRID_API_KEY: secret(z.string().min(1)),
    SENDGRID_BASE_URL: baseUrl('https://api.sendgrid.com'),
  }),
  postmark: z.object({
    ...leadIdSecret,
    ESP: z.literal('postmark'),
    POSTMARK_SERVER_TOKEN: secret(z.string().min(1)),
    POSTMARK_MESSAGE_STREAM: z.string().min(1).default('outbound'),
    POSTMARK_BASE_URL: baseUrl('https://api.postmarkapp.com'),
  }),
  mailgun: z.object({
    ...leadIdSecret,
    ESP: z.literal('mailgun'),
    MAILGUN_API_KEY: secret(z.string().min(1)).optional(),
    MAILGUN_EVENTS_KEY: secret(z.string().min(1)).optional(),
    MAILGUN_DOMAIN: z.hostname('must be a host name'),
    MAILGUN_BASE_URL: baseUrl('https://api.mailgun.net'),
  }),
  ses: z.object({ ...leadIdSecret, ESP: z.literal('ses') }),
  smtp: z.object({ ...leadIdSecret, ESP: z.literal('smtp') }),
});

/** The ESP and its access, as in the sender. */
export const espAccessOf = () => loadConfig(listAccess, settings());
export type EspAccess = ReturnType<typeof espAccessOf>;

/** The same settings as the scheduler's: a gap is closed by its plans. */
export function planningSettings(): Pick<Planning, 'delayScale' | 'hours'> {
  const config = loadConfig(z.object({ ...scale, ...officeHours }), settings());
  return { delayScale: config.DELAY_SCALE, hours: businessHoursOf(config) };
}

/** The same setting as triage's: `verify` applies its limit to untrusted submissions. */
export const reenrolAfterMsOf = (): number => {
  const fields = z.object({ REENROL_AFTER: field.duration.default(Temporal.Duration.from('P7D')) });
  return loadConfig(fields, settings()).REENROL_AFTER.total('millisecond');
};

/** The same settings as triage's and the sender's. */
export function crowdSettings(): { leadsPerMailbox: number; tryEveryMs: number } {
  const fields = z.object({
    LEADS_PER_MAILBOX: field.wholeNumber(0, 1_000).default(3),
    ESP_TRY_EVERY_MS: field.wholeNumber(100, 86_400_000).default(TRY_EVERY_MS),
  });
  const { LEADS_PER_MAILBOX: leadsPerMailbox, ESP_TRY_EVERY_MS: tryEveryMs } = loadConfig(fields, settings());
  return { leadsPerMailbox, tryEveryMs };
}

export const leadIdSecretOf = (): string => loadConfig(z.object(leadIdSecret), settings()).LEAD_ID_SECRET;

const CONTROLS = /[\p{Cc}\p{Cf}]/gu;
/**
 * Escapes control characters of untrusted text, so that a terminal does not interpret them and JSON keeps its meaning.
 */
const visible = (text: string): string =>
  text.replace(CONTROLS, (character) =>
    character === '\n' || character === '\t'
      ? character
      : character
          .split('')
          .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  );

export const print = (value: unknown): void => {
  terminal().out(`${visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2))}\n`);
};

/** Writes to standard error: the result on standard output may be piped on. */
export const note = (text: string): void => {
  terminal().err(`${visible(text)}\n`);
};

export function fail(error: unknown): never {
  note(`leadctl: ${error instanceof Error ? error.message : String(error)}`);
  throw new Exit(1);
}

/** A whole number above 0 from the command line. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name}: must be a whole number above 0`);
  return value;
}
