import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { startNats, type Server } from '@leadstream/testing/servers';
import { AccountStore, type AccountPause } from './account.ts';
import { Tries } from './tries.ts';

const EVERY_MS = 600_000;
const SENDERS = ['one', 'two', 'three', 'four'];

let nats: Server;
let broker: Broker;
beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

describe('the tries of a paused account', () => {
  let nowMs: number;
  let fresh = 0;
  const paused = async () => {
    const account = new AccountStore(broker, 1, `account-${fresh++}`);
    await account.pause({ why: 'bounces', by: 'inbound', kind: 'reputation' });
    const pause = (await account.paused()) as AccountPause;
    nowMs = Date.parse(pause.at);
    const tries = new Tries(account, EVERY_MS, () => nowMs);
    const begins = async (): Promise<string[]> => {
      const begun = await Promise.all(
        SENDERS.map(async (sender) => ((await tries.begin(pause, sender)) ? [sender] : [])),
      );
      return begun.flat();
    };
    return { account, tries, begins };
  };

  it('begin ten minutes after the pause, one for all senders, each ten minutes after the last', async () => {
    const { tries, begins } = await paused();
    expect(await begins()).toEqual([]);
    for (let round = 0; round < 3; round++) {
      nowMs += EVERY_MS;
      const [mine = '', ...others] = await begins();
      expect([SENDERS.includes(mine), others, await begins()]).toEqual([true, [], []]);
      await tries.end(mine);
      expect(await begins()).toEqual([]);
    }
  });

  it('have one mail, that of the sender that began the try', async () => {
    const { tries, begins } = await paused();
    nowMs += EVERY_MS;
    const [mine = ''] = await begins();
    const named = await Promise.all(
      [...SENDERS, ...SENDERS].map((sender, index) => tries.name(sender, `send-${sender}-${index}`)),
    );
    expect(named.filter(Boolean)).toHaveLength(1);
    expect((await tries.last())?.sendId).toContain(mine);
  });

  it('of a crashed sender pass to another after ten minutes, and the first cannot call any more', async () => {
    const { tries, begins } = await paused();
    nowMs += EVERY_MS;
    const [dead = ''] = await begins();
    nowMs += EVERY_MS;
    const [next = ''] = await begins();
    expect([next !== '', await tries.name(dead === next ? 'nobody' : dead, 'send-1')]).toEqual([true, false]);
  });

  it('end after an hour when their mail has no outcome', async () => {
    const { tries, begins } = await paused();
    nowMs += EVERY_MS;
    const [mine = ''] = await begins();
    await tries.name(mine, 'send-1');
    nowMs += 5 * EVERY_MS;
    expect(await begins()).toEqual([]);
    nowMs += EVERY_MS;
    expect(await begins()).toHaveLength(1);
  });

  it('of an earlier pause do not count', async () => {
    const { account, tries, begins } = await paused();
    nowMs += EVERY_MS;
    const [mine = ''] = await begins();
    await tries.name(mine, 'send-1');
    expect((await tries.settle(new Map([['send-1', true]])))?.arrived).toBe(1);
    await account.resume({ by: 'olga' });
    await account.pause({ why: 'again', by: 'inbound', kind: 'reputation' });
    const again = (await account.paused()) as AccountPause;
    nowMs = Date.parse(again.at) + EVERY_MS;
    expect(await tries.begin(again, 'one')).toBe(true);
    expect((await tries.last())?.arrived).toBe(0);
  });
});

describe('a pause', () => {
  it('of an operator is neither replaced nor ended by a service’s', async () => {
    const account = new AccountStore(broker, 1, 'ranks');
    await account.pause({ why: 'key', by: 'sender', kind: 'refused' });
    await account.pause({ why: 'bounces', by: 'inbound', kind: 'reputation' });
    const tried = await account.paused();
    const written = await account.entry('paused');
    await account.pause({ why: 'key', by: 'sender', kind: 'refused' });
    expect(await account.paused()).toEqual(tried);
    // No service hears of a pause that has not changed.
    expect((await account.entry('paused'))?.revision).toBe(written?.revision);
    await account.pause({ why: 'I said so', by: 'olga' });
    for (const kind of ['reputation', 'refused'] as const) await account.pause({ why: 'again', by: 'inbound', kind });
    await account.resume({ by: 'olga' }, tried?.at);
    expect(await account.paused()).toMatchObject({ by: 'olga' });
    await account.resume({ by: 'olga' });
    expect(await account.paused()).toBeNull();
  });
});
