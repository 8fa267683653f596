import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { PROJECTOR, provisionLeads } from '@leadstream/projection/collections';
import { answerRedrives } from '@leadstream/service/redrive';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { eventually } from '@leadstream/testing/eventually';
import { startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { AckPolicy } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import type { Page, Row } from './list-schemas.ts';
import type { Health, Sequences } from './live-schemas.ts';
import { READS } from './read-routes.ts';
import { opened, type Opened, untilReady } from './testing/opened.ts';

const LEADS = 120;
const AT = Date.now() - 86_400_000;
const idOf = (n: number) => `${String(n).padStart(8, '0')}-0000-8000-8000-000000000000`;
/** Every sixth is overdue since a minute and longer. */
const document = (n: number) => ({
  _id: idOf(n),
  email: `jane.${n}@example.com`,
  firstName: 'Jane',
  searchKeys: [`jane.${n}@example.com`, 'example.com', 'jane'],
  status: n % 2 === 0 ? 'active' : 'responded',
  phase: n % 2 === 0 ? 'planned' : 'completed',
  sequence: 'content-nurture',
  sequenceVersion: 1,
  tags: ['source:whitepaper'],
  state: '{}',
  stateVersion: 0,
  version: 3,
  lastSeq: n,
  nextActionAt: n % 6 === 0 ? new Date(AT) : null,
  createdAt: new Date(AT + (n >> 1)),
  updatedAt: new Date(AT),
});

let nats: Server;
let mongo: Server;
let broker: Broker;
let it1: Opened;
const get = async <T>(url: string) => {
  const answer = await it1.ask('GET', url, { role: 'view' });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json<T>() };
};

beforeAll(async () => {
  [nats, mongo] = await Promise.all([startNats(), startMongo()]);
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS', 'QUARANTINE'] });
  await (await new SequenceStore(broker, 1).read()).deployFolder(await readFolder('sequences'), { by: 'ana' });
  const client = await new MongoClient(mongo.url).connect();
  const leads = client.db('leadstream').collection<{ _id: string }>(await provisionLeads(client.db('leadstream')));
  await leads.insertMany(Array.from({ length: LEADS }, (_, n) => document(n)));
  await client.close();
  it1 = await opened({ NATS_URL: nats.url, MONGODB_URI: `${mongo.url}/leadstream` });
  await untilReady(it1);
});
afterAll(async () => {
  await it1.service.stop();
  await broker.close();
  await Promise.all([nats.stop(), mongo.stop()]);
});

describe('the list of leads', () => {
  it('has pages of the newest leads, to the last one', async () => {
    const listed: Row[] = [];
    let pages = 0;
    for (let next: string | null = ''; next !== null; pages++) {
      const { status, body }: { status: number; body: Page } = await get(
        `/v1/leads?status=active&limit=25${next && `&after=${next}`}`,
      );
      expect(status).toBe(200);
      listed.push(...body.leads);
      ({ next } = body);
    }
    expect(pages).toBe(3);
    expect(listed.map(({ id }) => id)).toEqual(
      Array.from({ length: LEADS / 2 }, (_, index) => idOf(LEADS - 2 - 2 * index)),
    );
    expect(listed[0]).toEqual({
      id: idOf(118),
      email: 'jane.118@example.com',
      firstName: 'Jane',
      lastName: null,
      status: 'active',
      phase: 'planned',
      sequence: 'content-nurture',
      sequenceVersion: 1,
      step: null,
      tags: ['source:whitepaper'],
      rep: null,
      timeZone: null,
      nextActionAt: null,
      awayUntil: null,
      lastActivityAt: null,
      createdAt: new Date(AT + 59).toISOString(),
      version: 3,
    });
  });

  it.each([
    ['q=JANE.11', 11],
    ['q=jane&status=responded&status=paused', 60],
    ['tag=source:whitepaper&sequence=content-nurture', 120],
    ['status=erased', 0],
  ])('and its count agree: %s', async (query, count) => {
    expect((await get<Page>(`/v1/leads?limit=200&${query}`)).body.leads).toHaveLength(count);
    expect((await get(`/v1/leads/count?${query}`)).body).toEqual({ count, more: false });
  });

  it.each(['limit=201', 'limit=0', 'after=nobody', 'status=gone', 'page=2', 'seen=-1'])(
    'refuses %s, and names it',
    async (query) => {
      expect(await get(`/v1/leads?${query}`)).toMatchObject({
        status: 400,
        type: expect.stringContaining('problem+json'),
        body: { code: 'QUERY' },
      });
    },
  );

  it('waits until the read model has what a command wrote, and a second at most', async () => {
    const { consumers } = await broker.jsm();
    await consumers.add('LEADS', { durable_name: PROJECTOR, ack_policy: AckPolicy.Explicit });
    const { seq } = await broker.js().publish('leads.nobody.noted', '{}');
    let isAnswered = false;
    const asked = get(`/v1/leads?seen=${seq}`).then((answer) => {
      isAnswered = true;
      return answer.status;
    });
    const message = await (await broker.js().consumers.get('LEADS', PROJECTOR)).next();
    expect(isAnswered).toBe(false);
    await message?.ackAck();
    expect(await asked).toBe(200);
    expect((await get(`/v1/leads?seen=${seq + 1}`)).status).toBe(200);
  });
});

it('health has the work that waits, as the broker and the read model count it', async () => {
  const { status, body } = await get<Health>('/v1/health');
  expect(status).toBe(200);
  expect(body.overdue).toEqual({ count: 20, more: false, lagMs: expect.any(Number) });
  expect(body.overdue.lagMs).toBeGreaterThanOrEqual(86_400_000);
  expect(body.series).toHaveLength(60);
  const { consumers } = await broker.jsm();
  await consumers.add('LEADS', { durable_name: 'sender', ack_policy: AckPolicy.Explicit });
  await (await broker.js().consumers.get('LEADS', 'sender')).fetch({ max_messages: 1 });
  await eventually(async () => {
    const { consumers: listed } = (await get<Health>('/v1/health')).body;
    // Without the consumer of the events themselves.
    expect(listed.map(({ name }) => name)).toEqual([PROJECTOR, 'sender']);
    expect(listed[1]).toMatchObject({ stream: 'LEADS', name: 'sender' });
    return (listed[1]?.pending ?? 0) + (listed[1]?.inHand ?? 0) === 1;
  });
});

it('the sequences have their versions and the leads under way in each', async () => {
  const { sequences, countedAt } = (await eventually(() => get<Sequences>('/v1/sequences'))).body;
  expect(sequences.find(({ id }) => id === 'content-nurture')).toMatchObject({
    versions: [expect.any(Number)],
    retired: false,
    history: [{ does: 'deploy', by: 'ana' }],
    runs: [{ version: 1, leads: 60 }],
  });
  expect(countedAt).not.toBeNull();
});

describe('a quarantined message', () => {
  const stored = async () => {
    const { seq } = await broker.js().publish('leads.other.noted', JSON.stringify({ note: 'of a person' }));
    await quarantine(broker, {
      consumer: 'sender',
      stream: 'LEADS',
      seq,
      subject: 'leads.other.noted',
      headers: undefined,
      data: new TextEncoder().encode('{"note":"of a person"}'),
      reason: 'not readable',
      attempts: 20,
    });
    const { state } = await (await broker.jsm()).streams.info('QUARANTINE');
    return { seq, entry: state.last_seq };
  };

  it('is shown with its body, and who read it is logged', async () => {
    const { seq, entry } = await stored();
    expect(await get(`/v1/quarantine/${entry}`)).toMatchObject({
      status: 200,
      body: { seq: entry, consumer: 'sender', reason: 'not readable', origin: { seq }, body: { note: 'of a person' } },
    });
    expect(it1.lines.join()).toMatch(/"by":"view-token","seq":\d+,"msg":"quarantine viewed"/);
    for (const other of ['0', '9999', 'x', '1e3'])
      expect((await get(`/v1/quarantine/${other}`)).body).toMatchObject({ status: 404, code: 'UNKNOWN_ENTRY' });
  });

  it('stays with the reason while its consumer does not take it, and goes when it does', async () => {
    const { entry } = await stored();
    const redrive = () => it1.ask('POST', `/v1/quarantine/${entry}/redrive`, { role: 'operate' });
    const nobody = await redrive();
    expect([nobody.statusCode, nobody.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'REFUSED', detail: expect.stringContaining('no sender is running') }),
    ]);
    const stopping = new AbortController();
    let problem: string | undefined = 'still not readable';
    const answering = answerRedrives({
      broker,
      consumer: 'sender',
      redrive: () => (problem === undefined ? Promise.resolve() : Promise.reject(new Error(problem))),
      signal: stopping.signal,
    });
    await eventually(async () => (await redrive()).json<{ detail: string }>().detail.includes('still not readable'));
    problem = undefined;
    expect((await redrive()).json()).toEqual({ seq: entry, consumer: 'sender' });
    expect((await redrive()).statusCode).toBe(404);
    stopping.abort();
    await answering;
  });
});

it('the account is paused and resumed in the name of the caller, and refused when it is not paused', async () => {
  const post = async (verb: string, body: object) => {
    const answer = await it1.ask('POST', `/v1/account/${verb}`, { role: 'admin', body });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  expect(await post('resume', {})).toMatchObject({ status: 409, body: { code: 'REFUSED' } });
  expect(await post('pause', { reason: ' ' })).toMatchObject({ status: 400, body: { code: 'CONTRACT' } });
  expect(await post('pause', { reason: 'a wrong letter', by: 'eve' })).toMatchObject({ status: 400 });
  expect(await post('pause', { reason: 'a wrong letter' })).toMatchObject({
    status: 200,
    body: { account: 'sendgrid', paused: { why: 'a wrong letter', by: 'admin-token' } },
  });
  expect(await post('resume', { source: 'web' })).toMatchObject({ status: 409 });
  expect(await post('resume', {})).toMatchObject({ status: 200, body: { paused: null, sources: {} } });
});

describe('with a frozen server', () => {
  const OF_MONGODB = ['GET /v1/leads', 'GET /v1/leads/count', 'GET /v1/needs-you', 'GET /v1/health'];

  it.each(OF_MONGODB)('MongoDB: %s is a 503 in time', async (route) => {
    mongo.freeze();
    try {
      const { status, type, body } = await get(route.replace('GET ', ''));
      expect({ status, type, body }).toMatchObject({
        status: 503,
        type: expect.stringContaining('problem+json'),
        body: { code: 'UNAVAILABLE' },
      });
    } finally {
      mongo.thaw();
    }
    await eventually(async () => (await get(route.replace('GET ', ''))).status === 200);
  });

  it.each(['/v1/health', '/v1/needs-you', '/v1/quarantine/1'])(
    'NATS: %s is a 503 in time, and works after it',
    async (url) => {
      nats.freeze();
      try {
        expect(await get(url)).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
        expect((await get('/v1/leads')).status).toBe(200);
        expect((await get('/v1/leads?seen=999999')).status).toBe(200);
      } finally {
        nats.thaw();
      }
      await eventually(async () => (await get(url)).status < 500);
    },
  );

  it('are all reads of the table but those of the log and of the process’s memory', () => {
    const version = 'GET /v1/sequences/:id/:version';
    const ofLog = ['GET /v1/reports', 'GET /v1/reports/csv', 'GET /v1/settings'];
    const ofMemory = [
      'GET /v1/events',
      'GET /v1/events/latest',
      'GET /v1/sequences',
      version,
      `${version}/mails/:template`,
    ];
    const ofPrometheus = ['GET /v1/monitoring'];
    const ofFiles = ['POST /v1/intake/:name/try'];
    expect(Object.keys(READS).toSorted()).toEqual(
      [...OF_MONGODB, ...ofLog, ...ofMemory, ...ofFiles, ...ofPrometheus].toSorted(),
    );
  });
});
