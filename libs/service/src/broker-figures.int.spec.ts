import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { logOf, logStreams } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { depths, streamSizes } from './broker-figures.ts';

/** Events by partition. */
const COUNTS = [1, 3, 0, 2];

describe('the figures of a log of 4 partitions', () => {
  let nats: Server;
  let broker: Broker;

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'figures', partitions: COUNTS.length }, silentLog);
    await broker.ready();
    const { streams, consumers } = await broker.jsm();
    for (const name of ['INTAKE', 'FEEDBACK', 'QUARANTINE']) await streams.add({ name });
    for (const [partition, { stream, subject }] of logStreams(COUNTS.length).entries()) {
      await streams.add({ name: stream, subjects: [subject('*', '*')], allow_direct: true });
      await consumers.add(stream, { durable_name: 'sender', ack_policy: 'explicit' });
      const { subject: ofLead } = logOf(`0000000${partition}-lead`, COUNTS.length);
      for (let nth = 0; nth < (COUNTS[partition] ?? 0); nth++) await broker.js().publish(ofLead('triaged'), '{}');
    }
    const first = await broker.js().consumers.get('LEADS-1of4', 'sender');
    await first.next();
  });
  afterAll(async () => {
    await broker.close();
    await nats.stop();
  });

  it('are sums, under the log’s name, and the age of the oldest event of all', async () => {
    expect((await streamSizes(broker)).get('LEADS')).toBe(6);
    const [depth, ...others] = await depths(broker);
    expect(others).toEqual([]);
    expect(depth).toMatchObject({ stream: 'LEADS', consumer: 'sender', pending: 5, inHand: 1 });
    expect(depth?.oldestSeconds).toBeGreaterThan(0);
  });

  it('have no pulls where one partition has none', async () => {
    const pull = async ({ stream }: { stream: string }) =>
      (await broker.js().consumers.get(stream, 'sender')).consume({ callback: () => undefined });
    const pulls = async () => (await depths(broker))[0]?.pulls;
    const [last, ...others] = logStreams(COUNTS.length).toReversed();
    const pullers = await Promise.all(others.map(pull));
    expect(await pulls()).toBe(0);
    pullers.push(await pull(last!));
    await eventually(async () => (await pulls()) === 1);
    for (const puller of pullers) puller.stop();
  });
});
