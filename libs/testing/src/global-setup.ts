import { randomUUID } from 'node:crypto';
import { serverBinary, startMongo, type Server } from './servers.ts';
import { DATABASE_PREFIX, dropDatabases, MONGODB_URI } from './servers-database.ts';

let mongo: Server | undefined;

/**
 * One MongoDB for the whole run, passed to the suites through the environment: the one that MONGODB_URI names, else one
 * of our own. Each suite starts its own nats-server, whose binary is located here once for all.
 */
export default async function setup(): Promise<void> {
  if (process.env[MONGODB_URI]) return;
  process.env['NATS_SERVER_BIN'] = await serverBinary('nats-server');
  const given = process.env['MONGODB_URI'];
  if (!given) mongo = await startMongo();
  process.env[MONGODB_URI] = given || mongo?.url;
  process.env[DATABASE_PREFIX] = `leadstream_test_${randomUUID().slice(0, 8)}_`;
}

/** Leaves an external server as it was found. */
export async function undo(): Promise<void> {
  if (mongo) await mongo.stop();
  else await dropDatabases();
  mongo = undefined;
  delete process.env[MONGODB_URI];
}
