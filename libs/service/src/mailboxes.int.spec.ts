import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { startNats, type Server } from '@leadstream/testing/servers';
import { MONDAY } from '@leadstream/testing/given';
import { jetstreamManager } from '@nats-io/jetstream';
import { Mailboxes } from './mailboxes.ts';

const monday = Temporal.Instant.from(MONDAY);

describe('the places of a mailbox', () => {
  let nats: Server;
  let brokers: Broker[];
  let processes: Mailboxes[];
  let keys = 0;
  beforeAll(async () => {
    nats = await startNats();
    brokers = [1, 2].map((number) => Broker.open({ servers: nats.url, name: `test ${number}` }, silentLog));
    await Promise.all(brokers.map((broker) => broker.ready()));
    processes = brokers.map((broker) => new Mailboxes(broker, 1));
  });
  afterAll(async () => {
    await Promise.all(brokers.map((broker) => broker.close()));
    await nats.stop();
  });

  const fresh = () => `leads.${++keys}`;
  const take = async (key: string, id: string, hours = 0, process = 0) =>
    processes[process]?.take({ key, id, max: 3, now: monday.add({ hours }) });

  it('are limited over all processes, also under concurrent requests', async () => {
    const key = fresh();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_each, index) => take(key, `lead-${index}`, 0, index % 2)),
    );
    expect(answers.filter((until) => until === undefined)).toHaveLength(3);
    expect(String(answers.find((until) => until !== undefined))).toBe('2026-11-24T10:00:00Z');
  });

  it('are used once by a request that is handled twice, at once or after a crash', async () => {
    const key = fresh();
    expect(await Promise.all(Array.from({ length: 6 }, (_each, index) => take(key, 'the same', 0, index % 2)))).toEqual(
      Array(6).fill(undefined),
    );
    expect([
      await take(key, 'b'),
      await take(key, 'c'),
      await take(key, 'the same'),
      (await take(key, 'd')) === undefined,
    ]).toEqual([undefined, undefined, undefined, false]);
  });

  it('are free a day after their last use', async () => {
    const key = fresh();
    for (const [index, id] of ['a', 'b', 'c'].entries()) await take(key, id, index);
    expect(String(await take(key, 'd', 5))).toBe('2026-11-24T10:00:00Z');
    await take(key, 'a', 10);
    expect(String(await take(key, 'd', 25))).toBe('2026-11-24T11:00:00Z');
    expect(await take(key, 'd', 26)).toBeUndefined();
  });

  it('are not held longer by a process whose clock is ahead', async () => {
    const key = fresh();
    for (const id of ['a', 'b', 'c']) await take(key, id, 10_000);
    expect(String(await take(key, 'd'))).toBe('2026-11-24T10:00:00Z');
  });

  it('are recreated after their entry was deleted or overwritten, and expire', async () => {
    const key = fresh();
    await take(key, 'a');
    const [broker] = brokers;
    await broker?.js().publish(`$KV.mailboxes.${key}`, 'no JSON');
    expect(await take(key, 'b')).toBeUndefined();
    const jsm = await jetstreamManager((broker as Broker).connection());
    expect((await jsm.streams.info('KV_mailboxes')).config.max_age).toBe(26 * 3_600e9);
    await jsm.streams.delete('KV_mailboxes');
    await expect(take(key, 'c')).rejects.toThrow();
    expect(await take(key, 'c')).toBeUndefined();
  });
});
