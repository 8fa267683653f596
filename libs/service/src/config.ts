import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { espSchema, type Esp } from '@leadstream/contracts/events';
import { HOLIDAY_FORM, isHoliday } from '@leadstream/lead/holidays';
import { BUSINESS_HOURS, type BusinessHours } from '@leadstream/lead/weeks';
import { z } from 'zod';
import { parseWarmup } from './warmup.ts';

/** All problems of the environment, one `NAME: problem` a line. Never quotes a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The environment is not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment, read by an app's main.ts only. */
export const environment = (): Environment => process.env;

/** A zod object; written so that its output type can be named. */
export type ConfigSchema<Config> = z.ZodType<Config> & { readonly shape: z.core.$ZodShape };

/** Marks a field that may also come from the file that NAME_FILE names, as Kubernetes and Docker mount secrets. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ secret: true });

/** Whether a field is marked by `secret`. */
export const isSecret = (schema: z.core.$ZodType): boolean =>
  z.globalRegistry.get(schema)?.['secret'] === true ||
  ((schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) && isSecret(schema.unwrap()));

/**
 * Reads the schema's fields from `env`; an empty string counts as unset. Throws one ConfigError that names all missing
 * and invalid fields, so that a deployment is fixed in one round.
 */
export function loadConfig<Config>(schema: ConfigSchema<Config>, env: Environment): Config {
  const problems = new Map<string, string>();
  const values: Record<string, string> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const read = isSecret(field) ? readSecret(name, env) : { value: env[name] };
    if (read.problem) problems.set(name, read.problem);
    else if (read.value) values[name] = read.value;
  }
  for (const [name, problem] of apart(values)) problems.set(name, problem);
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!problems.has(name)) problems.set(name, name in values ? issue.message : 'is required');
  }
  if (!parsed.success || problems.size > 0)
    throw new ConfigError([...problems].map(([name, problem]) => `${name}: ${problem}`));
  return parsed.data;
}

/** Settings of a server's user that make sense only together, or not beside each other. */
function* apart(values: Readonly<Record<string, string>>): Generator<[string, string]> {
  const { NATS_CERT: cert, NATS_KEY: key, NATS_CREDS: creds, NATS_PASSWORD: password } = values;
  if (cert && !key) yield ['NATS_KEY', 'is required with NATS_CERT'];
  if (key && !cert) yield ['NATS_CERT', 'is required with NATS_KEY'];
  if (creds && password) yield ['NATS_PASSWORD', 'is set beside NATS_CREDS: one of them names the user'];
  const { MONGODB_USER: reader, MONGODB_PASSWORD: word, MONGODB_URI: uri = '' } = values;
  if (word && !reader) yield ['MONGODB_USER', 'is required with MONGODB_PASSWORD'];
  if (word && /^[^/]+\/\/[^/]*@/.test(uri)) yield ['MONGODB_URI', 'has a user beside that of MONGODB_PASSWORD'];
}

type EspMember = z.ZodObject<{ ESP: z.ZodLiteral<Esp> }>;
type Fields = Readonly<Record<string, z.core.$ZodType>>;

/**
 * The member whose `ESP` the environment names. The shape has the variables of all members; one that only some of them
 * require is optional there.
 */
export function byEsp<Members extends Readonly<Record<Esp, EspMember>>>(members: Members) {
  const [first, ...others] = espSchema.options.map((name): Members[Esp] => members[name]);
  if (!first) throw new TypeError('there is no ESP');
  const all = espSchema.options.map((name): [Esp, Fields] => [name, members[name].shape]);
  const names = new Set(all.flatMap(([, fields]) => Object.keys(fields)));
  const shape: object = Object.fromEntries([...names].map((name) => [name, inAll(all, name)]));
  const union = z.preprocess(
    (env) => ({ ESP: ESP_DEFAULT, ...(typeof env === 'object' ? env : {}) }),
    z.discriminatedUnion('ESP', [first, ...others]),
  );
  const known: Members[typeof ESP_DEFAULT]['shape'] = members[ESP_DEFAULT].shape;
  return Object.assign(union, { shape: { ...known, ...shape, ...esp } });
}

function inAll(all: readonly [Esp, Fields][], name: string): z.core.$ZodType {
  const required = all.filter(([, fields]) => name in fields && !(fields[name] instanceof z.ZodOptional));
  const field = required[0]?.[1][name] ?? all.find(([, fields]) => name in fields)?.[1][name];
  if (!(field instanceof z.ZodType)) throw new TypeError(`${name} is no schema of zod's`);
  if (required.length === all.length || required.length === 0 || field instanceof z.ZodDefault) return field;
  const note = `required with ${required.map(([name]) => `\`ESP=${name}\``).join(', ')}`;
  return field.optional().meta({ ...z.globalRegistry.get(field), required: note });
}

/** Like `loadConfig`, for the services of one process: one ConfigError with the problems of all, each once. */
export function loadConfigs<Config>(
  services: readonly { config: ConfigSchema<Config>; faults?(config: Config): string[] }[],
  env: Environment,
): Config[] {
  const problems = new Set<string>();
  const configs = services.flatMap((service) => {
    try {
      const config = loadConfig(service.config, env);
      for (const fault of service.faults?.(config) ?? []) problems.add(fault);
      return [config];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) problems.add(problem);
      return [];
    }
  });
  if (problems.size > 0) throw new ConfigError([...problems]);
  return configs;
}

function readSecret(name: string, env: Environment): { value?: string | undefined; problem?: string } {
  const path = env[`${name}_FILE`];
  if (!path) return { value: env[name] };
  if (env[name]) return { problem: `is set twice, also by ${name}_FILE` };
  try {
    return { value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return { problem: `${name}_FILE cannot be read${codeOf(error)}` };
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error && 'code' in error ? ` (${String(error.code)})` : '';

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const key = z.string().min(16, 'must have at least 16 characters');

const duration = z.string().transform((text, context) => {
  try {
    const parsed = Temporal.Duration.from(text);
    parsed.total('millisecond');
    return parsed;
  } catch {
    context.addIssue('must be an ISO 8601 duration in days or smaller units, e.g. P3DT4H');
    return z.NEVER;
  }
});

const warmup = z.string().transform((text, context) => {
  const parsed = parseWarmup(text);
  if (!('problems' in parsed)) return parsed;
  context.addIssue(parsed.problems.join('; '));
  return z.NEVER;
});

export type TrustProxy = boolean | string[] | ((address: string, hop: number) => boolean);

/** Names that Fastify knows. Any other makes Fastify throw after the environment was accepted. */
const PROXY_NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isProxy(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const bitsMax = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isNetwork = bits === undefined || (/^\d+$/.test(bits) && Number(bits) > 0 && Number(bits) <= bitsMax);
  return PROXY_NETWORKS.has(text) || (bitsMax > 0 && isNetwork && more.length === 0);
}

/** `true`, `false`, the number of proxies in front, or their addresses (comma list, CIDR). */
const proxies = z.string().transform((text, context): TrustProxy => {
  if (text === 'true' || text === 'false') return text === 'true';
  const hops = /^\d+$/.test(text) ? Number(text) : undefined;
  if (hops !== undefined) return (_address, hop) => hop < hops;
  const list = commaList.parse(text);
  if (!list.every(isProxy)) context.addIssue('must be true, false, how many proxies there are, or their addresses');
  return list;
});

const PEM = { certificate: /-----BEGIN CERTIFICATE-----/, key: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ };

/** The path of a PEM file. It is read here for its problems only: the clients read it when they connect. */
const pemFile = (...contents: (keyof typeof PEM)[]) =>
  z.string().superRefine((path, context) => {
    try {
      const text = readFileSync(path, 'utf8');
      for (const content of contents)
        if (!PEM[content].test(text)) context.addIssue(`its file has no ${content} in PEM`);
    } catch (error) {
      context.addIssue(`its file cannot be read${codeOf(error)}`);
    }
  });

/** The fields of interfaces' "Environment", by their names; each service's schema is composed of those that it uses. */
export const nats = {
  NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('Comma list of servers'),
  NATS_USER: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must have letters, digits, _ and - only')
    .optional()
    .describe(
      'Name of the user, whose answers come to `_INBOX_<name>.>`; default: the service’s own, for `leadctl` operator',
    ),
  NATS_PASSWORD: secret(z.string().min(1)).optional().describe('Password of that user, where no certificate names it'),
  NATS_CREDS: secret(z.string()).optional().describe('Content of a `.creds` file'),
  NATS_CA: pemFile('certificate').optional().describe('Path of the CA certificate for TLS'),
  NATS_CERT: pemFile('certificate').optional().describe('Path of the client certificate for TLS'),
  NATS_KEY: pemFile('key').optional().describe('Path of the client key for TLS'),
  STREAM_REPLICAS: wholeNumber(1, 5).default(1).describe('Replicas of the streams and buckets that a service creates'),
};

const ESP_DEFAULT = 'sendgrid' satisfies Esp;
export const esp = { ESP: espSchema.default(ESP_DEFAULT).describe('The mail provider') };

export const mongo = {
  MONGODB_URI: secret(
    z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
      .default('mongodb://127.0.0.1:27017/leadstream'),
  ).describe('With the name of the database, and user and password where no MONGODB_PASSWORD is; `tls=true` encrypts'),
  MONGODB_USER: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the user whose password MONGODB_PASSWORD is, in the database of the URI'),
  MONGODB_PASSWORD: secret(z.string().min(1)).optional().describe('Password of that user; the URI has none then'),
  MONGODB_CA: pemFile('certificate').optional().describe('Path of the CA certificate for TLS'),
  MONGODB_CERT_KEY: pemFile('certificate', 'key')
    .optional()
    .describe('Path of one file with the client certificate and its key'),
};

/** Fields of every service. `defaultPort` is the service's own; port 0 takes a free one. */
export const every = (defaultPort: number) => ({
  HOST: z.string().default('0.0.0.0').describe('Address to listen on'),
  PORT: wholeNumber(0, 65_535).default(defaultPort).describe('0 takes a free port'),
  TRUST_PROXY: proxies
    .default(false)
    .describe(
      '`true`, the number of proxies, or their addresses (comma list, CIDR): whose `X-Forwarded-For` is believed',
    ),
  HTTP_CONNECTIONS_MAX: wholeNumber(10, 100_000)
    .default(2_000)
    .describe('Connections of one process; beyond it the network that has most makes room (ADR 23)'),
  /** A mail may need 30 MiB and may use three quarters of this: a smaller budget would refuse it for ever. */
  HTTP_HELD_BYTES_MAX: wholeNumber(48 * 1024 * 1024, 4 * 1024 * 1024 * 1024)
    .default(64 * 1024 * 1024)
    .describe('Bytes of request bodies that one process holds at once; beyond it 503 (ADR 23)'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('JSON lines on stdout, from this level on'),
  CLOCK_OFFSET: duration.optional().describe('ISO 8601 duration that the clock is ahead; development and tests only'),
  ...nats,
});

export type EveryConfig = z.output<z.ZodObject<ReturnType<typeof every>>> &
  Partial<z.output<z.ZodObject<typeof mongo>>>;

export const leadIdSecret = {
  LEAD_ID_SECRET: secret(key).describe(
    'At least 16 characters. Lead ids are made with it: the same in every service, and never changed',
  ),
};

export const tokenSecret = {
  TOKEN_SECRET: secret(commaList.pipe(z.array(key).min(1, 'is required'))).describe(
    'Comma list, at least 16 characters each: the first signs reply addresses and ' +
      'unsubscribe links, all verify, so that links in sent mails outlive a rotation',
  ),
};

export const dataKeys = {
  DATA_KEYS: secret(
    commaList.pipe(z.array(z.string().min(32, 'each must have at least 32 characters')).min(1, 'is empty')),
  )
    .optional()
    .describe(
      'Comma list, at least 32 characters each: the first wraps the keys of leads’ personal ' +
        'data, all unwrap. Unset, personal fields are written in clear; once some are sealed, ' +
        'every service that reads them needs it, `leadctl` too (ADR 26)',
    ),
};

export const canaryDomain = {
  CANARY_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'must be a domain')
    .optional()
    .describe('Domain of the canary’s addresses, used for nothing else; unset: no lead is a canary'),
};

export const guard = {
  GUARD_EVERY_MS: wholeNumber(50, 600_000)
    .default(60_000)
    .describe('Interval at which the restore guard compares LEADS with the log that was seen (ADR 21)'),
  GUARD_GAP_MS: wholeNumber(0, 30 * 86_400_000)
    .default(600_000)
    .describe(
      'A process that starts after so long without a heartbeat holds all sending, ' +
        'unless the last process stopped in good order; 0: it does not',
    ),
};

export const scale = {
  DELAY_SCALE: z
    .string()
    .transform(Number)
    .pipe(z.number('must be a number').gt(0, 'must be above 0').lte(1, 'must be at most 1'))
    .default(1)
    .describe('Every wait is multiplied by it; below 1 windows and lateness are off'),
};

export const traces = {
  TRACE_LEGS: z
    .enum(['lead', 'wait'])
    .default('lead')
    .describe(
      '`lead`: one trace a lead; `wait`: a wait of more than 15 minutes begins another one, linked both ways, for ' +
        'backends that close a trace after some time',
    ),
};

const OFFICE_TIMES = /^([01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const COUNTRY_DAYS = /^(\*|[A-Z]{2})=([1-7](?:[1-7])*)$/;

const daysByCountry = (items: string[]): BusinessHours['days'] =>
  Object.fromEntries(
    items.map((item) => item.split('=')).map(([country = '', days = '']) => [country, [...days].map(Number)]),
  );

export const officeHours = {
  BUSINESS_HOURS: z
    .string()
    .default(`${BUSINESS_HOURS.from}-${BUSINESS_HOURS.to}`)
    .refine((text) => OFFICE_TIMES.test(text) && text.slice(0, 5) < text.slice(6), 'must be like 09:15-17:30')
    .describe('Local time of the steps with `window: business-hours`, unless their sequence has its own'),
  WORKING_DAYS: commaList
    .pipe(z.array(z.string().regex(COUNTRY_DAYS, 'must be like AE=1234 or *=12345')))
    .transform(daysByCountry)
    .default({})
    .describe(
      'Comma list of ISO 3166-1 country, `=`, ISO weekdays (Monday is 1), `*` for all countries; a country that it ' +
        'leaves out works Monday to Friday, or Sunday to Thursday where Friday is free',
    ),
  HOLIDAYS: commaList
    .transform((items) => items.filter((item) => item !== 'none'))
    .pipe(z.array(z.string().refine(isHoliday, HOLIDAY_FORM)))
    .default([])
    .describe(
      '`by-country`: no step with `window: business-hours` is sent on a public holiday of the lead’s ' +
        'country; `none`; or a comma list of dates beside or in place of it, `12-24`, `2026-12-24`, `DE=12-24` ' +
        '(docs/time-zones.md)',
    ),
};

export const region = {
  DEFAULT_REGION: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1)')
    .default('US')
    .describe('ISO 3166-1: the country of a phone number without a country code'),
};

export const intake = {
  INTAKE_DIR: z
    .string()
    .default('intake')
    .describe('Folder of the form services: `<name>.yaml` for `POST /v1/leads/from/<name>` (docs/intake.md)'),
};

/** The business hours that `officeHours` configures. */
export function businessHoursOf(config: z.output<z.ZodObject<typeof officeHours>>): BusinessHours {
  const [from = '', to = ''] = config.BUSINESS_HOURS.split('-');
  return { from, to, days: config.WORKING_DAYS, holidays: config.HOLIDAYS };
}

export const field = { commaList, wholeNumber, duration, key, pemFile, warmup };
