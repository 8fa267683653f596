import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';

/** Set by the global set-up: the server of this run, and the prefix of its databases. */
export const MONGODB_URI = 'LEADSTREAM_TEST_MONGODB_URI';
export const DATABASE_PREFIX = 'LEADSTREAM_TEST_DATABASE_PREFIX';

/** A database of the suite's own on the run's MongoDB: its name, and the URI that names it. Dropped after the run. */
export function mongoDatabase(name = 'suite'): { uri: string; name: string } {
  const server = process.env[MONGODB_URI];
  if (!server)
    throw new Error(`${MONGODB_URI} is not set: integration suites run under Jest's integration or e2e project`);
  const unique = `${process.env[DATABASE_PREFIX]}${name}_${randomUUID().slice(0, 8)}`;
  return { uri: withDatabase(server, unique), name: unique };
}

/**
 * The same server with another default database. `authSource` is set explicitly, because a user is otherwise looked up
 * in the default database.
 */
export function withDatabase(uri: string, database: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(uri);
  if (!parts) throw new Error('not a MongoDB connection string');
  const [, server = '', before, query = ''] = parts;
  const options = query.split('&').filter(Boolean);
  if (server.includes('@') && !options.some((option) => option.startsWith('authSource=')))
    options.push(`authSource=${before || 'admin'}`);
  return `${server}/${database}${options.length ? `?${options.join('&')}` : ''}`;
}

/** Drops the databases of this run's suites. */
export async function dropDatabases(): Promise<void> {
  const prefix = process.env[DATABASE_PREFIX];
  const server = process.env[MONGODB_URI];
  if (!prefix || !server) return;
  const client = new MongoClient(server);
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) if (name.startsWith(prefix)) await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}
