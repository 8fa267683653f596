import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventType } from '@leadstream/contracts/events';
import { Broker } from '@leadstream/eventlog/broker';
import { AccountStore } from '@leadstream/service/account';
import { Metrics } from '@leadstream/service/metrics';
import { startNats, type Server } from '@leadstream/testing/servers';
import { pino } from 'pino';
import { Reputation } from './reputation.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const TUESDAY = new Date('2026-11-24T12:00:00Z');
const WEDNESDAY = new Date('2026-11-25T12:00:00Z');

describe('what mailboxes make of an account’s mails', () => {
  let nats: Server;
  let broker: Broker;
  const opened: Reputation[] = [];
  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silent);
    await broker.ready();
  });
  afterAll(async () => {
    await Promise.all(opened.map((reputation) => reputation.onApplicationShutdown()));
    await broker.close();
    await nats.stop();
  });
  let fresh = 0;
  const accounts = () => {
    const account = new AccountStore(broker, 1, `account-${fresh++}`);
    const processes = [1, 2].map(() => new Reputation(account, { BOUNCE_RATE_MAX: 0.05, COMPLAINT_RATE_MAX: 0.003 }, new Metrics('test'), pino({ level: 'silent' })));
    opened.push(...processes);
    return { account, processes };
  };
  const tell = async (reputation: Reputation | undefined, type: EventType, times: number, day = TUESDAY) => {
    for (let time = 0; time < times; time++) reputation?.add(type);
    await reputation?.flush(day);
  };

  it('that few report as spam pauses nothing', async () => {
    const { account, processes: [one] } = accounts();
    await tell(one, 'lead.delivered', 1_000);
    await tell(one, 'lead.complained', 3);
    expect(await account.paused()).toBeNull();
  });

  it('that too many report as spam pauses it, whichever process heard of them', async () => {
    const { account, processes: [one, two] } = accounts();
    await tell(one, 'lead.delivered', 900);
    await tell(two, 'lead.complained', 2);
    expect(await account.paused()).toBeNull();
    await tell(one, 'lead.complained', 1);
    expect(await account.paused()).toMatchObject({ by: 'inbound', why: '3 of 900 mails of 2026-11-24 complained: more than 0.3 %' });
  });

  it('that too many bounce pauses it', async () => {
    const { account, processes: [one] } = accounts();
    await tell(one, 'lead.delivered', 189);
    await tell(one, 'lead.bounced', 10);
    expect(await account.paused()).toBeNull();
    await tell(one, 'lead.bounced', 1);
    expect(await account.paused()).toMatchObject({ by: 'inbound' });
  });

  it('is not what delivery status notifications tell: the provider tells it too, and whoever has a mail of ours can write one', async () => {
    const { account, processes: [one] } = accounts();
    await tell(one, 'lead.delivered', 200);
    for (let time = 0; time < 100; time++) one?.add('lead.bounced', 'dsn');
    await one?.flush(TUESDAY);
    expect(await account.paused()).toBeNull();
  });

  it('is judged once a day: whom a person let go on is not stopped again by the same mails', async () => {
    const { account, processes: [one] } = accounts();
    await tell(one, 'lead.bounced', 200);
    await account.resume();
    await tell(one, 'lead.bounced', 200);
    expect(await account.paused()).toBeNull();
    await tell(one, 'lead.bounced', 200, WEDNESDAY);
    expect(await account.paused()).not.toBeNull();
  });

  it('that two processes write at once is added up', async () => {
    const { account, processes } = accounts();
    await Promise.all(processes.flatMap((one) => Array.from({ length: 5 }, () => tell(one, 'lead.delivered', 2))));
    for (const one of processes) await one.flush(TUESDAY);
    expect((await account.entry('reputation'))?.json()).toMatchObject({ delivered: 20 });
  });
});
