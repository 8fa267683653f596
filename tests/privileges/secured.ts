import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { command } from '@leadstream/leadctl/testing/command';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';
import type { Environment } from '@leadstream/service/config';
import { mongoUsers } from '@leadstream/service/rights/mongo';
import { inboxPrefix } from '@leadstream/service/rights/subjects';
import { accountsConf, usersOf } from '@leadstream/service/rights/server-config';
import { MONGOD_ARGS, startMongo, startNats } from '@leadstream/testing/servers';
import { parse } from 'yaml';
import { settingsFor } from '../e2e/stack.ts';
import { Authority, type Certificate } from './certificates.ts';

const USERS = join(import.meta.dirname, '../../k8s/components/users');
const USERS_CONF = join(USERS, 'users.conf');
export const PUBLISHER = 'shop';
const MAY = { auth: 'certificate', publishers: [PUBLISHER], allow: ['restore'] } as const;

/**
 * The deployment of docs/deploy.md: NATS and MongoDB with users and TLS, provisioned by their own users, and a log of
 * `partitions` streams.
 */
export async function secured(partitions = 1) {
  const opened = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-privileges-'));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const { nats, server, certificates } = await securedNats(dir, opened, partitions);
  const mongo = await securedMongo(dir, server, opened);
  const sandbox = await startSandbox();
  opened.defer(() => sandbox.close());
  const natsSettings = (user: string): Environment => {
    const { ca = '', cert = '', key = '' } = certificates[user] ?? {};
    const places = { NATS_CA: ca, NATS_CERT: cert, NATS_KEY: key };
    return { NATS_URL: nats.url, NATS_USER: user, LOG_PARTITIONS: String(partitions), ...places };
  };
  /** The environment of a process with this user of NATS, and its own of MongoDB or, where it has none, the reader. */
  const settings = (user: string): Environment => ({
    ...settingsFor({ nats: nats.url, mongo: mongo.uri, sandbox }),
    ...mongo.settings(mongoUsers.has(user) ? user : 'reader'),
    ...natsSettings(user),
  });
  return {
    dir,
    nats,
    mongo,
    sandbox,
    certificates,
    settings,
    connect: (user: string, inbox = user): Promise<NatsConnection> => {
      const { ca = '', cert = '', key = '' } = certificates[user] ?? {};
      const tls = { caFile: ca, certFile: cert, keyFile: key };
      return connect({ servers: nats.url, tls, inboxPrefix: inboxPrefix(inbox), reconnect: false });
    },
    leadctl: (user: string, ...args: string[]) => command(args, settings(user)),
    /** The server's own words on what it refused. */
    violations: async () =>
      (await readFile(join(dir, 'nats', 'nats-server.log'), 'utf8'))
        .split('\n')
        .filter((line) => /Violation/.test(line)),
    stop: () => opened.disposeAsync(),
  };
}

async function securedNats(dir: string, opened: AsyncDisposableStack, partitions: number) {
  const authority = await Authority.create(dir);
  const server = await authority.issue('server', ['DNS:localhost', 'IP:127.0.0.1']);
  const certificates: Record<string, Certificate> = {};
  for (const user of [...usersOf(MAY), PUBLISHER, 'nobody']) certificates[user] = await authority.issue(user);
  await mkdir(join(dir, 'nats'));
  await writeFile(join(dir, 'nats', 'accounts.conf'), accountsConf({ ...MAY, partitions }));
  // The cluster's own file, with this machine's paths.
  const users = (await readFile(USERS_CONF, 'utf8'))
    .replace('/run/tls/tls.crt', server.cert)
    .replace('/run/tls/tls.key', server.key)
    .replace('/run/tls/ca.crt', server.ca)
    .replace('../../run/accounts/', '');
  const nats = await startNats({ dir: join(dir, 'nats'), configLines: [users] });
  opened.defer(() => nats.stop());
  return { nats, server, certificates };
}

/** mongod as the manifest starts it, with this machine's paths. */
async function argumentsOf(server: Certificate): Promise<string[]> {
  const { spec } = parse(await readFile(join(USERS, 'mongodb-tls.yaml'), 'utf8')) as {
    spec: { template: { spec: { containers: [{ args: string[] }] } } };
  };
  const [, ...args] = spec.template.spec.containers[0].args;
  const places: Record<string, string> = { '/run/tls/tls-combined.pem': server.both, '/run/tls/ca.crt': server.ca };
  // Of startMongo's own.
  return args.filter((each, at) => !MONGOD_ARGS.includes(each) || at > 1).map((each) => places[each] ?? each);
}

async function securedMongo(dir: string, server: Certificate, opened: AsyncDisposableStack) {
  const mongo = await startMongo({ args: ['--auth', ...(await argumentsOf(server))] });
  opened.defer(() => mongo.stop());
  const at = (login: string, rest: string) => `mongodb://${login}127.0.0.1:${mongo.port}/${rest}`;
  const { MongoClient } = await import('mongodb');
  const options = { tls: true, tlsCAFile: server.ca };
  // The exception for the first user on the server's own machine.
  const first = await new MongoClient(at('', ''), { ...options, directConnection: true }).connect();
  await first.db('admin').command({ createUser: 'root', pwd: 'root', roles: ['root'] });
  await first.close();
  const passwords = join(dir, 'passwords');
  await mkdir(passwords);
  for (const user of mongoUsers.keys()) await writeFile(join(passwords, user), `password of ${user}\n`);
  const admin = at('root:root@', '?authSource=admin');
  const applied = (folder: string) =>
    command(['mongo', 'roles', '--apply', '--passwords', folder], {
      MONGODB_ADMIN_URI: admin,
      MONGODB_CA: server.ca,
    });
  const roles = await applied(passwords);
  if (roles.code !== 0) throw new Error(roles.err);
  return {
    ...mongo,
    uri: at('', 'leadstream'),
    passwords,
    applied,
    settings: (user: string): Environment => ({
      MONGODB_USER: user,
      MONGODB_PASSWORD_FILE: join(passwords, user),
      MONGODB_CA: server.ca,
    }),
    /** A client as this user, or as nobody. */
    connect: (user?: string, password = `password of ${user}`) =>
      new MongoClient(at('', 'leadstream'), {
        ...options,
        ...(user === undefined ? {} : { auth: { username: user, password } }),
        serverSelectionTimeoutMS: 2_000,
      }).connect(),
  };
}
