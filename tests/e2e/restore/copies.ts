import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { MongoClient, type Document } from 'mongodb';

/** The documents of a MongoDB, by collection. */
export type Documents = ReadonlyMap<string, Document[]>;
export const NONE: Documents = new Map();

export const newFolder = (parent: string, name: string): Promise<string> => mkdtemp(join(parent, `${name}-`));
export const newParent = (): Promise<string> => mkdtemp(join(tmpdir(), 'leadstream-restore-'));

/** JetStream's folder as it is now: of a running server too, as a volume's snapshot takes it. */
export async function copyOf(folder: string, parent: string, name: string): Promise<string> {
  const copy = await newFolder(parent, name);
  await cp(join(folder, 'jetstream'), join(copy, 'jetstream'), { recursive: true });
  return copy;
}

export async function documentsOf(uri: string): Promise<Documents> {
  const client = await MongoClient.connect(uri);
  try {
    const collections = await client.db().collections();
    return new Map(
      await Promise.all(
        collections.map(async (collection) => [collection.collectionName, await collection.find().toArray()] as const),
      ),
    );
  } finally {
    await client.close();
  }
}

/** A database of its own with these documents. */
export async function databaseWith(documents: Documents): Promise<string> {
  const { uri } = mongoDatabase('restored');
  const client = await MongoClient.connect(uri);
  try {
    for (const [name, all] of documents) if (all.length > 0) await client.db().collection(name).insertMany(all);
  } finally {
    await client.close();
  }
  return uri;
}

/** A server that starts with a copy of `jetstream`, or with nothing. */
export async function natsWith(parent: string, jetstream?: string): Promise<Server & { dir: string }> {
  const dir = jetstream === undefined ? await newFolder(parent, 'nats') : await copyOf(jetstream, parent, 'nats');
  return { dir, ...(await startNats({ dir })) };
}
