import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { CE } from '@leadstream/contracts/envelope';
import { logOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { headers } from '@nats-io/transport-node';
import { pino } from 'pino';
import { Live } from './live.ts';

const PARTITIONS = 4;

let nats: Server;
let broker: Broker;
let live: Live;
const stopping = new AbortController();
/** Events of one millisecond have no order among streams. */
let seconds = 0;
const write = async (partition: number): Promise<void> => {
  const leadId = `0000000${partition}-lead`;
  const head = headers();
  head.set(CE.time, Temporal.Instant.from('2026-11-23T09:00:00Z').add({ seconds: seconds++ }).toString());
  head.set(CE.type, 'lead.triaged');
  await broker.js().publish(logOf(leadId, PARTITIONS).subject('triaged'), '{}', { headers: head });
};

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'live', partitions: PARTITIONS }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: PARTITIONS });
  for (const partition of [3, 1, 3]) await write(partition);
  live = new Live(broker, pino({ level: 'silent' }), stopping.signal);
  live.onApplicationBootstrap();
  await live.ready();
});
afterAll(async () => {
  stopping.abort();
  await live.onApplicationShutdown();
  await broker.close();
  await nats.stop();
});

it('the live events of a log of 4 partitions are those of all, the newest first', async () => {
  expect(live.newest(9, () => true).map(({ leadId, seq }) => [leadId, seq])).toEqual([
    ['00000003-lead', 2],
    ['00000001-lead', 1],
    ['00000003-lead', 1],
  ]);
});

it('a reader resumes behind its place in each partition', async () => {
  const out = new PassThrough();
  let text = '';
  out.on('data', (chunk: Buffer) => (text += chunk.toString()));
  live.read('a caller', out, () => true, [0, 1, 0, 1]);
  await write(0);
  await write(1);
  await eventually(() => text.match(/^data/gm)?.length === 3);
  expect([...text.matchAll(/"seq":(\d+).*"leadId":"(\d+)/g)].map(([, seq, id]) => `${id} ${seq}`).sort()).toEqual([
    '00000000 1',
    '00000001 2',
    '00000003 2',
  ]);
  expect(text).toContain('id: 1-2-0-2\n');
  out.destroy();
});
