import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { catalogue } from '@leadstream/contracts/events';
import { logOf, logStreams } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { claimed, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded } from '@leadstream/testing/given';
import { startNats, type Server } from '@leadstream/testing/servers';
import { headers } from '@nats-io/transport-node';
import { pino } from 'pino';
import { Reports } from './reading.ts';

const PARTITIONS = 4;
const leadOf = (partition: number, nth = 0): string => `0000000${partition}-${nth}`;

let nats: Server;
let broker: Broker;
beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'reports', partitions: PARTITIONS }, silentLog);
  await broker.ready();
  const { streams } = await broker.jsm();
  for (const { stream, subject } of logStreams(PARTITIONS))
    await streams.add({ name: stream, subjects: [subject('*', '*')], allow_direct: true });
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

/** A lead whose first mail was accepted. */
async function mailed(leadId: string): Promise<void> {
  for (const event of recorded([triaged(), enrolled(), stepDue(), claimed(leadId), sent(leadId)])) {
    const head = headers();
    head.set(CE.id, `${leadId}-${event.id}`);
    head.set(CE.type, event.type);
    head.set(CE.time, new Date().toISOString());
    head.set(CE.source, event.source);
    head.set(LEAD_VERSION, String(event.version));
    head.set(LEAD_PREV_SEQ, String(event.prevSeq));
    const { subject } = logOf(leadId, PARTITIONS);
    await broker.js().publish(subject(catalogue[event.type].token), JSON.stringify(event.data), { headers: head });
  }
}

it('reports count the mails of all partitions once, and what comes to each of them later', async () => {
  const reports = new Reports(broker, pino({ level: 'silent' }), new AbortController().signal);
  const counted = async () => {
    await reports.onApplicationShutdown();
    // What was read within a second counts as fresh.
    Object.assign(reports, { done: undefined });
    const { tally, share } = await reports.read();
    const mails = [...tally.leads()].flatMap(([, lead]) => lead.mails.map(({ sendId }) => sendId));
    return { mails: mails.sort(), share };
  };
  for (const partition of [0, 1, 3]) await mailed(leadOf(partition));
  expect(await counted()).toEqual({ mails: [0, 1, 3].map((partition) => leadOf(partition)), share: 1 });
  expect((await counted()).mails).toHaveLength(3);
  for (const partition of [0, 2]) await mailed(leadOf(partition, 1));
  const all = [leadOf(0), leadOf(0, 1), leadOf(1), leadOf(2, 1), leadOf(3)];
  expect(await counted()).toEqual({ mails: all, share: 1 });
});
