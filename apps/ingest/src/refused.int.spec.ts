import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { command } from '@leadstream/leadctl/testing/command';
import { start, type Running } from '@leadstream/service/start';
import { startNats, type Server } from '@leadstream/testing/servers';
import { ingest } from './ingest.module.ts';

const KEY = 'the key of a form service';
const FORM = 'application/x-www-form-urlencoded';

let nats: Server;
let nc: NatsConnection;
let jsm: JetStreamManager;
let service: Running;
const lines: string[] = [];

beforeAll(async () => {
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  service = await start(
    ingest,
    { HOST: '127.0.0.1', PORT: '0', NATS_URL: nats.url, INGEST_API_KEYS: KEY },
    { logTo: { write: (line) => void lines.push(line) } },
  );
  await service.ready;
  jsm = await jetstreamManager(nc);
});
afterAll(async () => {
  await service.stop();
  await nc.close();
  await nats.stop();
});

const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  service.app.inject({
    method: 'POST',
    url: '/v1/leads',
    headers: { 'content-type': 'application/json', 'x-api-key': KEY, ...headers },
    payload,
  });
interface Entry {
  seq: number;
  consumer: string;
  reason: string;
  body: string;
  headers: Record<string, string[]>;
}
const entries = async (): Promise<Entry[]> => {
  const { state } = await jsm.streams.info('QUARANTINE');
  const all: Entry[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const stored = await jsm.streams.getMessage('QUARANTINE', { seq });
    if (stored) all.push({ ...stored.json<Omit<Entry, 'seq'>>(), seq });
  }
  return all;
};
const last = async (): Promise<Entry> => {
  const entry = (await entries()).at(-1);
  if (!entry) throw new Error('nothing is in quarantine');
  return entry;
};
const ctl = (...argv: string[]) => command(argv, { NATS_URL: nats.url });
const intake = async () => (await jsm.streams.info('INTAKE')).state.messages;

describe('a refused lead of a known caller', () => {
  it('has a log line and a metric with reason and field and no value, and a copy in quarantine', async () => {
    const body = JSON.stringify({ lead_id: 'T', user_column_data: [{ string_value: 'ann@reported.example' }] });
    expect((await post(body, { 'idempotency-key': 'order-1' })).statusCode).toBe(400);
    const entry = await last();
    expect(entry).toMatchObject({
      consumer: 'ingest',
      reason: 'contract: email, leadData.source',
      headers: { 'content-type': ['application/json'], 'ce-source': ['ingest/key-1'], 'ce-id': ['order-1'] },
    });
    expect(Buffer.from(entry.body, 'base64').toString()).toBe(body);
    const said = lines.filter((line) => line.includes('refused'));
    expect(said.join()).toContain('"reason":"contract","fields":["email","leadData.source"]');
    expect(said.join()).not.toContain('reported');
    const metrics = (await service.app.inject({ method: 'GET', url: '/metrics' })).body;
    expect(metrics).toMatch(/leadstream_http_refusals_total\{[^}]*reason="contract"[^}]*\} 1/);
    expect(metrics).toMatch(/leadstream_quarantined_total\{[^}]*consumer="ingest"[^}]*type="lead.created"[^}]*\} 1/);
  });

  it('is kept once, however often its service repeats it', async () => {
    const before = (await entries()).length;
    await Promise.all([1, 2, 3].map(() => post('{"email":"b@x.example"}')));
    expect((await entries()).length - before).toBe(1);
  });

  it.each([
    ['text/xml', '<lead/>', 'media-type'],
    ['a form', 'email=a@x.example', 'media-type'],
    ['application/json', '{"email":', 'json'],
    ['multipart/form-data; boundary=x', '--x', 'form'],
    [FORM, 'a=1&'.repeat(1_001), 'fields'],
    ['application/json', `${'['.repeat(40)}${']'.repeat(40)}`, 'depth'],
  ])('is kept as it came: %s %s', async (type, body, reason) => {
    await post(body, { 'content-type': type });
    const entry = await last();
    expect([entry.reason.split(':')[0], Buffer.from(entry.body, 'base64').toString()]).toEqual([reason, body]);
  });

  it('stays in quarantine with its reason while the mapping is as it was', async () => {
    await post('{"email":"c@x.example","again":1}');
    const { seq } = await last();
    const { code, out } = await ctl('quarantine', 'redrive', String(seq));
    expect([code, out]).toEqual([1, expect.stringContaining('contract: leadData.source')]);
    expect((await last()).seq).toBe(seq);
  });

  it('is handed in by redrive once the mapping is mended, as one lead however often', async () => {
    await post('{"email":"d@x.example"}');
    const entry = await last();
    const { seq: _seq, ...stored } = entry;
    // The copy of a lead that an older mapping refused.
    const mended = Buffer.from('{"email":"d@x.example","source":"demo_request"}').toString('base64');
    for (const id of ['a', 'b'])
      await jsm.jetstream().publish('quarantine.ingest', JSON.stringify({ ...stored, body: mended }), { msgID: id });
    const before = await intake();
    for (const { seq } of (await entries()).slice(-2)) {
      expect((await ctl('quarantine', 'redrive', String(seq))).out).toContain('gone from quarantine');
    }
    expect((await intake()) - before).toBe(1);
    expect((await last()).seq).toBe(entry.seq);
    expect((await ctl('quarantine', 'list', '--consumer', 'ingest')).out).toContain('/v1/leads');
  });
});

/** As Google posts it (the webhook’s documentation), to the door of plain leads. */
const GOOGLE = {
  lead_id: 'T',
  user_column_data: [
    { column_id: 'FULL_NAME', string_value: 'Ann Lee' },
    { column_id: 'EMAIL', string_value: 'ann@reported046.example' },
  ],
  api_version: '1.0',
  form_id: 40_000_000_000,
  campaign_id: 281_489_216_452_814,
  is_test: false,
};

it('a form service’s post at the door of plain leads leaves a trace, with keys and without', async () => {
  const open = await start(
    ingest,
    { HOST: '127.0.0.1', PORT: '0', NATS_URL: nats.url },
    { logTo: { write: (line) => void lines.push(line) } },
  );
  await open.ready;
  const before = { lines: lines.length, entries: (await entries()).length };
  for (const [{ app }, headers] of [
    [service, { 'x-api-key': KEY }],
    [open, {}],
  ] as const) {
    const { statusCode } = await app.inject({ method: 'POST', url: '/v1/leads', headers, payload: GOOGLE });
    expect(statusCode).toBe(400);
    const metrics = (await app.inject({ method: 'GET', url: '/metrics' })).body;
    expect(metrics).toMatch(/leadstream_http_refusals_total\{[^}]*reason="contract"[^}]*\} [1-9]/);
  }
  await open.stop();
  const said = lines.slice(before.lines).filter((line) => line.includes('refused"'));
  // The keyed service has said the same of an earlier request; it counts the repetition.
  expect(said.map((line) => /"msg":"(.*?)"/.exec(line)?.[1])).toEqual(['lead refused', 'request refused']);
  for (const line of said) expect(line).toContain('"fields":["email","leadData.source"]');
  expect(said.join()).not.toContain('reported046');
  expect((await entries()).length - before.entries).toBe(1);
});

it('a refused lead of an unknown caller is in no stream', async () => {
  const before = (await entries()).length;
  expect((await post('{}', { 'x-api-key': 'a wrong one' })).statusCode).toBe(401);
  expect((await entries()).length).toBe(before);
});
