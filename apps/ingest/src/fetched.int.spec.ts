import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { command } from '@leadstream/leadctl/testing/command';
import { start, type Running } from '@leadstream/service/start';
import { startNats, type Server } from '@leadstream/testing/servers';
import { ingest } from './ingest.module.ts';

const SECRET = 'a secret of the tests';
const TOKEN = 'a token of the tests';

let nats: Server;
let nc: NatsConnection;
let jsm: JetStreamManager;
let graph: HttpServer;
let folder: string;
let service: Running;
/** By lead id: the status and the lead, as the Graph API answers. */
const leads = new Map<string, { status: number; lead: object }>();
const asked: string[] = [];

beforeAll(async () => {
  graph = createServer(({ url = '', headers }, answer) => {
    asked.push(`${headers.authorization} ${url}`);
    const { status, lead } = leads.get(url.split(/[/?]/)[1] ?? '') ?? { status: 404, lead: {} };
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(lead));
  });
  await new Promise<void>((resolve) => graph.listen(0, '127.0.0.1', resolve));
  const { port } = graph.address() as AddressInfo;
  folder = await mkdtemp(join(tmpdir(), 'leadstream-intake-'));
  const file = await readFile('intake/meta.yaml', 'utf8');
  await writeFile(
    join(folder, 'meta.yaml'),
    file.replace(/https:\/\/graph\.facebook\.com\/v[\d.]+/, `http://127.0.0.1:${port}`),
  );
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  service = await start(ingest, {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    NATS_URL: nats.url,
    INTAKE_DIR: folder,
    INTAKE_SECRETS: `meta:${SECRET}`,
    INTAKE_TOKENS: `meta:${TOKEN}`,
  });
  await service.ready;
  jsm = await jetstreamManager(nc);
});
afterAll(async () => {
  await service.stop();
  await nc.close();
  await nats.stop();
  await new Promise((resolve) => graph.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
});

const notice = (...ids: string[]): string =>
  JSON.stringify({
    object: 'page',
    entry: ids.map((leadgen_id) => ({ changes: [{ field: 'leadgen', value: { leadgen_id, form_id: '1' } }] })),
  });
const post = (payload: string, secret = SECRET) =>
  service.app.inject({
    method: 'POST',
    url: '/v1/leads/from/meta',
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`,
    },
    payload,
  });
const known = (id: string): void =>
  void leads.set(id, {
    status: 200,
    lead: {
      id,
      created_time: '2026-11-02T10:00:00+0000',
      field_data: [
        { name: 'email', values: [`${id}@example.com`] },
        { name: 'full_name', values: ['Ann Lee'] },
      ],
    },
  });
const messages = async (stream: string) => (await jsm.streams.info(stream)).state.messages;
const last = async () => {
  const { last_seq: seq } = (await jsm.streams.info('INTAKE')).state;
  return (await jsm.streams.getMessage('INTAKE', { seq }))?.json<object>();
};

describe('a post that only names its lead', () => {
  it('is the lead that its service has, fetched with the token', async () => {
    known('101');
    expect((await post(notice('101'))).json()).toMatchObject({ ids: ['101'] });
    expect(await last()).toMatchObject({ email: '101@example.com', firstName: 'Ann', lastName: 'Lee' });
    expect(asked).toEqual([expect.stringMatching(`^Bearer ${TOKEN} /101\\?fields=`)]);
  });

  it('gets a 503 while its service gives no answer, and nothing is stored', async () => {
    leads.set('102', { status: 500, lead: {} });
    const before = await messages('INTAKE');
    const answer = await post(notice('101', '102'));
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '60']);
    expect((await messages('INTAKE')) - before).toBe(0);
    known('102');
    expect((await post(notice('101', '102'))).statusCode).toBe(200);
  });

  it('that its service does not show is refused and kept, and is a lead by redrive once it is shown', async () => {
    leads.set('103', { status: 400, lead: { error: { code: 190 } } });
    expect((await post(notice('103'))).statusCode).toBe(400);
    known('103');
    const { last_seq: seq } = (await jsm.streams.info('QUARANTINE')).state;
    const { out } = await command(['quarantine', 'redrive', String(seq)], { NATS_URL: nats.url });
    expect(out).toContain('gone from quarantine');
    expect(await last()).toMatchObject({ email: '103@example.com' });
  });

  it('fetches nothing for another signature, or for an id that is a path', async () => {
    expect((await post(notice('101'), 'another secret')).statusCode).toBe(401);
    expect((await post(notice('../me'))).statusCode).toBe(400);
    expect(asked).toEqual([]);
  });
});

it('a token without its service’s secret is a fault at start', async () => {
  const settings = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', NATS_URL: nats.url };
  await expect(start(ingest, { ...settings, INTAKE_TOKENS: `meta:${TOKEN}` })).rejects.toThrow('needs its secret');
});
