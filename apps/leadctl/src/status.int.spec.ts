import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import type { Broker } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { provision } from '@leadstream/eventlog/provision';
import { STATUSES, type Status } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { AccountStore, readPace } from '@leadstream/service/account';
import { usageOf } from '@leadstream/service/account-usage';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { judged, shown, type Figures } from './status-judged.ts';
import { dial, STREAMS } from './testing/backup.ts';
import { command } from './testing/command.ts';

const NOBODY = { leads: 0, oldestSeconds: 0 };
const byStatus = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
const sending = (name: string): Figures['account'] => ({
  name,
  pause: null,
  sources: {},
  ...usageOf(readPace(undefined)),
  ratios: { bounced: 0, complained: 0 },
});
const quiet: Figures = {
  at: '2026-11-23T09:00:00Z',
  consumers: [],
  streams: { QUARANTINE: 0 },
  account: sending('sendgrid'),
  gateway: sending('twilio'),
  hold: null,
  readModel: { byStatus, unknownSends: 0, due: { step: NOBODY, again: NOBODY, sweep: NOBODY, watchdog: NOBODY } },
  webhooks: [],
};
const queue = (consumer: string, over: object = {}) => ({
  stream: 'LEADS',
  consumer,
  pending: 30,
  inHand: 0,
  pulls: 0,
  oldestSeconds: 700,
  ...over,
});
const pause = { by: 'inbound', why: '7 of 200 mails bounced', at: '2026-11-23T08:00:00Z', kind: 'reputation' } as const;
const why = (figures: Partial<Figures>) => judged({ ...quiet, ...figures }).waits.map((one) => one.why);

describe('what waits', () => {
  it('is nothing while everything is younger than a minute', () => {
    expect(judged({ ...quiet, consumers: [queue('sender', { oldestSeconds: 50 })] })).toEqual({ waits: [], needs: [] });
  });

  it.each([
    ['no process takes them', {}],
    ['its process fails, waits or is too slow', { inHand: 3 }],
    ['its process fails, waits or is too slow', { pulls: 1 }],
  ])('is a queue: %s', (reason, over) => {
    expect(why({ consumers: [queue('triage', over)] })).toEqual([reason]);
  });

  it('is the sender’s queue while its account is paused, and no other one for that', () => {
    const account = { ...quiet.account, pause };
    expect(why({ account, consumers: [queue('sender'), queue('triage')] })).toEqual([
      'the account is paused by inbound: 7 of 200 mails bounced',
      'no process takes them',
    ]);
  });

  it('is the queue of texts while the gateway’s account is paused, and a person is told once', () => {
    const gateway = { ...sending('twilio'), pause: { by: 'olga', why: 'an invoice', at: '2026-11-23T08:00:00Z' } };
    const consumers = [queue('sender'), queue('sms')];
    expect(judged({ ...quiet, gateway, consumers })).toMatchObject({
      waits: [
        { why: 'no process takes them' },
        { why: 'the account is paused by olga: an invoice', next: 'leadctl account show --account twilio' },
      ],
      needs: [{ what: expect.stringContaining('twilio'), next: 'leadctl account show --account twilio' }],
    });
    expect(judged({ ...quiet, gateway, account: gateway }).needs).toHaveLength(1);
  });

  it('is the sender’s queue while the day’s cap is used, with the time at which it goes on', () => {
    const limits = { perSecond: 9, perDay: 0, warmup: '2026-11-22:50,x1.5/day,max 900' };
    const pace = { fullAtMs: 0, day: '2026-11-23', calls: 75, limits };
    const account = { ...quiet.account, ...usageOf(pace, Date.parse('2026-11-23T09:00:00Z')) };
    const figures = { ...quiet, account, consumers: [queue('sender')] };
    expect(why(figures)).toEqual([
      'the account’s cap of today is used: 75 of 75 calls today (UTC), warm-up day 2, 112 tomorrow; ' +
        'goes on at 2026-11-24T00:00:00.000Z',
    ]);
    expect(shown(figures, judged(figures))).toContain(
      'account  sendgrid sending · 75 of 75 calls today (UTC), warm-up',
    );
  });

  it('is what is due, and the read model that is not known', () => {
    const { readModel } = quiet;
    const due = { ...readModel?.due, step: { leads: 3, oldestSeconds: 61 } } as NonNullable<typeof readModel>['due'];
    expect(why({ readModel: { byStatus, unknownSends: 0, due } })).toEqual([
      'no scheduler hunts, or it cannot read MongoDB',
    ]);
    expect(why({ readModel: null })).toEqual(['MongoDB does not answer: nothing new becomes due']);
  });
});

describe('leadctl status', () => {
  let nats: Server;
  let broker: Broker;
  let client: MongoClient;
  const { uri } = mongoDatabase('status');
  const status = (...args: string[]) => command(['status', ...args], { NATS_URL: nats.url, MONGODB_URI: uri });

  beforeAll(async () => {
    nats = await startNats();
    [broker, client] = await Promise.all([dial(nats.url), new MongoClient(uri).connect()]);
    await provision(broker, { replicas: 1, streams: [...STREAMS] });
    await provisionLeads(client.db());
  });
  afterAll(async () => {
    await Promise.all([broker.close(), client.close()]);
    await nats.stop();
  });

  it('exits with 0 while nothing waits and no person is needed', async () => {
    const { code, out } = await status();
    expect(code).toBe(0);
    expect(out).toContain('waits    nothing for more than a minute\nperson   nothing\n');
  });

  it('shows the queues and what needs a person, each with the next command, and exits with 2', async () => {
    await durableConsumer(broker, { stream: 'INTAKE', durable: 'triage' });
    await broker.js().publish(LEAD_CREATED, '{}');
    await broker.js().publish('quarantine.triage', '{}');
    await new AccountStore(broker, 1, 'sendgrid').pause({ why: 'a wrong sequence', by: 'olga' });
    await client
      .db()
      .collection<{ _id: string; [field: string]: unknown }>('leads_1')
      .insertOne({ _id: 'a', status: 'parked', phase: 'parked', unknownSends: 1 });
    const { code, out } = await status();
    expect(code).toBe(2);
    for (const line of [
      'queues   triage 1',
      'leads    parked 1 · due now 0',
      'account  sendgrid paused',
      'a wrong sequence  →  leadctl account show',
      '1 leads are parked',
      '→  leadctl leads --status parked',
      '→  leadctl sends unknown',
      '1 messages are in QUARANTINE',
      '→  leadctl quarantine list',
    ])
      expect(out).toContain(line);
    const json = JSON.parse((await status('--json')).out) as Figures & { needs: unknown[] };
    expect(json.consumers).toMatchObject([{ stream: 'INTAKE', consumer: 'triage', pending: 1, inHand: 0 }]);
    expect(json.needs).toHaveLength(4);
  });

  it('shows the rest without MongoDB, and exits with 1 without NATS', async () => {
    const away = 'mongodb://127.0.0.1:1/leadstream';
    const { code, out } = await command(['status'], { NATS_URL: nats.url, MONGODB_URI: away });
    expect(code).toBe(2);
    expect(out).toContain('MongoDB does not answer');
    expect(await command(['status'], { NATS_URL: 'nats://127.0.0.1:1', MONGODB_URI: uri })).toMatchObject({ code: 1 });
  });
});
