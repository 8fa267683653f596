import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Operation } from '@leadstream/contracts/operations';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { OperationsStream } from '@leadstream/eventlog/operations-stream';
import { provision } from '@leadstream/eventlog/provision';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { AccountStore } from './account.ts';
import { accountHistory, operationInWords } from './account-history.ts';

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

const BY_ANA = { by: 'ana' };
const inWords = async (account: AccountStore) => (await account.history(50)).map(operationInWords).toReversed();
const stored = async (account: AccountStore) =>
  (
    await (
      await broker.jsm()
    ).streams.info('OPERATIONS', { subjects_filter: `operations.account.${account.account}.*` })
  ).state.subjects ?? {};

describe('the operations of an account', () => {
  let account: AccountStore;
  beforeEach(async () => {
    await provision(broker, { replicas: 1, streams: ['OPERATIONS'] });
    account = new AccountStore(broker, 1, `account-${randomUUID().slice(0, 8)}`);
  });

  it('are stored with their actor and reason; what changes nothing is none', async () => {
    await account.pause({ why: 'the key is refused', by: 'sender', kind: 'refused' });
    await account.pause({ why: 'the key is refused', by: 'sender', kind: 'refused' });
    await account.pause({ why: 'wait', by: 'ana' });
    await account.resume({ by: 'inbound' }, new Date(0).toISOString());
    await account.resume(BY_ANA);
    await account.resume(BY_ANA);
    await account.pauseSource('web form', { why: 'bounces', by: 'inbound' });
    await account.resumeSource('another', BY_ANA);
    await account.resumeSource('web form', BY_ANA);
    await account.breaker('opened', 'sender');
    expect(await inWords(account)).toEqual([
      'paused by sender: the key is refused',
      'paused by ana: wait',
      'resumed by ana',
      'source "web form" paused by inbound: bounces',
      'source "web form" resumed by ana',
      'breaker of a sender opened: the provider does not answer',
    ]);
    expect(await accountHistory(account)).toMatchObject({
      reputation: { delivered: 0, bounced: 0, complained: 0 },
      breaker: { state: 'opened', by: 'sender' },
    });
    expect(await new AccountStore(broker, 1, 'another-account').history(50)).toEqual([]);
  });

  it('of a breaker that opens and closes are shown by the last one, and hide no operator', async () => {
    await account.pauseSource('web form', { why: 'bounces', by: 'inbound' });
    for (let times = 0; times < 30; times++) {
      await account.breaker('opened', 'sender');
      await account.breaker('closed', 'sender');
    }
    const { breaker, history } = await accountHistory(account);
    expect(breaker).toMatchObject({ state: 'closed' });
    expect(history.map(({ type }) => type)).toEqual(['account.breaker-closed', 'account.source-paused']);
  });

  it('are stored once by each of the actors that decide at once', async () => {
    const stores = Array.from({ length: 8 }, () => new AccountStore(broker, 1, account.account));
    await Promise.all(stores.map((each) => each.pause({ why: 'bounces', by: 'inbound', kind: 'reputation' })));
    await Promise.all(stores.map((each) => each.resume(BY_ANA)));
    expect(await inWords(account)).toEqual(['paused by inbound: bounces', 'resumed by ana']);
  });

  /** The entry as a process leaves it that dies before its change is recorded. */
  const died = async (why: string): Promise<void> => {
    const at = new Date().toISOString();
    const change: Operation = {
      type: 'account.paused',
      id: randomUUID(),
      at,
      account: account.account,
      why,
      by: 'ana',
    };
    const pause = { why, by: 'ana', at };
    expect(await account.write('paused', JSON.stringify({ pause, change }), await account.entry('paused'))).toBe(true);
  };

  it('reach the stream when the process dies before the record: with the next change, in order', async () => {
    await died('first');
    await account.resume(BY_ANA);
    expect(await inWords(account)).toEqual(['paused by ana: first', 'resumed by ana']);
  });

  it('reach the stream once, by services that follow the account, when a process dies before the record', async () => {
    await died('second');
    const followers = Array.from({ length: 3 }, () => new AccountStore(broker, 1, account.account));
    for (const each of followers) each.follow(() => undefined);
    await eventually(async () => (await inWords(account)).length > 0);
    await Promise.all(followers.map((each) => each.onApplicationShutdown()));
    expect(Object.values(await stored(account))).toEqual([1]);
  });

  it('of a source reach the stream when the process dies before the record, by who follows the sources', async () => {
    const at = new Date().toISOString();
    const paused = { 'web form': { why: 'bounces', by: 'inbound', at } };
    const { account: of } = account;
    const change = { type: 'account.source-paused', id: randomUUID(), at, account: of, source: 'web form' } as const;
    await account.write(
      'sources',
      JSON.stringify({ paused, change: { ...change, why: 'bounces', by: 'inbound' } }),
      undefined,
    );
    const follower = new AccountStore(broker, 1, of);
    follower.followSources(() => undefined);
    await eventually(async () => (await inWords(account)).length > 0);
    await follower.onApplicationShutdown();
    expect(await inWords(account)).toEqual(['source "web form" paused by inbound: bounces']);
  });

  it('are repeated by a late process without a second message, and shown beside a message that is none', async () => {
    await account.pause({ why: 'wait', by: 'ana' });
    const [first] = await account.history(1);
    await account.resume(BY_ANA);
    await new OperationsStream(broker).append(first as Operation);
    await broker.js().publish(`operations.account.${account.account}.odd`, 'no JSON');
    expect(await inWords(account)).toEqual(['paused by ana: wait', 'resumed by ana']);
  });

  it('do not delay a pause where the stream is missing, and the last one reaches it later', async () => {
    await (await broker.jsm()).streams.delete('OPERATIONS');
    await account.pause({ why: 'wait', by: 'ana' });
    expect([await account.paused(), await account.history(50)]).toMatchObject([{ by: 'ana' }, []]);
    await provision(broker, { replicas: 1, streams: ['OPERATIONS'] });
    await account.resume(BY_ANA);
    expect(await inWords(account)).toEqual(['paused by ana: wait', 'resumed by ana']);
  });

  it('leave an entry of an older build readable', async () => {
    const at = new Date().toISOString();
    await account.write('paused', JSON.stringify({ why: 'old', by: 'ana', at }), undefined);
    await account.write('sources', JSON.stringify({ paused: { why: 'old', by: 'ana', at } }), undefined);
    expect([await account.paused(), await account.sources()]).toMatchObject([
      { why: 'old' },
      { paused: { why: 'old' } },
    ]);
    await account.resume(BY_ANA);
    await account.write('paused', 'null', await account.entry('paused'));
    expect(await account.paused()).toBeNull();
  });
});
