import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventType } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { AccountStore } from '@leadstream/service/account';
import { Tries } from '@leadstream/service/tries';
import { Metrics } from '@leadstream/service/metrics';
import { startNats, type Server } from '@leadstream/testing/servers';
import { pino } from 'pino';
import { Reputation } from './reputation.ts';

const TUESDAY = new Date('2026-11-24T12:00:00Z');
const WEDNESDAY = new Date('2026-11-25T12:00:00Z');
const [WEB, FAIR, PARTNER] = ['ingest source:website', 'ingest source:fair', 'ingest/partner source:website'];
const EVERY_MS = 600_000;

describe('the reputation of an account', () => {
  let nats: Server;
  let broker: Broker;
  const opened: Reputation[] = [];
  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
  });
  afterAll(async () => {
    await Promise.all(opened.map((reputation) => reputation.onApplicationShutdown()));
    await broker.close();
    await nats.stop();
  });
  let fresh = 0;
  const started = (account: AccountStore): Reputation => {
    const limits = { BOUNCE_RATE_MAX: 0.05, COMPLAINT_RATE_MAX: 0.003 };
    const one = new Reputation(account, limits, new Metrics('test'), pino({ level: 'silent' }));
    opened.push(one);
    return one;
  };
  const accounts = () => {
    const account = new AccountStore(broker, 1, `account-${fresh++}`);
    return { account, processes: [started(account), started(account)] };
  };
  const tell = async (
    reputation: Reputation | undefined,
    type: EventType,
    times: number,
    { day = TUESDAY, source = WEB, sendId }: { day?: Date; source?: string; sendId?: string } = {},
  ) => {
    for (let time = 0; time < times; time++) reputation?.add(type, { source, sendId });
    await reputation?.flush(day);
  };

  it('pauses nothing for few complaints', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 1_000);
    await tell(one, 'lead.complained', 3);
    expect(await account.paused()).toBeNull();
  });

  it('pauses the source of too many complaints, counted by several processes', async () => {
    const {
      account,
      processes: [one, two],
    } = accounts();
    await tell(one, 'lead.delivered', 900);
    await tell(two, 'lead.complained', 2);
    expect(await account.sources()).toEqual({});
    await tell(one, 'lead.complained', 1);
    expect(await account.sources()).toMatchObject({
      [WEB]: { by: 'inbound', why: '3 of 900 mails of 2026-11-24 complained: more than 0.3 %' },
    });
    expect(await account.paused()).toBeNull();
  });

  it('pauses the source of too many bounces, from 200 mails of the account on', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 189);
    await tell(one, 'lead.bounced', 10);
    expect(await account.sources()).toEqual({});
    await tell(one, 'lead.bounced', 1);
    expect(Object.keys((await account.sources()) ?? {})).toEqual([WEB]);
  });

  it.each([
    [220, 16],
    [500, 40],
    [205, 10],
    [3_000, 200],
  ])('%i that arrive and %i that bounce of another source pause that source only', async (arrive, bounce) => {
    const {
      account,
      processes: [one, two],
    } = accounts();
    await tell(one, 'lead.delivered', arrive);
    await tell(two, 'lead.bounced', bounce, { source: FAIR });
    expect([Object.keys((await account.sources()) ?? {}), await account.paused()]).toEqual([[FAIR], null]);
    await account.resumeSource(FAIR, { by: 'olga' });
    await tell(two, 'lead.bounced', bounce, { source: FAIR });
    expect([await account.sources(), await account.paused()]).toEqual([{}, null]);
  });

  it('pauses the account when two sources bounce, if its total is above the limit', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 220);
    await tell(one, 'lead.bounced', 16, { source: FAIR });
    await tell(one, 'lead.bounced', 16, { source: PARTNER });
    expect(await account.paused()).toMatchObject({
      by: 'inbound',
      kind: 'reputation',
      why: expect.stringContaining('32 of 252'),
    });
    const large = accounts();
    await tell(large.processes[0], 'lead.delivered', 2_000);
    for (const source of [FAIR, PARTNER]) await tell(large.processes[0], 'lead.bounced', 16, { source });
    expect([Object.keys((await large.account.sources()) ?? {}), await large.account.paused()]).toEqual([
      [FAIR, PARTNER],
      null,
    ]);
  });

  it('pauses the account when every source bounces a little, and the total is above the limit', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 200);
    for (let source = 0; source < 40; source++)
      await tell(one, 'lead.bounced', 1, { source: `ingest source:${source}` });
    expect([await account.sources(), await account.paused()]).toMatchObject([{}, { kind: 'reputation' }]);
    const stored = (await account.entry('reputation'))?.string() ?? '';
    expect(Object.keys((JSON.parse(stored) as { sources: object }).sources)).toHaveLength(17);
  });

  it('stays within its entry’s size, however long the names are', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    const names = Array.from({ length: 40 }, (_, index) => `${'x'.repeat(77)} ${index}`);
    for (const source of names) one?.add('lead.delivered', { source });
    await tell(one, 'lead.bounced', 10_000_000 / 1_000);
    expect((await account.entry('reputation'))?.string().length).toBeLessThan(4_096);
    const pauses = await Promise.all(
      names.slice(0, 10).map((source) => account.pauseSource(source, { why: 'w'.repeat(500), by: 'inbound' })),
    );
    expect(pauses).not.toContain(false);
    expect(await account.pauseSource('one more', { why: 'x', by: 'inbound' })).toBe(false);
  });

  describe('a paused account', () => {
    /** An account paused by its bounces, with a sender's try under way. */
    const tried = async () => {
      const { account, processes } = accounts();
      await tell(processes[0], 'lead.bounced', 200);
      await tell(processes[1], 'lead.bounced', 200, { source: FAIR });
      const pause = await account.paused();
      if (!pause) throw new Error('not paused');
      let nowMs = Date.parse(pause.at);
      const tries = new Tries(account, EVERY_MS, () => nowMs);
      const attempt = async (sendId: string) => {
        nowMs += EVERY_MS;
        expect(await tries.begin(pause, 'sender')).toBe(true);
        expect(await tries.name('sender', sendId)).toBe(true);
      };
      return { account, processes, attempt, tries, pause };
    };

    it('resumes after three tries in a row that arrive, and can be paused again', async () => {
      const {
        account,
        processes: [one, two],
        attempt,
      } = await tried();
      for (const sendId of ['a', 'b']) {
        await attempt(sendId);
        await tell(two, 'lead.delivered', 1, { sendId });
      }
      expect(await account.paused()).not.toBeNull();
      await attempt('c');
      await tell(one, 'lead.delivered', 1, { sendId: 'c' });
      expect(await account.paused()).toBeNull();
      for (const source of [WEB, FAIR]) await tell(one, 'lead.bounced', 150, { source });
      expect(await account.paused()).not.toBeNull();
    });

    it('resumes when a process is killed right after it has recorded the last try', async () => {
      const { account, attempt, tries } = await tried();
      for (const sendId of ['a', 'b', 'c']) {
        await attempt(sendId);
        await tries.settle(new Map([[sendId, true]]));
        expect(await account.paused()).not.toBeNull();
        await started(account).flush(TUESDAY);
      }
      expect(await account.paused()).toBeNull();
    });

    it('resumes once, when two processes find the last try: counts since the resume stay', async () => {
      const {
        account,
        processes: [one],
        attempt,
        tries,
      } = await tried();
      for (const sendId of ['a', 'b', 'c']) {
        await attempt(sendId);
        await tries.settle(new Map([[sendId, true]]));
      }
      const [found, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      class Slow extends AccountStore {
        override async paused() {
          const pause = await super.paused();
          found.resolve();
          await goesOn.promise;
          return pause;
        }
      }
      const late = started(new Slow(broker, 1, account.account)).flush(TUESDAY);
      await found.promise;
      await one?.flush(TUESDAY);
      await started(account).flush(TUESDAY);
      expect(await account.paused()).toBeNull();
      await tell(one, 'lead.bounced', 5);
      goesOn.resolve();
      await late;
      expect(JSON.parse((await account.entry('reputation'))?.string() ?? '')).toMatchObject({ bounced: 5 });
    });

    it('is paused by source when one of its bad sources bounces on after the resume', async () => {
      const {
        account,
        processes: [one],
        attempt,
      } = await tried();
      for (const sendId of ['a', 'b', 'c']) {
        await attempt(sendId);
        await tell(one, 'lead.delivered', 1, { sendId });
      }
      await account.resumeSource(WEB, { by: 'olga' });
      await tell(one, 'lead.delivered', 500);
      await tell(one, 'lead.bounced', 400, { source: FAIR });
      expect([Object.keys((await account.sources()) ?? {}), await account.paused()]).toEqual([[FAIR], null]);
    });

    it.each<EventType>(['lead.bounced', 'lead.undelivered', 'lead.complained'])(
      'a try that ends in %s begins the count anew',
      async (type) => {
        const {
          account,
          processes: [one],
          attempt,
          tries,
        } = await tried();
        for (const sendId of ['a', 'b']) {
          await attempt(sendId);
          await tell(one, 'lead.delivered', 1, { sendId });
        }
        await attempt('c');
        one?.add('lead.delivered', { source: WEB, sendId: 'c' });
        await tell(one, type, 1, { sendId: 'c' });
        expect([(await tries.last())?.arrived, await account.paused()]).toEqual([0, expect.anything()]);
      },
    );

    it('does not resume by mails that are no try', async () => {
      const {
        account,
        processes: [one],
        attempt,
      } = await tried();
      await attempt('a');
      for (const sendId of ['x', 'y', 'z']) await tell(one, 'lead.delivered', 1, { sendId });
      expect(await account.paused()).not.toBeNull();
    });

    it('keeps a pause other than the one that was tried', async () => {
      const {
        account,
        processes: [one],
        attempt,
      } = await tried();
      for (const sendId of ['a', 'b']) {
        await attempt(sendId);
        await tell(one, 'lead.delivered', 1, { sendId });
      }
      await attempt('c');
      await account.pause({ why: 'I said so', by: 'olga' });
      await tell(one, 'lead.delivered', 1, { sendId: 'c' });
      expect(await account.paused()).toMatchObject({ by: 'olga' });
    });
  });

  it('counts no delivery status notification: a stranger can forge one, the provider reports the bounce', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 200);
    for (let time = 0; time < 100; time++) one?.add('lead.bounced', { source: WEB, classification: 'dsn' });
    await one?.flush(TUESDAY);
    expect(await account.paused()).toBeNull();
  });

  it('counts no event of a provider that sent before: it is no news of this account', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    await tell(one, 'lead.delivered', 200);
    const add = (provider: string) => {
      for (let time = 0; time < 100; time++) one?.add('lead.bounced', { source: WEB, provider });
    };
    add('the one before');
    await one?.flush(TUESDAY);
    expect(await account.sources()).toEqual({});
    add(account.account);
    await one?.flush(TUESDAY);
    expect(Object.keys((await account.sources()) ?? {})).toEqual([WEB]);
  });

  it('is paused once a day: after an operator’s resume the same mails do not pause it again', async () => {
    const {
      account,
      processes: [one],
    } = accounts();
    const both = async (day: Date) => {
      for (const source of [WEB, FAIR]) await tell(one, 'lead.bounced', 200, { day, source });
    };
    await both(TUESDAY);
    expect(await account.paused()).not.toBeNull();
    await account.resume({ by: 'olga' });
    for (const source of Object.keys((await account.sources()) ?? {}))
      await account.resumeSource(source, { by: 'olga' });
    await both(TUESDAY);
    expect([await account.paused(), await account.sources()]).toEqual([null, {}]);
    await both(WEDNESDAY);
    expect(await account.paused()).not.toBeNull();
  });

  it('has the sum of two processes’ simultaneous counts', async () => {
    const { account, processes } = accounts();
    await Promise.all(processes.flatMap((one) => Array.from({ length: 5 }, () => tell(one, 'lead.delivered', 2))));
    for (const one of processes) await one.flush(TUESDAY);
    expect((await account.entry('reputation'))?.json()).toMatchObject({ delivered: 20 });
  });
});
