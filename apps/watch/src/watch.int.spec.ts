import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { provisionLeads, PROJECTOR } from '@leadstream/projection/collections';
import { AccountStore } from '@leadstream/service/account';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { MongoClient } from 'mongodb';
import { watch } from './watch.module.ts';

const HOUR_MS = 3_600_000;

describe('the watch', () => {
  let nats: Server;
  let mongo: Server;
  let broker: Broker;
  let client: MongoClient;
  let running: Running;

  const scrape = async (of = running): Promise<string> => (await fetch(`${of.url}/metrics`)).text();
  /** The samples of our own metrics, by name and labels without the service's. */
  const values = async (of = running): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await scrape(of)).split('\n').flatMap((line) => {
        const [, name = '', labels = '', value] = /^leadstream_(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
        const others = labels.replace(/,?app="watch"/, '').replace('{}', '');
        return value === undefined ? [] : [[name + others, Number(value)]];
      }),
    );
  const shows = (expected: Record<string, unknown>) =>
    eventually(async () => {
      expect(await values()).toMatchObject(expected);
      return true;
    });
  const run = () =>
    start(watch, {
      NATS_URL: nats.url,
      MONGODB_URI: `${mongo.url}/leadstream`,
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      WATCH_EVERY_MS: '100',
    });

  beforeAll(async () => {
    [nats, mongo] = await Promise.all([startNats(), startMongo()]);
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    client = await new MongoClient(`${mongo.url}/leadstream`).connect();
    running = await run();
    await running.ready;
    const [consumer] = await Promise.all([
      durableConsumer(broker, { stream: 'INTAKE', durable: 'triage' }),
      durableConsumer(broker, { stream: 'LEADS', durable: PROJECTOR }),
    ]);
    for (let sent = 0; sent < 3; sent++) await broker.js().publish(LEAD_CREATED, '{}');
    await consumer.next();
  });
  afterAll(async () => {
    await running.stop();
    await Promise.all([broker.close(), client.close()]);
    await Promise.all([nats.stop(), mongo.stop()]);
  });

  it('shows what each consumer has to do, in its hands or not, and how long it waits', async () => {
    await shows({
      'watch_up{dependency="nats"}': 1,
      'consumer_pending{stream="INTAKE",consumer="triage"}': 2,
      'consumer_ack_pending{stream="INTAKE",consumer="triage"}': 1,
      'consumer_oldest_seconds{stream="LEADS",consumer="projector-1"}': 0,
      projection_lag_events: 0,
      'stream_messages{stream="INTAKE"}': 3,
      'stream_messages{stream="QUARANTINE"}': 0,
    });
    await eventually(
      async () => ((await values())['consumer_oldest_seconds{stream="INTAKE",consumer="triage"}'] ?? 0) > 1,
    );
  });

  it('shows the leads by status and by the visit that they wait for', async () => {
    const leads = client.db().collection<{ _id: string; [field: string]: unknown }>(await provisionLeads(client.db()));
    const ago = (ms: number) => new Date(Date.now() - ms);
    await leads.insertMany([
      { _id: 'a', status: 'active', phase: 'planned', nextActionAt: ago(HOUR_MS) },
      { _id: 'b', status: 'active', phase: 'planned', nextActionAt: ago(-HOUR_MS) },
      { _id: 'c', status: 'active', phase: 'settled', nextActionAt: ago(2 * HOUR_MS) },
      { _id: 'd', status: 'parked', phase: 'parked', nextActionAt: null, unknownSends: 1 },
    ]);
    await shows({
      'watch_up{dependency="mongodb"}': 1,
      'leads{status="active"}': 3,
      'leads{status="parked"}': 1,
      'leads{status="erased"}': 0,
      sends_unknown: 1,
      'overdue_leads{kind="step"}': 1,
      'overdue_leads{kind="watchdog"}': 1,
      'overdue_leads{kind="again"}': 0,
      'scheduler_oldest_due_seconds{kind="again"}': 0,
    });
    const { 'scheduler_oldest_due_seconds{kind="step"}': oldest } = await values();
    expect(oldest).toBeGreaterThanOrEqual(HOUR_MS / 1_000);
    expect(oldest).toBeLessThan((2 * HOUR_MS) / 1_000);
  });

  it('shows who paused the account, without a person’s name, and the rates of this day only', async () => {
    const account = new AccountStore(broker, 1, 'sendgrid');
    const day = { delivered: 99, bounced: 1, complained: 0, paused: false, sources: {} };
    const write = (on: object) =>
      account.entry('reputation').then((was) => account.write('reputation', JSON.stringify({ ...day, ...on }), was));
    await shows({ 'esp_account_paused{provider="sendgrid",by="person"}': 0 });
    await account.pause({ why: 'a wrong sequence', by: 'olga' });
    await write({ day: new Date().toISOString().slice(0, 10) });
    await shows({
      'esp_account_paused{provider="sendgrid",by="person"}': 1,
      'esp_account_paused{provider="sendgrid",by="sender"}': 0,
      'esp_account_ratio{provider="sendgrid",kind="bounced"}': 0.01,
    });
    expect(await scrape()).not.toContain('olga');
    await write({ day: '2026-01-01' });
    await shows({ 'esp_account_ratio{provider="sendgrid",kind="bounced"}': 0 });
  });

  it('shows the account of texts beside that of mails', async () => {
    const texts = new AccountStore(broker, 1, 'twilio');
    await texts.pause({ why: '401', by: 'sender', kind: 'refused' });
    await shows({
      'esp_account_paused{provider="twilio",by="sender"}': 1,
      'esp_account_paused{provider="sendgrid",by="sender"}': 0,
      'esp_account_calls_today{provider="twilio"}': 0,
    });
    await texts.resume({ by: 'olga' });
    await shows({ 'esp_account_paused{provider="twilio",by="sender"}': 0 });
  });

  it('tells the same in each of its replicas', async () => {
    const other = await run();
    try {
      await eventually(async () => {
        const name = 'consumer_pending{stream="INTAKE",consumer="triage"}';
        expect([(await values())[name], (await values(other))[name]]).toEqual([2, 2]);
        return true;
      });
    } finally {
      await other.stop();
    }
  });

  it('answers while NATS and MongoDB are frozen: their gauges go, and it says which dependency is away', async () => {
    const asked = /^leadstream_(consumer|stream|projection|esp_account|leads|sends|overdue|scheduler)_?\w*\{/gm;
    expect((await scrape()).match(asked)).not.toBeNull();
    nats.freeze();
    mongo.freeze();
    try {
      await eventually(async () => {
        const text = await scrape();
        expect(text.match(asked)).toBeNull();
        expect(text).toMatch(/^leadstream_watch_up\{dependency="nats",.*\} 0$/m);
        expect(text).toMatch(/^leadstream_watch_up\{dependency="mongodb",.*\} 0$/m);
        return true;
      });
    } finally {
      nats.thaw();
      mongo.thaw();
    }
    await shows({
      'watch_up{dependency="nats"}': 1,
      'watch_up{dependency="mongodb"}': 1,
      'leads{status="active"}': 3,
      'consumer_pending{stream="INTAKE",consumer="triage"}': 2,
    });
  });
});
