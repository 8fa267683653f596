import { Broker, withoutCredentials, type Log } from '@leadstream/eventlog/broker';
import { MongoClient, type Db } from 'mongodb';
import { ConfigError, type EveryConfig } from './config.ts';
import type { Health } from './health.ts';
import { MongoDial } from './mongo-dial.ts';

/** Milliseconds to find a MongoDB server; after them the caller uses the log instead, or retries. */
const MONGO_SELECTION_TIMEOUT_MS = 2_000;
/**
 * A connection attempt fails after this time without a response, and a server counts as lost after twice this time
 * without a heartbeat. Commands have no timeout of their own, and a frozen or disconnected server never closes its
 * sockets.
 */
const MONGO_SILENCE_MS = 5_000;

/** The driver parses the URI; its error is reported as one of the environment. */
function clientOf(uri: string, appName: string): MongoClient {
  try {
    return new MongoClient(uri, {
      appName,
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
export function openDb(uri: string, name: string, opened: AsyncDisposableStack): Db {
  const client = clientOf(uri, name);
  opened.defer(() => client.close());
  return databaseOf(client, uri);
}

/** A database that is dialled in the background, for ever, and closes with `opened`. */
export function dialDb(uri: string, name: string, log: Log, opened: AsyncDisposableStack): { db: Db; dial: MongoDial } {
  const client = clientOf(uri, name);
  const dial = new MongoDial(client, withoutCredentials(uri), log);
  opened.defer(() => dial.close());
  return { db: databaseOf(client, uri), dial };
}

/** Like `dialled`, with its health check. */
export function openMongo(
  uri: string,
  { name, mongoRequired = false }: { name: string; mongoRequired?: boolean },
  log: Log,
  health: Health,
  opened: AsyncDisposableStack,
): Db {
  const { db, dial } = dialDb(uri, name, log, opened);
  health.add(
    'mongodb',
    async () => {
      if (!dial.connected) throw new Error(dial.waiting);
      await db.command({ ping: 1 });
    },
    { required: mongoRequired },
  );
  return db;
}

type NatsConfig = Pick<EveryConfig, 'NATS_URL' | 'NATS_CREDS' | 'NATS_CA' | 'NATS_CERT' | 'NATS_KEY'>;

/** A connection that is dialled in the background, for ever. */
export function dialBroker(config: NatsConfig, name: string, log: Log): Broker {
  const { NATS_URL: servers, NATS_CREDS: creds, NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = config;
  const tls = { ...(caFile ? { caFile } : {}), ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) };
  return Broker.open(
    { servers, name, ...(creds ? { creds } : {}), ...(Object.keys(tls).length > 0 ? { tls } : {}) },
    log,
  );
}

/** Like `dialledBroker`, with its health check, closed with `opened`. */
export function openBroker(
  config: NatsConfig,
  name: string,
  log: Log,
  health: Health,
  opened: AsyncDisposableStack,
): Broker {
  const broker = dialBroker(config, name, log);
  opened.defer(() => broker.close());
  health.add('nats', async () => {
    if (!broker.connected) throw new Error(`connecting to ${config.NATS_URL}`);
    await broker.connection().flush();
  });
  return broker;
}
