import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { claimed, enrolled, replied, sent, submission } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import type { Health, LatestEvents } from './live-schemas.ts';
import { pino } from 'pino';
import type { Report } from './report-schemas.ts';
import { Reports } from './reports/reading.ts';
import type { Role } from './roles.ts';
import type { Settings, TriedPost } from './settings-schemas.ts';
import { CONSOLE_TOKENS, opened, tokenOf, type Opened } from './testing/opened.ts';

let nats: Server;
let broker: Broker;
let log: EventLog<LeadState>;
let it1: Opened;
const open = () =>
  opened({ NATS_URL: nats.url, MONGODB_URI: mongoDatabase('live').uri, CONSOLE_TOKENS, CONSOLE_LABEL: 'test' });
const closing: (() => void)[] = [];

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  log = new EventLog<LeadState>(broker, leadFold, {
    source: 'test',
    now: () => Temporal.Now.instant(),
    keys: undefined,
  });
  it1 = await open();
});
afterEach(() => closing.splice(0).forEach((close) => close()));
afterAll(async () => {
  await it1.service.stop();
  await broker.close();
  await nats.stop();
});

/** A new lead with one event; its sequence in LEADS. */
async function newLead(leadId: string = crypto.randomUUID()): Promise<{ leadId: string; seq: number }> {
  const contact = { email: 'jane@example.com', address: 'jane@example.com', firstName: 'Jane' };
  await log.decide(leadId, `${leadId}/1`, () => ({ type: 'lead.triaged', data: submission({ contact }) }));
  return { leadId, seq: (await log.history(leadId)).at(-1)?.seq ?? 0 };
}

const note = (leadId: string) =>
  log.decide(leadId, crypto.randomUUID(), () => ({
    type: 'lead.noted',
    data: { by: 'ana', text: 'called Jane', at: new Date().toISOString() } as never,
  }));

/** The text that a reader of the events has got so far. */
async function reads(query = '', headers: Record<string, string> = {}, of: Opened = it1) {
  const leaving = new AbortController();
  closing.push(() => leaving.abort());
  const answer = await fetch(`${of.service.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${tokenOf('view')}`, ...headers },
    signal: leaving.signal,
  });
  const got = { text: '', ended: false, answer, leave: () => leaving.abort() };
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of answer.body ?? []) got.text += decoder.decode(chunk as Uint8Array, { stream: true });
    } catch {
      // The test left.
    }
    got.ended = true;
  })();
  return got;
}
const seqsIn = (text: string) => [...text.matchAll(/^id: (\d+)\ndata/gm)].map(([, seq]) => Number(seq));

describe('the events of the log', () => {
  it('come as they happen, with their sequence as id, and without personal text', async () => {
    const got = await reads();
    expect(got.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(got.answer.headers.get('x-accel-buffering')).toBe('no');
    const { leadId, seq } = await newLead();
    await eventually(() => seqsIn(got.text).includes(seq));
    const [, json = ''] = new RegExp(`^id: ${seq}\ndata: (.*)$`, 'm').exec(got.text) ?? [];
    expect(JSON.parse(json)).toEqual({
      seq,
      id: `${leadId}/1`,
      type: 'lead.triaged',
      leadId,
      version: 1,
      at: expect.any(String),
      source: 'test',
    });
    expect(got.text).not.toMatch(/jane/i);
  });

  it('of the last hour are there for who comes later, the newest first, of one lead or of a type', async () => {
    const { leadId, seq } = await newLead();
    await note(leadId);
    await newLead();
    await note(leadId);
    const latest = async (query: string) => {
      const answer = await fetch(`${it1.service.url}/v1/events/latest${query}`, {
        headers: { authorization: `Bearer ${tokenOf('view')}` },
      });
      return { status: answer.status, ...((await answer.json()) as LatestEvents) };
    };
    const versions = async (query: string) => (await latest(query)).events.map(({ version }) => version);
    await eventually(async () => (await versions(`?leadId=${leadId}`)).length === 3);
    expect(await versions(`?leadId=${leadId}`)).toEqual([3, 2, 1]);
    expect(await versions(`?leadId=${leadId}&type=lead.noted&limit=1`)).toEqual([3]);
    expect((await latest(`?leadId=${leadId}&type=lead.triaged`)).events).toMatchObject([{ seq, leadId, version: 1 }]);
    expect((await latest('?limit=2')).events).toHaveLength(2);
    for (const wrong of ['?limit=0', '?limit=301', '?type=lead.unheard', '?leadId=1'])
      expect((await latest(wrong)).status).toBe(400);
  });

  it('are those of one lead, or of some types', async () => {
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const ofOne = await reads(`?leadId=${one.toUpperCase()}`);
    const ofType = await reads('?type=lead.noted&type=lead.paused');
    const all = await reads();
    for (const leadId of [one, other]) await newLead(leadId);
    await note(other);
    const { seq: last } = await newLead();
    await eventually(() => seqsIn(all.text).includes(last));
    expect(ofOne.text.match(/"type":"[^"]+"/g)).toEqual(['"type":"lead.triaged"']);
    expect(ofOne.text).toContain(one);
    await eventually(() => seqsIn(ofType.text).length === 1);
    expect(ofType.text.match(/"type":"[^"]+"/g)).toEqual(['"type":"lead.noted"']);
    for (const query of ['?type=lead.gone', '?leadId=jane', '?since=1'])
      expect((await it1.ask('GET', `/v1/events${query}`, { role: 'view' })).statusCode).toBe(400);
  });

  it('resume behind the last one that a reader got, also in another process', async () => {
    const { seq: first } = await newLead();
    const [second, third] = [(await newLead()).seq, (await newLead()).seq];
    const restarted = await open();
    try {
      const got = await reads('', { 'last-event-id': String(first) }, restarted);
      await eventually(() => seqsIn(got.text).length === 2);
      expect(seqsIn(got.text)).toEqual([second, third]);
    } finally {
      await restarted.service.stop();
    }
  });

  it('name the gap of a reader who comes with an id that the log does not have', async () => {
    const got = await reads('', { 'last-event-id': '987654321' });
    const { seq } = await newLead();
    await eventually(() => seqsIn(got.text).includes(seq));
    expect(got.text).toContain('event: gap\ndata: {"after":987654321,"upTo":');
  });

  it('are read by one consumer for all readers, which no other is shown', async () => {
    await Promise.all(Array.from({ length: 10 }, () => reads()));
    const { consumers } = await broker.jsm();
    const names = [];
    for await (const { config } of consumers.list('LEADS')) names.push(config.headers_only);
    expect(names.filter(Boolean)).toHaveLength(1);
    expect((await it1.ask('GET', '/v1/health', { role: 'view' })).json<Health>().consumers).toEqual([]);
  });

  it('have at most fifty readers of one caller, which leaves room for others', async () => {
    const readsAs = (role: Role) => reads('', { authorization: `Bearer ${tokenOf(role)}` });
    const many = await Promise.all(Array.from({ length: 50 }, () => readsAs('operate')));
    expect(new Set(many.map(({ answer }) => answer.status))).toEqual(new Set([200]));
    const next = await it1.ask('GET', '/v1/events', { role: 'operate' });
    expect([next.statusCode, next.headers['content-type'], next.headers['retry-after']]).toEqual([
      429,
      expect.stringContaining('application/problem+json'),
      '30',
    ]);
    expect((await it1.ask('GET', '/metrics')).body).toContain(
      'leadstream_http_refusals_total{route="/v1/events",status="429",reason="rate",app="console"} 1',
    );
    expect(it1.lines.join()).toContain('"route":"/v1/events","reason":"rate","status":429');
    expect((await readsAs('admin')).answer.status).toBe(200);
    many[0]?.leave();
    await eventually(async () => (await readsAs('operate')).answer.status === 200);
  });

  it('are counted for the health of the last hour', async () => {
    const totalOf = async () =>
      (await it1.ask('GET', '/v1/health', { role: 'view' })).json<Health>().totals['lead.triaged'] ?? 0;
    const before = await totalOf();
    await newLead();
    await eventually(async () => (await totalOf()) === before + 1);
  });

  it('end with the process, at once', async () => {
    const stopping = await open();
    const got = await reads('', {}, stopping);
    await stopping.service.stop();
    await eventually(() => got.ended);
  });

  it.each(['freeze', 'kill'] as const)('go on after a %s of NATS, each once', async (fault) => {
    const got = await reads();
    const { seq: before } = await newLead();
    await eventually(() => seqsIn(got.text).includes(before));
    if (fault === 'freeze') nats.freeze();
    else await nats.kill();
    // Longer than the client waits for a response.
    if (fault === 'freeze') expect((await it1.ask('GET', '/v1/health', { role: 'view' })).statusCode).toBe(503);
    if (fault === 'freeze') nats.thaw();
    else await nats.restart();
    const { seq: after } = await eventually(() => newLead());
    await eventually(() => seqsIn(got.text).includes(after));
    const seqs = seqsIn(got.text);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
    expect(got.text).not.toContain('gap');
  });
});

describe('settings', () => {
  it('say what is in force, and whether the environment says so, without a secret', async () => {
    const answer = await it1.ask('GET', '/v1/settings', { role: 'view' });
    const { variables, provider, intake, routes } = answer.json<Settings>();
    expect(variables.find(({ name }) => name === 'BUSINESS_HOURS')).toMatchObject({
      value: '09:15-17:30',
      from: 'default',
    });
    expect(variables.find(({ name }) => name === 'CONSOLE_LABEL')).toMatchObject({
      value: 'test',
      from: 'environment',
    });
    expect(provider).toMatchObject({
      name: 'sendgrid',
      account: { paused: null },
      webhooks: [{ at: null }, { at: null }],
    });
    expect([intake.problems, intake.services.length > 5, routes]).toEqual([[], true, []]);
    expect(answer.body).not.toContain('sha256:');
  });

  it('try a post of a form service as leadctl does', async () => {
    const attempt = async (name: string, body: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await it1.ask('POST', `/v1/intake/${name}/try`, { role: 'view', headers, body: { body } });
      return { status: answer.statusCode, ...answer.json<TriedPost & { code?: string }>() };
    };
    expect(await attempt('generic', '{"email":"Jane@Example.com","name":"Jane Doe"}')).toMatchObject({
      status: 200,
      leads: [{ isTaken: true, shown: { contact: { address: 'jane@example.com' } } }],
    });
    expect(await attempt('generic', '{"name":"Jane"}')).toMatchObject({ leads: [{ isTaken: false }] });
    expect(await attempt('generic', '{')).toMatchObject({ status: 409, code: 'REFUSED' });
    expect(await attempt('nobody', '{}')).toMatchObject({ status: 404 });
  });
});

describe('reports', () => {
  const append = async (leadId: string, ...drafts: Draft[]) => {
    for (const draft of drafts) await log.decide(leadId, crypto.randomUUID(), () => draft);
  };
  const report = async (query = '') => (await it1.ask('GET', `/v1/reports${query}`, { role: 'view' })).json<Report>();

  it('count what is in the log, and what comes', async () => {
    const { leadId } = await newLead();
    await append(leadId, enrolled({}, `${leadId}/1`), claimed('a', { runId: `${leadId}/1` }), sent('a'));
    const before = await report();
    expect(before).toMatchObject({ reading: null, isCut: false, totals: { runs: 1, mails: 1, facts: { replied: 0 } } });
    await append(leadId, replied());
    await eventually(async () => (await report()).totals.facts.replied === 1);
    expect((await report('?sequence=other')).totals).toMatchObject({ runs: 0, mails: 0 });
    const csv = await it1.ask('GET', '/v1/reports/csv?table=funnel_by_source', { role: 'view' });
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="funnel-by-source-.*\.csv"$/);
    expect(csv.body).toBe(
      'source_tag,runs,mailed,delivered,clicked,replied,reply_pct\r\nsource:whitepaper,1,1,0,0,1,100\r\n',
    );
  });

  it('know the run of a mail whose lead began before the period', async () => {
    const { leadId } = await newLead();
    const runId = `${leadId}/1`;
    await append(leadId, enrolled({}, runId), claimed('b', { runId }));
    await delay(20);
    const later = Date.now() + 90 * 24 * 3_600_000;
    await append(leadId, sent('b'));
    const now = jest.spyOn(Date, 'now').mockReturnValue(later);
    const { tally, unknown } = await new Reports(broker, pino({ level: 'silent' }), new AbortController().signal)
      .read()
      .finally(() => now.mockRestore());
    const leads = [...tally.leads()];
    expect(leads.map(([id, { mails }]) => [id, mails.map(({ run }) => run?.sequence)])).toEqual([
      [leadId, ['content-nurture']],
    ]);
    expect(unknown).toBe(0);
  });

  it('have the next shorter period when what comes is too much for theirs', async () => {
    const { leadId } = await newLead();
    await append(leadId, enrolled({}, `${leadId}/1`));
    await delay(20);
    const sinceMs = Date.now();
    const now = jest.spyOn(Date, 'now').mockReturnValue(sinceMs + 30 * 24 * 3_600_000);
    using _ = { [Symbol.dispose]: () => now.mockRestore() };
    const given = [broker, pino({ level: 'silent' }), new AbortController().signal] as const;
    const { kept } = (await new Reports(...given).read()).tally;
    const full = new (class extends Reports {
      protected override readonly keptMax = kept;
    })(...given);
    const whole = await full.read();
    expect(whole.tally.kept).toBe(kept);
    const { leadId: another } = await newLead();
    await append(another, enrolled({}, `${another}/1`));
    const { tally, sinceMs: shown } = await eventually(async () => {
      const read = await full.read();
      return read.readAt !== null && read.sinceMs !== whole.sinceMs && read;
    });
    expect([shown, tally.kept]).toEqual([sinceMs, 1]);
  });
});
