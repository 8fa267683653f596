import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { catalogue } from '@leadstream/contracts/events';
import { buckets, streams } from '@leadstream/contracts/streams';
import { PUBLISHER, secured } from './secured.ts';

const CONSUMERS = {
  triage: 'INTAKE',
  enricher: 'LEADS',
  scheduler: 'LEADS',
  sender: 'LEADS',
  lookup: 'LEADS',
  inbound: 'FEEDBACK',
  'projector-1': 'LEADS',
  outcomes: 'LEADS',
  refusals: 'QUARANTINE',
  crm: 'LEADS',
};
const STORES = [...Object.keys(streams), ...Object.keys(buckets).map((name) => `KV_${name}`)];
const USERS = [
  'ingest',
  'triage',
  'scheduler',
  'sender',
  'inbound',
  'projector',
  'webhooks',
  'crm',
  'watch',
  'console',
  'reader',
  'backup',
  'provision',
];
const API = '$JS.API';

/** The acts that no service may do to a stream or bucket; the few that may, by user. */
const TO_STORES: Record<string, Record<string, readonly string[]>> = {
  'STREAM.PURGE': {},
  'STREAM.DELETE': {},
  'STREAM.RESTORE': {},
  'STREAM.CREATE': { provision: STORES },
  'STREAM.UPDATE': { provision: STORES },
  'STREAM.SNAPSHOT': { backup: STORES },
  'STREAM.MSG.DELETE': { console: ['QUARANTINE', 'KV_keys'], projector: ['PUBLIC'] },
  'STREAM.LEADER.STEPDOWN': {},
};
/** The events that each may append, written by hand: another source than the generator's. */
const EVENTS: Record<string, readonly string[]> = {
  triage: ['triaged', 'resubmitted', 'tagged', 'enriched'],
  scheduler: ['enrolled', 'step-due', 'step-planned', 'sequence-completed', 'send-unknown', 'lapsed', 'assigned'],
  sender: [
    ...['send-started', 'sent', 'send-deferred', 'send-failed', 'send-skipped', 'send-unknown', 'recovered'],
    // The lookup’s.
    ...['bounced', 'complained', 'unsubscribed'],
  ],
  inbound: [
    'sent',
    'delivered',
    'opened',
    'clicked',
    'bounced',
    'undelivered',
    'complained',
    'unsubscribed',
    'replied',
  ],
  console: [
    ...['unsubscribed', 'suppressed', 'paused', 'resumed', 'restarted', 'moved', 'migrated', 'tagged', 'assigned'],
    ...['noted', 'recovered', 'erased', 'sent', 'send-skipped'],
  ],
};
const OTHERS: Record<string, readonly string[]> = {
  ingest: ['lead.created', 'quarantine.ingest'],
  triage: ['quarantine.triage', 'quarantine.enricher', '$KV.keys.a', '$KV.mailboxes.a'],
  scheduler: ['quarantine.scheduler', '$KV.sequences.a', '$KV.guard.log'],
  sender: [
    'quarantine.sender',
    'quarantine.sms',
    'quarantine.lookup',
    '$KV.keys.a',
    '$KV.mailboxes.a',
    '$KV.guard.log',
    '$KV.accounts.a.pace',
    'operations.account.a.b',
  ],
  inbound: [
    'operations.account.a.b',
    'feedback.a.b',
    'quarantine.inbound',
    '$KV.keys.a',
    '$KV.guard.log',
    '$KV.accounts.a.sources',
  ],
  projector: [
    'quarantine.projector-1',
    'quarantine.outcomes',
    'quarantine.refusals',
    'lead.outcome.accepted.a',
    '$KV.guard.log',
  ],
  console: [
    'lead.created',
    ...[...Object.keys(CONSUMERS), 'ingest'].map((name) => `quarantine.${name}`),
    ...[
      'operations.account.a.b',
      '$KV.keys.a',
      '$KV.sequences.a',
      '$KV.accounts.a.sources',
      'redrive.triage',
      'redrive.sender',
    ],
  ],
  webhooks: ['$KV.webhooks.lease'],
  crm: ['quarantine.crm', '$KV.crm.a', '$KV.guard.log'],
  provision: ['$KV.guard.log'],
  reader: ['version'],
};
const PUBLISHED = [
  ...[
    'lead.created',
    'lead.outcome.accepted.a',
    'operations.account.a.b',
    'feedback.a.b',
    '$KV.keys.a',
    '$KV.sequences.a',
    '$KV.guard.log',
    '$KV.accounts.a.pace',
    '$KV.webhooks.lease',
    '$KV.crm.a',
  ],
  ...[
    '$KV.accounts.a.sources',
    '$KV.mailboxes.a',
    'redrive.triage',
    'redrive.sender',
    'version',
    '$SYS.REQ.SERVER.PING',
  ],
  ...[...Object.keys(CONSUMERS), 'ingest'].map((name) => `quarantine.${name}`),
];
const consumersOf = (user: string): string[] =>
  ({
    triage: ['triage', 'enricher'],
    sender: ['sender', 'sms', 'lookup'],
    projector: ['projector-1', 'outcomes', 'refusals'],
  })[user] ?? (user in CONSUMERS ? [user] : []);

let house: Awaited<ReturnType<typeof secured>>;

beforeAll(async () => {
  house = await secured();
  expect(await house.leadctl('provision', 'provision', '--publisher', PUBLISHER)).toMatchObject({ code: 0 });
});
afterAll(() => house.stop());

/** The subjects that the server refused, of those that were published or subscribed to. */
async function refusedOf(nc: NatsConnection, operation: 'publish' | 'subscription', subjects: readonly string[]) {
  const refused = new Set<string>();
  void (async () => {
    for await (const status of nc.status())
      if (status.type === 'error' && 'operation' in status.error && status.error.operation === operation)
        refused.add('subject' in status.error ? String(status.error.subject) : '');
  })();
  // Not JSON and without an answer's subject: what is let through is an error of the API, and changes nothing.
  for (const subject of subjects)
    if (operation === 'publish') nc.publish(subject, '\u0000');
    else nc.subscribe(subject, { callback: () => undefined });
  await nc.flush();
  await delay(50);
  return subjects.filter((subject) => refused.has(subject));
}

describe('the table of forbidden acts in NATS', () => {
  const table: Record<string, number> = {};
  afterAll(() => {
    process.stdout.write(`refused acts by user: ${JSON.stringify(table)}\n`);
  });

  it.each(USERS)('%s may publish and ask only for its own', async (user) => {
    const acts = new Map<string, boolean>();
    for (const { token } of Object.values(catalogue))
      acts.set(`leads.a.${token}`, EVENTS[user]?.includes(token) ?? false);
    for (const subject of PUBLISHED) acts.set(subject, OTHERS[user]?.includes(subject) ?? false);
    for (const [act, may] of Object.entries(TO_STORES))
      for (const store of STORES) acts.set(`${API}.${act}.${store}`, may[user]?.includes(store) ?? false);
    for (const [consumer, stream] of Object.entries(CONSUMERS)) {
      const isOwn = consumersOf(user).includes(consumer);
      acts.set(`${API}.CONSUMER.MSG.NEXT.${stream}.${consumer}`, isOwn);
      acts.set(`${API}.CONSUMER.CREATE.${stream}.${consumer}`, isOwn);
      acts.set(`${API}.CONSUMER.CREATE.${stream}.${consumer}.x`, isOwn);
      acts.set(`${API}.CONSUMER.DELETE.${stream}.${consumer}`, false);
      // The older request has no consumer’s name in its subject.
      acts.set(`${API}.CONSUMER.CREATE.${stream}`, false);
      acts.set(`${API}.CONSUMER.DURABLE.CREATE.${stream}.${consumer}`, isOwn);
      acts.set(`$JS.ACK.${stream}.${consumer}.1.1.1.1.0`, isOwn);
    }
    const nc = await house.connect(user);
    const refused = await refusedOf(nc, 'publish', [...acts.keys()]);
    await nc.close();
    table[user] = refused.length;
    expect(refused.toSorted()).toEqual([...acts].flatMap(([act, may]) => (may ? [] : [act])).toSorted());
  });

  it.each(USERS)('%s reads no answer of another, and no stream past its consumers', async (user) => {
    const forbidden = [
      ...['>', 'leads.>', 'lead.created', 'feedback.>', '$KV.>', '$JS.>', '_INBOX.>', 'redrive.other'],
      ...USERS.filter((other) => other !== user).map((other) => `_INBOX_${other}.>`),
    ];
    const nc = await house.connect(user);
    const refused = await refusedOf(nc, 'subscription', [...forbidden, `_INBOX_${user}.x`]);
    await nc.close();
    expect(refused).toEqual(forbidden);
  });
});

describe('another team', () => {
  it('reads what became of its leads, by the consumer that was made for it', async () => {
    const projector = await house.connect('projector');
    await jetstream(projector).publish('lead.outcome.accepted.a', '{"told":true}');
    await projector.close();
    const nc = await house.connect(PUBLISHER);
    const consumer = await jetstream(nc, { apiPrefix: 'LEADSTREAM.API' }).consumers.get('PUBLIC', PUBLISHER);
    const told: unknown[] = [];
    for await (const message of await consumer.consume()) {
      told.push(message.string());
      expect(await message.ackAck()).toBe(true);
      if (message.info.pending === 0) break;
    }
    // The table's empty publishes were let through before.
    expect(told.at(-1)).toBe('{"told":true}');
    await nc.close();
  });

  it('publishes lead.created with the broker’s answer, and nothing else', async () => {
    const nc = await house.connect(PUBLISHER, 'shop');
    const ack = await jetstream(nc).publish('lead.created', '{}');
    expect(ack).toMatchObject({ stream: 'INTAKE', duplicate: false });
    const forbidden = [
      'leads.a.sent',
      'feedback.a.b',
      `${API}.INFO`,
      `${API}.STREAM.INFO.INTAKE`,
      '$KV.keys.a',
      'lead.other',
      'lead.outcome.accepted.a',
      `${API}.CONSUMER.CREATE.PUBLIC.shop`,
      `${API}.CONSUMER.DELETE.PUBLIC.shop`,
      `${API}.CONSUMER.MSG.NEXT.PUBLIC.other`,
      `${API}.STREAM.MSG.GET.PUBLIC`,
    ];
    expect(await refusedOf(nc, 'publish', forbidden)).toEqual(forbidden);
    await nc.close();
    const reading = await house.connect(PUBLISHER, 'shop');
    const reads = ['lead.created', 'leads.>', '>'];
    expect(await refusedOf(reading, 'subscription', reads)).toEqual(reads);
    await reading.close();
  });

  it('is not let in by a certificate without a user, or without one', async () => {
    await expect(house.connect('nobody')).rejects.toThrow(/authorization violation/i);
    await expect(house.connect('stranger')).rejects.toThrow();
  });
});

const MONGO_ACTS = {
  find: { find: 'leads_1', limit: 1 },
  listCollections: { listCollections: 1 },
  insert: { insert: 'leads_1', documents: [{ _id: 'a' }] },
  update: { update: 'leads_1', updates: [{ q: { _id: 'a' }, u: { $set: { a: 1 } } }] },
  createIndexes: { createIndexes: 'leads_1', indexes: [{ key: { a: 1 }, name: 'a' }] },
  witness: { update: 'guard', updates: [{ q: { _id: 'LEADS' }, u: { $set: { a: 1 } }, upsert: true }] },
  delete: { delete: 'leads_1', deletes: [{ q: { _id: 'a' }, limit: 1 }] },
  drop: { drop: 'leads_1' },
  dropDatabase: { dropDatabase: 1 },
  renameCollection: { collMod: 'leads_1', validator: {} },
  createUser: { createUser: 'x', pwd: 'x', roles: [] },
  grantRoles: { grantRolesToUser: 'leadstream-reader', roles: ['leadstream-operator'] },
};
const READ = ['find', 'listCollections'];
const WRITE = [...READ, 'insert', 'update', 'createIndexes', 'witness', 'delete'];

describe('the table of forbidden acts in MongoDB', () => {
  // By hand: another source than the table that the users are made of.
  it.each([
    ['triage', READ],
    ['scheduler', READ],
    ['sender', READ],
    ['inbound', READ],
    ['watch', READ],
    ['console', READ],
    ['reader', READ],
    ['projector', WRITE],
    ['all', WRITE],
    ['operator', [...WRITE, 'drop']],
  ] as const)('%s may do only its own', async (user, may) => {
    const client = await house.mongo.connect(user);
    const allowed: string[] = [];
    for (const [name, body] of Object.entries(MONGO_ACTS))
      await client
        .db()
        .command(body)
        .then(() => allowed.push(name))
        .catch((error: unknown) => {
          if (!(error instanceof Error && 'code' in error && error.code === 13)) throw error;
        });
    await expect(client.db('other').collection('a').findOne()).rejects.toMatchObject({ code: 13 });
    await expect(client.db('admin').command({ usersInfo: 1 })).rejects.toMatchObject({ code: 13 });
    await client.close();
    expect(allowed).toEqual(may);
  });

  it.each(['ingest', 'webhooks', 'backup', 'provision', 'restore'])('%s is no user there', async (user) => {
    await expect(house.mongo.connect(user)).rejects.toMatchObject({ code: 18 });
  });

  it('lets nobody in without a password, with another’s, or without TLS', async () => {
    const { MongoClient } = await import('mongodb');
    const plain = new MongoClient(house.mongo.uri, { serverSelectionTimeoutMS: 1_000 });
    await expect(plain.connect()).rejects.toThrow();
    await plain.close();
    await expect(house.mongo.connect('projector', 'password of triage')).rejects.toMatchObject({ code: 18 });
    const client = await house.mongo.connect();
    await expect(client.db().collection('leads_1').findOne()).rejects.toMatchObject({ code: 13 });
    await client.close();
  });
});

describe('the passwords of MongoDB’s users', () => {
  it('a changed password is set by another run, and the old one is refused', async () => {
    const folder = join(house.dir, 'changed');
    await mkdir(folder);
    await writeFile(join(folder, 'watch'), 'another\n');
    const { code, out } = await house.mongo.applied(folder);
    expect([code, out]).toEqual([0, expect.stringMatching(/^created or updated: watch; .*not created: triage/)]);
    await expect(house.mongo.connect('watch')).rejects.toMatchObject({ code: 18 });
    await (await house.mongo.connect('watch', 'another')).close();
    await (await house.mongo.connect('triage')).close();
  });

  it('a file that is no user’s is refused before anything is changed', async () => {
    const folder = join(house.dir, 'misspelt');
    await mkdir(folder);
    await writeFile(join(folder, 'triage'), 'another');
    await writeFile(join(folder, 'projektor'), 'another');
    const { code, err } = await house.mongo.applied(folder);
    expect([code, err]).toEqual([1, expect.stringContaining('no user is named projektor')]);
    await (await house.mongo.connect('triage')).close();
  });
});
