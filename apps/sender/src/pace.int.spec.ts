import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { AccountStore, readPace } from '@leadstream/service/account';
import { usageOf } from '@leadstream/service/account-usage';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Pace, type Limits } from './pace.ts';
import { sendsOfDay } from './sends-of-day.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const never = new AbortController().signal;

describe('the shared state of an account', () => {
  let nats: Server;
  const brokers: Broker[] = [];
  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(async () => {
    await Promise.all(brokers.map((broker) => broker.close()));
    await nats.stop();
  });
  /** The store of another process. */
  const store = async (account: string) => {
    const broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    brokers.push(broker);
    await broker.ready();
    return new AccountStore(broker, 1, account);
  };
  let count = 0;
  const senders = async (limits: Limits, now: () => number) => {
    const account = `account-${count++}`;
    return Promise.all([1, 2, 3].map(async () => new Pace(await store(account), limits, now)));
  };

  it('three senders together get the account’s rate, and no call more', async () => {
    let nowMs = NOON;
    const paces = await senders({ perSecond: 50, perDay: 0 }, () => nowMs);
    let turns = 0;
    const stop = new AbortController();
    const all = paces.flatMap((pace) =>
      Array.from({ length: 40 }, () =>
        pace.take(stop.signal).then((waitMs) => {
          if (waitMs === 0) turns++;
        }),
      ),
    );
    // A burst of 200 ms, then one every 20 ms; the clock stands still in between.
    await eventually(() => turns === 10);
    nowMs += 400;
    await eventually(() => turns === 20);
    nowMs += 1_000;
    await eventually(() => turns === 30);
    stop.abort();
    await Promise.all(all);
    expect(turns).toBe(30);
  });

  it('the day’s cap holds every sender until midnight UTC', async () => {
    let nowMs = NOON;
    const [a, b] = await senders({ perSecond: 1_000, perDay: 3 }, () => nowMs);
    expect([await a?.take(never), await b?.take(never), await a?.take(never)]).toEqual([0, 0, 0]);
    expect(await b?.take(never)).toBe(12 * 3_600_000);
    nowMs += 12 * 3_600_000;
    expect(await b?.take(never)).toBe(0);
  });

  it('a warm-up raises the cap at midnight UTC, and both senders together keep to it', async () => {
    let nowMs = NOON;
    const warmup = { from: '2026-11-23', first: 1, factor: 2, max: 3 };
    const [a, b] = await senders({ perSecond: 1_000, perDay: 0, warmup }, () => nowMs);
    expect([await a?.take(never), await b?.take(never)]).toEqual([0, 0]);
    expect(await a?.take(never)).toBe(12 * 3_600_000);
    nowMs += 12 * 3_600_000;
    expect([await b?.take(never), await a?.take(never), await b?.take(never)]).toEqual([0, 0, 0]);
    expect(await b?.take(never)).toBe(24 * 3_600_000);
  });

  it('a day that the entry does not know begins with the account’s own claims in the log', async () => {
    const account = await store('lost');
    const today = new Date().toISOString().slice(0, 10);
    const broker = brokers.at(-1) as Broker;
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    expect(await sendsOfDay(broker, 'lost', today, 9)).toBe(0);
    await broker.js().publish('leads.a.step-due', '{}');
    expect(await sendsOfDay(broker, 'lost', today, 9)).toBe(0);
    const others = Array.from({ length: 500 }, () => ({ provider: 'another' }));
    const claims = [{}, { provider: 'lost' }, ...others, { provider: 'lost' }];
    for (const claim of claims) await broker.js().publish('leads.a.send-started', JSON.stringify(claim));
    await broker.js().publish('leads.a.sent', '{}');
    expect(await sendsOfDay(broker, 'lost', '2999-01-01', 9)).toBe(0);
    expect(await sendsOfDay(broker, 'lost', today, 1)).toBe(1);
    expect(await sendsOfDay(broker, 'lost', today, 9)).toBe(2);
    expect(await sendsOfDay(broker, 'sendgrid', today, 9)).toBe(1);
    const sender = () =>
      new Pace(account, { perSecond: 10, perDay: 3 }, Date.now, (day, max) => sendsOfDay(broker, 'lost', day, max));
    await account.write('pace', '{"fullAtMs":"soon"', undefined);
    expect(await sender().take(never)).toBe(0);
    expect(await sender().take(never)).toBeGreaterThan(10_000);
    expect(usageOf(readPace(await account.entry('pace')))).toMatchObject({ callsToday: 3, capToday: 3 });
  });

  it('the provider’s wait for one sender holds all', async () => {
    const [a, b] = await senders({ perSecond: 100, perDay: 0 }, () => NOON);
    await a?.hold(60_000);
    expect(await b?.take(never)).toBeGreaterThanOrEqual(59_000);
  });

  it('an unreadable bucket counts as empty', async () => {
    const account = await store('odd');
    await account.write('pace', '{"fullAtMs":"soon"', undefined);
    expect(await new Pace(account, { perSecond: 10, perDay: 0 }, () => NOON).take(never)).toBe(0);
  });

  it('a pause reaches every sender, lasts beyond a restart, and ends by a resume', async () => {
    const [a, b] = [await store('paused'), await store('paused')];
    const heard: (string | undefined)[] = [];
    b.follow((pause) => heard.push(pause?.by));
    await eventually(() => heard.length > 0);
    await a.pause({ why: 'too many complaints', by: 'inbound' });
    await eventually(() => heard.at(-1) === 'inbound');
    expect(await (await store('paused')).paused()).toMatchObject({ why: 'too many complaints' });
    await a.resume({ by: 'olga' });
    await eventually(() => heard.at(-1) === undefined);
    await b.onApplicationShutdown();
  });

  it('a pause with an end does not replace an operator’s pause without one', async () => {
    const account = await store('twice');
    await account.pause({ why: 'too many complaints', by: 'inbound' });
    await account.pause({ why: 'refused', by: 'sender', until: new Date(Date.now() + 1_000).toISOString() });
    expect(await account.paused()).toMatchObject({ by: 'inbound' });
  });

  it('an unreadable pause holds', async () => {
    const account = await store('garbled');
    await account.write('paused', 'yes', undefined);
    expect(await account.paused()).toMatchObject({ by: 'leadstream' });
  });
});
