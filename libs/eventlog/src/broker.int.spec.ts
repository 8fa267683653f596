import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { freePort, startNats, type Server } from '@leadstream/testing/servers';
import { batches } from './batches.ts';
import { Broker } from './broker.ts';
import { Unavailable } from './errors.ts';
import { EventLog } from './log.ts';
import { provision } from './provision.ts';
import { aLead, memoryLog, now, openBroker, smallFold, tagged } from './testing/small-lead.ts';

const open: { close?: () => Promise<void>; stop?: () => Promise<void> }[] = [];
const kept = <T extends Broker | Server>(one: T): T => {
  open.unshift(one);
  return one;
};
afterEach(async () => {
  for (const one of open.splice(0)) await (one.close ?? one.stop)?.call(one);
});
const started = async () => {
  const nats = kept(await startNats());
  return { nats, broker: kept(await openBroker(nats.url)) };
};

describe('a broker', () => {
  it('that is away prevents no start, and is connected once it is reachable', async () => {
    const port = await freePort();
    const broker = kept(Broker.open({ servers: `nats://127.0.0.1:${port}`, name: 'early' }, memoryLog()));
    expect(broker.connected).toBe(false);
    expect(() => broker.connection()).toThrow(Unavailable);
    const ready = broker.ready();
    kept(await startNats({ port }));
    await ready;
    expect(broker.connected).toBe(true);
  });

  it('that is lost while the number of partitions is asked for is not connected after the answer', async () => {
    const nats = kept(await startNats());
    const [asked, answer] = [Promise.withResolvers<Broker>(), Promise.withResolvers<number>()];
    const partitions = (asking: Broker) => {
      asked.resolve(asking);
      return answer.promise;
    };
    const broker = kept(Broker.open({ servers: nats.url, name: 'asking', partitions }, memoryLog()));
    const statuses = (await asked.promise).connection().status();
    await nats.kill();
    for await (const { type } of statuses) if (type === 'disconnect') break;
    answer.resolve(4);
    await new Promise(setImmediate);
    expect(broker.connected).toBe(false);
    await nats.restart();
    await broker.ready();
    expect([broker.connected, broker.partitions]).toEqual([true, 4]);
  });

  it('that is away is logged once, and never with its password', async () => {
    const log = memoryLog();
    const broker = kept(Broker.open({ servers: `nats://me:secret@127.0.0.1:${await freePort()}`, name: 'early' }, log));
    await eventually(() => log.lines.length > 0);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'NATS cannot be reached, dialling again' }]);
    expect(JSON.stringify(log.lines)).not.toContain('secret');
    await broker.close();
  });

  it('that never connected can be closed, and waiting callers get an error', async () => {
    const broker = Broker.open({ servers: `nats://127.0.0.1:${await freePort()}`, name: 'never' }, memoryLog());
    const ready = expect(broker.ready()).rejects.toThrow(Unavailable);
    await broker.close();
    await ready;
  });

  it('that disconnects is reconnected, for the same broker object', async () => {
    const { nats, broker } = await started();
    let readyAgain = 0;
    broker.onReady(() => readyAgain++);
    await nats.kill();
    await eventually(() => !broker.connected);
    expect(broker.connectedMs).toBe(0);
    const restartedAtMs = performance.now();
    await nats.restart();
    await broker.ready();
    expect(readyAgain).toBe(1);
    expect(broker.connectedMs).toBeLessThanOrEqual(performance.now() - restartedAtMs);
    await eventually(async () => (await broker.jsm()).getAccountInfo());
  });
});

describe('provisioning', () => {
  const needs = { replicas: 1, streams: ['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE'] as const };

  it('succeeds for all services that race', async () => {
    const { nats } = await started();
    const brokers = await Promise.all(Array.from({ length: 6 }, async () => kept(await openBroker(nats.url))));
    await Promise.all(brokers.map((broker) => provision(broker, { ...needs, streams: [...needs.streams] })));
    const { streams } = await kept(await openBroker(nats.url)).jsm();
    const names = await streams.names().next();
    expect(names.toSorted()).toEqual(['FEEDBACK', 'INTAKE', 'KV_guard', 'LEADS', 'QUARANTINE']);
    const { config } = await streams.info('LEADS');
    expect(config).toMatchObject({
      subjects: ['leads.*.*'],
      discard: 'new',
      max_age: 0,
      allow_direct: true,
      allow_rollup_hdrs: false,
      storage: 'file',
      // A message of a compressed file costs nats-server several times as much once the file is not in its memory.
      compression: 'none',
    });
  });

  it('never alters an existing stream', async () => {
    const { broker } = await started();
    const jsm = await broker.jsm();
    await jsm.streams.add({ name: 'INTAKE', subjects: ['lead.created'], max_msgs: 77 });
    await provision(broker, { ...needs, streams: ['INTAKE'] });
    expect((await jsm.streams.info('INTAKE')).config).toMatchObject({ max_msgs: 77, max_age: 0 });
  });

  it('reports that the broker is unavailable', async () => {
    const broker = kept(Broker.open({ servers: `nats://127.0.0.1:${await freePort()}`, name: 'away' }, memoryLog()));
    await expect(provision(broker, { replicas: 1, streams: ['LEADS'] })).rejects.toThrow(Unavailable);
  });
});

describe('batches', () => {
  it('keep the log’s order, wait for the stream, come again without an ack, and end with the signal', async () => {
    const { broker } = await started();
    const ending = new AbortController();
    const options = {
      stream: 'LEADS',
      durable: 'projector-1',
      max: 4,
      expiresMs: 20,
      ackWaitMs: 1_000,
      signal: ending.signal,
    } as const;
    const seqs: number[][] = [];
    const reading = (async () => {
      for await (const batch of batches(broker, options)) {
        seqs.push(batch.map((message) => message.seq));
        if (seqs.length > 1) for (const message of batch) message.ack();
      }
    })();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const log = new EventLog(broker, smallFold, { source: 'test', now });
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => log.decide(aLead(), `event-${index}`, () => tagged('new'))),
    );
    await eventually(async () => {
      const { ack_floor, num_pending } = await (await broker.jsm()).consumers.info('LEADS', 'projector-1');
      return ack_floor.stream_seq === 10 && num_pending === 0;
    });
    ending.abort();
    await reading;
    const first = seqs[0] ?? [];
    expect(Math.max(...seqs.map((batch) => batch.length))).toBeLessThanOrEqual(4);
    expect(seqs.flat().slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(seqs.flat().slice(10).toSorted()).toEqual(first);
  });

  it('gather longer right after another one, until they are full', async () => {
    const { broker } = await started();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const log = new EventLog(broker, smallFold, { source: 'test', now });
    const ending = new AbortController();
    const durable = 'projector-1';
    const pace = { max: 3, expiresMs: 1, everyMs: 60_000, signal: ending.signal };
    const lengths: number[] = [];
    const reading = (async () => {
      for await (const batch of batches(broker, { stream: 'LEADS', durable, ...pace })) lengths.push(batch.length);
    })();
    for (let count = 1; count <= 4; count++) {
      await log.decide(aLead(), `event-${count}`, () => tagged('new'));
      // Each event has arrived, and some milliseconds have passed, before the next one is appended.
      await eventually(async () => (await (await broker.jsm()).consumers.info('LEADS', durable)).num_pending === 0);
      await eventually(() => lengths.length > 0);
    }
    await eventually(() => lengths.reduce((sum, length) => sum + length, 0) === 4);
    ending.abort();
    await reading;
    expect(lengths).toEqual([1, 3]);
  });

  it('are empty while no message comes, and have the next one that does', async () => {
    const { broker } = await started();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const log = new EventLog(broker, smallFold, { source: 'test', now });
    const ending = new AbortController();
    const pace = { max: 3, expiresMs: 1, idleMs: 20, signal: ending.signal };
    const lengths: number[] = [];
    const reading = (async () => {
      for await (const batch of batches(broker, { stream: 'LEADS', durable: 'projector-1', ...pace })) {
        lengths.push(batch.length);
        for (const message of batch) message.ack();
      }
    })();
    const close = () => (ending.abort(), reading);
    open.unshift({ close });
    await eventually(() => lengths.length > 1);
    await log.decide(aLead(), 'event', () => tagged('new'));
    await eventually(() => lengths.includes(1));
    const before = lengths.length;
    await eventually(() => lengths.length > before);
    await close();
    expect(lengths.filter((length) => length > 0)).toEqual([1]);
  });
});
