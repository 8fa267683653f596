import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import type { BucketName } from '@leadstream/contracts/streams';
import { startProxy, type Proxy } from '@leadstream/testing/proxy';
import { startNats, type Server } from '@leadstream/testing/servers';
import type { Broker } from './broker.ts';
import { Bucket, Follows } from './bucket.ts';
import { openBroker } from './testing/small-lead.ts';

describe('the end of following a bucket', () => {
  let nats: Server;
  let proxy: Proxy;
  let broker: Broker;
  beforeAll(async () => {
    nats = await startNats();
    proxy = await startProxy(nats.port);
    broker = await openBroker(`nats://127.0.0.1:${proxy.port}`);
  });
  // A test that fails while nothing arrives would hang the others.
  afterEach(() => proxy.heal());
  afterAll(async () => {
    await broker.close();
    await proxy.stop();
    await nats.stop();
  });

  const following = (name: BucketName, read: () => Promise<unknown> = () => Promise.resolve()) => {
    const bucket = new Bucket(broker, name, 1);
    const follows = new Follows();
    follows.add({ broker, what: name, bucket, read, take: () => undefined });
    return follows;
  };
  /** Stops them; `ended` is whether that was all. */
  const stopping = (follows: Follows) => {
    const it = { ended: false, whole: Promise.resolve() };
    it.whole = follows.stop().then(() => void (it.ended = true));
    return it;
  };

  it('waits for the watch that is being opened', async () => {
    proxy.hang();
    const follows = following('accounts');
    await setImmediate();
    const stop = stopping(follows);
    await setImmediate();
    expect(stop.ended).toBe(false);
    proxy.heal();
    await stop.whole;
  });

  it('waits for what it reads', async () => {
    const [begun, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const follows = following('guard', () => {
      begun.resolve();
      return read.promise;
    });
    await begun.promise;
    const stop = stopping(follows);
    await setImmediate();
    expect(stop.ended).toBe(false);
    read.reject(new Error('the broker was slow'));
    await stop.whole;
  });

  it('leaves nothing to open when it comes first', async () => {
    const stop = stopping(following('mailboxes'));
    await setImmediate();
    expect(stop.ended).toBe(true);
  });

  it('does not wait for a server that is away', async () => {
    proxy.hang();
    const follows = following('sequences');
    await setImmediate();
    await follows.stop();
    proxy.heal();
  });

  it('does not wait without a connection', async () => {
    proxy.hang();
    const follows = following('accounts');
    await setImmediate();
    proxy.cut();
    await eventually(() => !broker.connected);
    const stop = stopping(follows);
    await setImmediate();
    expect(stop.ended).toBe(true);
    proxy.heal();
    await broker.ready();
  });

  it('leaves no consumer behind, however often it looks', async () => {
    const { consumers } = await broker.jsm();
    const count = async () => (await consumers.list('KV_accounts').next()).length;
    const look = async (): Promise<number> => {
      const read = Promise.withResolvers<void>();
      const follows = following('accounts', () => Promise.resolve(read.resolve()));
      await read.promise;
      const seen = await count();
      await follows.stop();
      return seen;
    };
    const during = [await look(), await look(), await look()];
    expect([...during, await count()]).toEqual([1, 1, 1, 0]);
  });
});
