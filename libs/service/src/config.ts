import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

/** Everything that is wrong with the environment, one `NAME: what` a line. Never quotes a value. */
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

/** The process's own: what an app's main.ts starts from. Nobody else reads `process.env`. */
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
 * Reads the schema's fields from `env`; an empty string counts as unset. Throws one ConfigError that names all that is
 * missing or wrong, so that a deployment is mended in one round.
 */
export function loadConfig<Config>(schema: ConfigSchema<Config>, env: Environment): Config {
  const problems = new Map<string, string>();
  const values: Record<string, string> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const read = isSecret(field) ? readSecret(name, env) : { value: env[name] };
    if (read.problem) problems.set(name, read.problem);
    else if (read.value) values[name] = read.value;
  }
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!problems.has(name)) problems.set(name, name in values ? issue.message : 'is required');
  }
  if (!parsed.success || problems.size > 0)
    throw new ConfigError([...problems].map(([name, problem]) => `${name}: ${problem}`));
  return parsed.data;
}

function readSecret(name: string, env: Environment): { value?: string | undefined; problem?: string } {
  const path = env[`${name}_FILE`];
  if (!path) return { value: env[name] };
  if (env[name]) return { problem: `is set twice, also by ${name}_FILE` };
  try {
    return { value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return {
      problem: `${name}_FILE cannot be read${typeof error === 'object' && error && 'code' in error ? ` (${String(error.code)})` : ''}`,
    };
  }
}

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

export type TrustProxy = boolean | string[] | ((address: string, hop: number) => boolean);

/** What Fastify knows by name: any other would be thrown at it when the service is already starting. */
const PROXY_NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isProxy(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const bitsMax = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isNetwork = bits === undefined || (/^\d+$/.test(bits) && Number(bits) > 0 && Number(bits) <= bitsMax);
  return PROXY_NETWORKS.has(text) || (bitsMax > 0 && isNetwork && more.length === 0);
}

/** `true`, `false`, how many proxies stand in front, or their addresses (comma list, CIDR). */
const proxies = z.string().transform((text, context): TrustProxy => {
  if (text === 'true' || text === 'false') return text === 'true';
  const hops = /^\d+$/.test(text) ? Number(text) : undefined;
  if (hops !== undefined) return (_address, hop) => hop < hops;
  const list = commaList.parse(text);
  if (!list.every(isProxy)) context.addIssue('must be true, false, how many proxies there are, or their addresses');
  return list;
});

/** The fields of interfaces' "Environment", by their names; each service's schema is composed of those that it uses. */
export const nats = {
  NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  NATS_CREDS: secret(z.string()).optional(),
  NATS_CA: z.string().optional(),
  NATS_CERT: z.string().optional(),
  NATS_KEY: z.string().optional(),
  STREAM_REPLICAS: wholeNumber(1, 5).default(1),
};

export const mongo = {
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
    .default('mongodb://127.0.0.1:27017/leadstream'),
};

/** What every service reads. `defaultPort` is the service's own; port 0 takes a free one. */
export const every = (defaultPort: number) => ({
  HOST: z.string().default('0.0.0.0'),
  PORT: wholeNumber(0, 65_535).default(defaultPort),
  TRUST_PROXY: proxies.default(false),
  /** Beyond it a connection makes room: of the network that has the most. */
  HTTP_CONNECTIONS_MAX: wholeNumber(10, 100_000).default(2_000),
  /**
   * Bytes of request bodies in memory at once. A mail may need 30 MiB, and has three quarters: with less it would never
   * come in.
   */
  HTTP_HELD_BYTES_MAX: wholeNumber(48 * 1024 * 1024, 4 * 1024 * 1024 * 1024).default(64 * 1024 * 1024),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  CLOCK_OFFSET: duration.optional(),
  ...nats,
});

export type EveryConfig = z.output<z.ZodObject<ReturnType<typeof every>>> & { MONGODB_URI?: string };

export const leadIdSecret = { LEAD_ID_SECRET: secret(key) };

/**
 * Comma list: the first signs, all verify, so that a key is rotated without breaking the links in mails already sent.
 */
export const tokenSecret = {
  TOKEN_SECRET: secret(commaList.pipe(z.array(key).min(1, 'is required'))),
};

/**
 * Comma list: the first wraps the keys of leads' personal data, all unwrap, so that it is rotated without losing any.
 * Unset, personal fields are written in clear; once some are sealed, every service that reads them needs it.
 */
export const dataKeys = {
  DATA_KEYS: secret(
    commaList.pipe(z.array(z.string().min(32, 'each must have at least 32 characters')).min(1, 'is empty')),
  ).optional(),
};

export const guard = {
  /** How often it is judged whether LEADS is still the log that was seen. */
  GUARD_EVERY_MS: wholeNumber(50, 600_000).default(60_000),
  /** Silence after which a starting process holds sending, unless the last process signed off; 0: no such hold. */
  GUARD_GAP_MS: wholeNumber(0, 30 * 86_400_000).default(600_000),
};

export const scale = {
  DELAY_SCALE: z
    .string()
    .transform(Number)
    .pipe(z.number('must be a number').gt(0, 'must be above 0').lte(1, 'must be at most 1'))
    .default(1),
};

export const field = { commaList, wholeNumber, duration, key };
