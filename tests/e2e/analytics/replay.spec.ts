import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseRecorded } from '@leadstream/contracts/envelope';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { stateAfter } from '@leadstream/lead/evolve';
import { command } from '@leadstream/leadctl/testing/command';
import type { LeadDocument } from '@leadstream/projection/collections';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { verify } from '@leadstream/verify/verify';
import { readLeads } from '@leadstream/verify/log';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { logOfRuns, publishLives } from '../../bench/histories.ts';

/** The permissions that docs/analytics.md gives to a replay: it may publish to `replay.>`, and read LEADS. */
const REPLAY_ONLY = [
  'replay.>',
  '$JS.API.STREAM.INFO.LEADS',
  '$JS.API.CONSUMER.*.LEADS.>',
  '$JS.API.CONSUMER.MSG.NEXT.LEADS.>',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
];

const log = logOfRuns(20);
let nats: Server;
let owner: NatsConnection;
const database = mongoDatabase('replay');
const leadctl = (...argv: string[]) => command(argv, { NATS_URL: nats.url, MONGODB_URI: database.uri });

beforeAll(async () => {
  nats = await startNats({
    configLines: [
      `authorization: { users: [{ user: owner, password: "secret" }, { user: replay, password: "replay", permissions: {
        publish: ${JSON.stringify(REPLAY_ONLY)} } }] }`,
      'no_auth_user: replay',
    ],
  });
  owner = await connect({ servers: nats.url, user: 'owner', pass: 'secret' });
  const manager = await jetstreamManager(owner);
  await manager.streams.add({ name: 'LEADS', subjects: ['leads.*.*'], allow_direct: true });
  await publishLives(owner, log);
});
afterAll(async () => {
  await owner.close();
  await nats.stop();
});

const head = async () => (await (await jetstreamManager(owner)).streams.info('LEADS')).state.last_seq;

describe('a replay', () => {
  it('into a collection has the documents of the read model', async () => {
    const { code, out, err } = await leadctl('replay', '--into', 'leads_tuesday');
    expect({ code, out, err }).toEqual({
      code: 0,
      err: '',
      out: '240 events of LEADS 1 to 240 are in leads_tuesday\n',
    });
    await using client = new MongoClient(database.uri);
    const documents = await client.db().collection<LeadDocument>('leads_tuesday').find().toArray();
    expect(documents).toHaveLength(20);
    for (const { _id, state } of documents)
      expect(JSON.parse(state)).toEqual(stateAfter(log.filter(({ leadId }) => leadId === _id)));
    expect(await leadctl('replay', '--into', 'leads_tuesday')).toMatchObject({ code: 1 });
    expect(await leadctl('replay', '--into', 'leads_1')).toMatchObject({ code: 1 });
  });

  it('to a subject reaches its subscribers in order, each message marked, and no reader takes one', async () => {
    const subscription = owner.subscribe('replay.tuesday.>', { max: log.length });
    await owner.flush();
    const received: Msg[] = [];
    const all = (async () => {
      for await (const message of subscription) received.push(message);
    })();
    expect(await leadctl('replay', '--subject', 'replay.tuesday.>', '--speed', '1000')).toMatchObject({ code: 0 });
    await all;
    expect(received.map(({ subject }) => subject)).toEqual(
      log.map(({ leadId, type }) => `replay.tuesday.${leadId}.${type.replace('lead.', '')}`),
    );
    const [first] = received;
    const asEvent = {
      subject: `leads.${log[0]?.leadId}.triaged`,
      seq: 1,
      headers: first?.headers,
      data: first?.data ?? new Uint8Array(),
    };
    expect(() => parseRecorded(asEvent)).toThrow('was replayed');
    expect(await head()).toBe(log.length);
  });

  it('cannot publish anywhere else, neither by its subject nor by its permissions', async () => {
    expect(await leadctl('replay', '--subject', 'leads.>')).toMatchObject({
      code: 1,
      err: expect.stringContaining('must be replay.<name>.>'),
    });
    const broker = Broker.open({ servers: nats.url, name: 'replay' }, silentLog);
    try {
      await broker.ready();
      await expect(provision(broker, { replicas: 1, streams: ['INTAKE'] })).rejects.toThrow();
      broker.connection().publish('leads.lead-1.paused', '{}');
      await broker.connection().flush();
      expect(await head()).toBe(log.length);
    } finally {
      await broker.close();
    }
  });

  it('that was written into the log is refuted by the verifier', async () => {
    const messages = owner.subscribe('replay.wrong.>', { max: 1 });
    await owner.flush();
    await leadctl('replay', '--subject', 'replay.wrong.>');
    for await (const { data, headers } of messages)
      owner.publish('leads.lead-1.triaged', data, headers ? { headers } : {});
    await owner.flush();
    const broker = Broker.open({ servers: nats.url, name: 'verify' }, silentLog);
    try {
      await broker.ready();
      const report = await verify(readLeads(broker), { overdueMs: 3_600_000 });
      expect(report.proven).toBe(false);
      expect(report.findings.map(({ says }) => says)).toContainEqual(expect.stringContaining('was replayed'));
    } finally {
      await broker.close();
    }
  });
});
