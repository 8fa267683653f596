import { Broker, withoutCredentials, type BrokerOptions, type Log } from '@leadstream/eventlog/broker';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { MongoClient, type Db } from 'mongodb';
import type { z } from 'zod';
import { ConfigError, type mongo, type nats } from './config.ts';
import type { Health } from './health.ts';
import { MongoDial } from './mongo-dial.ts';
import { inboxPrefix } from './rights/subjects.ts';
import type { NatsUser } from './rights/users.ts';

/** Milliseconds to find a MongoDB server; after them the caller uses the log instead, or retries. */
const MONGO_SELECTION_TIMEOUT_MS = 2_000;
/**
 * A connection attempt fails after this time without a response, and a server counts as lost after twice this time
 * without a heartbeat. Commands have no timeout of their own, and a frozen or disconnected server never closes its
 * sockets.
 */
const MONGO_SILENCE_MS = 5_000;

export type MongoConfig = z.output<z.ZodObject<typeof mongo>>;

/** The driver parses the URI; its error is reported as one of the environment. */
function clientOf(
  { MONGODB_URI: uri, MONGODB_USER: username, MONGODB_PASSWORD: password, MONGODB_CA, MONGODB_CERT_KEY }: MongoConfig,
  appName: string,
): MongoClient {
  try {
    return new MongoClient(uri, {
      appName,
      ...(username && password ? { auth: { username, password } } : {}),
      ...(MONGODB_CA ? { tls: true, tlsCAFile: MONGODB_CA } : {}),
      ...(MONGODB_CERT_KEY ? { tls: true, tlsCertificateKeyFile: MONGODB_CERT_KEY } : {}),
      serverSelectionTimeoutMS: MONGO_SELECTION_TIMEOUT_MS,
      connectTimeoutMS: MONGO_SILENCE_MS,
      heartbeatFrequencyMS: MONGO_SILENCE_MS,
    });
  } catch (error) {
    throw new ConfigError([
      `MONGODB_URI: ${error instanceof Error ? withoutCredentials(error.message) : 'cannot be read'}`,
    ]);
  }
}

/** The driver's own default would be a database named "test". */
function databaseOf(client: MongoClient, uri: string): Db {
  const [, database] = /^[^/]+\/\/[^/]+\/([^/?]+)/.exec(uri) ?? [];
  return client.db(database ?? 'leadstream');
}

/**
 * For a command: a database that connects at its first query, and closes with `opened`. When MongoDB is unavailable at
 * that moment, that query and all later ones fail.
 */
export function openDb(config: MongoConfig, name: string, opened: AsyncDisposableStack): Db {
  const client = clientOf(config, name);
  opened.defer(() => client.close());
  return databaseOf(client, config.MONGODB_URI);
}

/** A database that is dialled in the background, for ever, and closes with `opened`. */
export function dialDb(
  config: MongoConfig,
  name: string,
  log: Log,
  opened: AsyncDisposableStack,
): { db: Db; dial: MongoDial } {
  const client = clientOf(config, name);
  const uri = config.MONGODB_URI;
  const dial = new MongoDial(client, withoutCredentials(uri), log);
  opened.defer(() => dial.close());
  return { db: databaseOf(client, uri), dial };
}

/** Like `dialled`, with its health check. */
export function openMongo(
  config: MongoConfig,
  { name, mongoRequired = false }: { name: string; mongoRequired?: boolean },
  log: Log,
  health: Health,
  opened: AsyncDisposableStack,
): { db: Db; dial: MongoDial } {
  const { db, dial } = dialDb(config, name, log, opened);
  health.add(
    'mongodb',
    async () => {
      if (!dial.connected) throw new Error(dial.waiting);
      await db.command({ ping: 1 });
    },
    { required: mongoRequired },
  );
  return { db, dial };
}

type NatsConfig = Omit<z.output<z.ZodObject<typeof nats>>, 'STREAM_REPLICAS'>;

/** A connection as this user, unless NATS_USER names another; it is dialled in the background, for ever. */
export function dialBroker(
  config: NatsConfig,
  name: string,
  log: Log,
  itsUser: NatsUser = 'operator',
  partitions: BrokerOptions['partitions'] = partitionsOf,
): Broker {
  const { NATS_URL: servers, NATS_CREDS: creds, NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = config;
  const { NATS_USER: user = itsUser, NATS_PASSWORD: password } = config;
  const tls = { ...(caFile ? { caFile } : {}), ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) };
  return Broker.open(
    {
      servers,
      name,
      inboxPrefix: inboxPrefix(user),
      partitions,
      ...(creds ? { creds } : {}),
      ...(password ? { login: { user, password } } : {}),
      ...(Object.keys(tls).length > 0 ? { tls } : {}),
    },
    log,
  );
}

/** Like `dialledBroker`, with its health check, closed with `opened`. */
export function openBroker(
  config: NatsConfig,
  { name, user, usesLog }: { name: string; user: NatsUser; usesLog: boolean },
  log: Log,
  health: Health,
  opened: AsyncDisposableStack,
): Broker {
  // A service without the log has no right to ask for its number of streams.
  const broker = dialBroker(config, name, log, user, usesLog ? partitionsOf : 1);
  opened.defer(() => broker.close());
  health.add('nats', async () => {
    if (!broker.connected) throw new Error(broker.waiting);
    await broker.connection().flush();
  });
  return broker;
}
