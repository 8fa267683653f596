import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { claimed, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
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
  await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: PARTITIONS });
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

/** A lead whose first mail was accepted. */
async function mailed(leadId: string): Promise<void> {
  const log = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  for (const event of [triaged(), enrolled(), stepDue(), claimed(leadId), sent(leadId)])
    await log.decide(leadId, crypto.randomUUID(), () => event);
}

it('reports count the mails of all partitions once, and what comes to each of them later', async () => {
  const reports = new Reports(broker, pino({ level: 'silent' }), new AbortController().signal);
  const counted = async () => {
    await reports.onApplicationShutdown();
    // Reports of the last second count as fresh.
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
