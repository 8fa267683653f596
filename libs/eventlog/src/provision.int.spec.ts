import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { logStreams } from '@leadstream/contracts/streams';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Broker, silentLog } from './broker.ts';
import { OtherPartitions, Unavailable } from './errors.ts';
import { GuardRecords } from './guard-record.ts';
import { partitionsOf } from './partitions.ts';
import { provision, provisionAll } from './provision.ts';

const FOUR = logStreams(4).map(({ stream }) => stream);

describe('the number of partitions', () => {
  let nats: Server;
  const dialled: Broker[] = [];
  const dial = async (): Promise<Broker> => {
    const broker = Broker.open({ servers: nats.url, name: 'provisioning', partitions: partitionsOf }, silentLog);
    dialled.push(broker);
    await broker.ready();
    return broker;
  };
  const logNames = async (broker: Broker): Promise<string[]> => {
    const names: string[] = [];
    for await (const { config } of (await broker.jsm()).streams.list()) names.push(config.name);
    return names.filter((name) => name.startsWith('LEADS')).toSorted();
  };
  const service = (broker: Broker) => provision(broker, { replicas: 1, streams: ['LEADS'] });

  beforeEach(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await Promise.all(dialled.splice(0).map((broker) => broker.close()));
    await nats.stop();
  });

  it('is not known before the log is made, and then without a restart', async () => {
    const [early, broker] = [await dial(), await dial()];
    expect(() => early.partitions).toThrow(Unavailable);
    await provisionAll(broker, 1, 4);
    expect([broker.partitions, await logNames(broker)]).toEqual([4, FOUR]);
    await service(early);
    expect([early.partitions, (await dial()).partitions, await logNames(broker)]).toEqual([4, 4, FOUR]);
    expect(await new GuardRecords(broker, 1).read()).toMatchObject({ witnessed: false, hold: null });
  });

  it('is 1 unless another is given, and stays: a later call with another number makes nothing', async () => {
    const broker = await dial();
    await service(broker);
    await provisionAll(broker, 1, 4);
    expect([broker.partitions, await logNames(broker)]).toEqual([1, ['LEADS']]);
  });

  it('is 1 in a log of an older release, which has none', async () => {
    const broker = await dial();
    await service(broker);
    await (await broker.jsm()).streams.delete('KV_guard');
    expect((await dial()).partitions).toBe(1);
  });

  it('is one for all that race to make the log', async () => {
    const brokers = await Promise.all(Array.from({ length: 6 }, dial));
    await Promise.all(brokers.map((broker, n) => provisionAll(broker, 1, n % 2 === 0 ? 4 : 1)));
    const [number] = brokers.map(({ partitions }) => partitions);
    expect(brokers.map(({ partitions }) => partitions)).toEqual(Array.from(brokers, () => number));
    expect(await logNames(brokers[0]!)).toEqual(number === 1 ? ['LEADS'] : FOUR);
  });

  it('is kept by a provisioning that died between two streams: the next call makes the others', async () => {
    const broker = await dial();
    const jsm = await broker.jsm();
    const add = jsm.streams.add.bind(jsm.streams);
    jsm.streams.add = (config) => (config.name === FOUR[2] ? Promise.reject(new Error('died')) : add(config));
    await expect(provisionAll(broker, 1, 4)).rejects.toThrow('died');
    expect(await logNames(broker)).toEqual(FOUR.slice(0, 2));
    await service(await dial());
    expect(await logNames(broker)).toEqual(FOUR);
  });

  it('is the one in the names of streams that are there, when the bucket with the entry is lost', async () => {
    const broker = await dial();
    await provisionAll(broker, 1, 4);
    const { streams } = await broker.jsm();
    for (const name of ['KV_guard', FOUR[0] ?? '']) await streams.delete(name);
    const later = await dial();
    expect(() => later.partitions).toThrow(Unavailable);
    await service(later);
    expect([later.partitions, await logNames(later)]).toEqual([4, FOUR]);
    await service(broker);
    expect((await dial()).partitions).toBe(4);
  });

  it('ends a process that began with another one', async () => {
    const broker = await dial();
    await service(broker);
    const { streams } = await broker.jsm();
    for (const name of ['LEADS', 'KV_guard']) await streams.delete(name);
    await provisionAll(await dial(), 1, 4);
    await expect(service(broker)).rejects.toThrow(OtherPartitions);
    await expect(service(broker)).rejects.toThrow('the log has 4, and this process began with 1; start it again');
  });
});
