import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from './broker.ts';
import { acknowledgedBy, batchOf, logEnd, placeAfter, readLog, streamsOf, type LogReadOptions } from './log-stream.ts';
import { lengthOf, placeJson, seqFor, type Place } from '@leadstream/contracts/place';
import { provision } from './provision.ts';
import { onOneServer, type Ground } from './testing/grounds.ts';

/** Events by partition: none in the third one. */
const COUNTS = [3, 1, 0, 2];
const leadOf = (partition: number): string => `0000000${partition}-lead`;

describe('the whole log of 4 partitions', () => {
  let ground: Ground;
  let broker: Broker;
  const read = async (options?: LogReadOptions): Promise<string[]> => {
    const found: string[] = [];
    for await (const { seq, info } of readLog(broker, options)) found.push(`${info.stream} ${seq}`);
    return found;
  };

  beforeAll(async () => {
    ground = await onOneServer();
    broker = Broker.open({ servers: ground.url, name: 'log-stream', partitions: COUNTS.length }, silentLog);
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: COUNTS.length });
    for (const [partition, count] of COUNTS.entries())
      for (let nth = 0; nth < count; nth++) {
        const type = nth === 0 ? 'lead.triaged' : 'lead.paused';
        const { subject } = logOf(leadOf(partition), COUNTS.length);
        await broker.js().publish(subject(catalogue[type].token), '{}');
      }
  });
  afterAll(async () => {
    await broker.close();
    await ground.stop();
  });

  it('ends at one sequence a partition, in JSON as a list', async () => {
    const { created, end } = await logEnd(broker);
    expect(end).toEqual(COUNTS);
    expect(created.split(' ')).toHaveLength(4);
    expect([placeJson(end), placeJson([7])]).toEqual([COUNTS, 7]);
    expect([seqFor(end, leadOf(3)), seqFor([7], 'any-lead'), lengthOf(end)]).toEqual([2, 7, 6]);
  });

  it('is read stream after stream, between two places, and by type', async () => {
    const all = ['LEADS-0of4 1', 'LEADS-0of4 2', 'LEADS-0of4 3', 'LEADS-1of4 1', 'LEADS-3of4 1', 'LEADS-3of4 2'];
    expect(await read()).toEqual(all);
    expect(await read({ after: [1, 1, 0, 0], upTo: [2, 1, 0, 1] })).toEqual(['LEADS-0of4 2', 'LEADS-3of4 1']);
    expect(await read({ types: ['lead.paused'] })).toEqual(['LEADS-0of4 2', 'LEADS-0of4 3', 'LEADS-3of4 2']);
    expect(await read({ since: new Date(0).toISOString() })).toEqual(all);
    const since = new Date(Date.now() + 3_600_000).toISOString();
    expect(await read({ after: [1, 0, 0, 1], since })).toEqual(['LEADS-0of4 2', 'LEADS-0of4 3', 'LEADS-3of4 2']);
  });

  it('delivers only the events of the types that are read, with the rights of a scan', async () => {
    const asked: string[] = [];
    const subscription = broker.connection().subscribe('$JS.API.CONSUMER.CREATE.>', {
      callback: (_, { subject }) => void asked.push(subject.replace(/\w+$/, '<name>')),
    });
    const deliveries: number[] = [];
    for await (const { info } of readLog(broker, { types: ['lead.paused', 'lead.resumed'] }))
      deliveries.push(info.deliverySequence);
    subscription.unsubscribe();
    expect(deliveries).toEqual([1, 2, 1]);
    // Without its name, `leadctl nats permissions` allows no consumer.
    const streams = ['LEADS-0of4', 'LEADS-1of4', 'LEADS-3of4'];
    expect(asked).toEqual(streams.map((stream) => `$JS.API.CONSUMER.CREATE.${stream}.<name>`));
  });

  it('is read on from the place behind each message, with no event twice or missing', async () => {
    const found: string[] = [];
    let place: Place = [0, 0, 0, 0];
    const takeOne = async (): Promise<boolean> => {
      for await (const message of readLog(broker, { after: place })) {
        found.push(`${message.info.stream} ${message.seq}`);
        place = placeAfter(broker, place, message);
        return true;
      }
      return false;
    };
    while (await takeOne());
    expect(found).toEqual(await read());
    expect(place).toEqual(COUNTS);
  });

  it('has the events of one of its streams in a batch', async () => {
    const first = streamsOf(broker)[0]!;
    const seqs = async (from: number | string) =>
      (await batchOf(broker, first, { type: 'lead.paused', from, max: 9 })).map(({ seq }) => seq);
    expect([await seqs(1), await seqs(3)]).toEqual([[2, 3], [3]]);
  });

  it('is acknowledged by a reader up to a place in each stream', async () => {
    const { consumers } = await broker.jsm();
    await consumers.add('LEADS-3of4', { durable_name: 'a-reader', ack_policy: 'explicit' });
    const reader = await broker.js().consumers.get('LEADS-3of4', 'a-reader');
    expect(await (await reader.next())?.ackAck()).toBe(true);
    expect(await acknowledgedBy(broker, 'a-reader')).toEqual([0, 0, 0, 1]);
  });
});
