import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Chain } from '@leadstream/eventlog/chain';
import { provision } from '@leadstream/eventlog/provision';
import type { LeadDocument } from '@leadstream/projection/collections';
import { claimed, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded } from '@leadstream/testing/given';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { headers } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { rangeOf } from '../export/range.ts';
import { ReplayInto } from './into.ts';
import { paced } from './paced.ts';
import { ReplaySubject } from './subject.ts';

const PARTITIONS = 4;
const LEADS = ['00000003-0000-8000-8000-000000000000', '00000001-0000-8000-8000-000000000000'];
const everything = { speed: Infinity, signal: new AbortController().signal };

let nats: Server;
let broker: Broker;
/** `<lead> <version>`, in the order in which they were stored, and the time between the two halves. */
const stored: string[] = [];
let half = '';

/** Publishes the event as it is: nothing of a replay may reach the log that appends. */
async function write(leadId: string, event: Recorded): Promise<void> {
  const head = headers();
  head.set(CE.id, `${leadId}-${event.id}`);
  head.set(CE.type, event.type);
  head.set(CE.time, new Date().toISOString());
  head.set(CE.source, event.source);
  head.set(LEAD_VERSION, String(event.version));
  head.set(LEAD_PREV_SEQ, String(event.version - 1));
  const { subject } = logOf(leadId, PARTITIONS);
  await broker.js().publish(subject(catalogue[event.type].token), JSON.stringify(event.data), { headers: head });
  stored.push(`${leadId} ${event.version}`);
  await delay(2);
}

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'replay', partitions: PARTITIONS }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: PARTITIONS });
  const events = recorded([triaged(), enrolled(), stepDue(), claimed('a'), sent('a')]);
  for (const event of events) {
    for (const leadId of LEADS) await write(leadId, event);
    if (event.version === 2) half = new Date().toISOString();
    await delay(2);
  }
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

describe('a replay of a log of 4 partitions', () => {
  it('has the events of all in the order of their storage, up to a place in each', async () => {
    const read: string[] = [];
    const range = await rangeOf(broker);
    expect(range).toMatchObject({ after: [0, 0, 0, 0], upTo: [0, 5, 0, 5] });
    for await (const { messages, place } of paced(broker, { ...range, ...everything })) {
      for (const { subject, headers: head } of messages)
        read.push(`${subject.split('.')[1]} ${head?.get(LEAD_VERSION)}`);
      expect(place).toEqual(range.upTo);
    }
    expect(read).toEqual(stored);
  });

  it('of a time has of each stream what was stored then', async () => {
    expect(await rangeOf(broker, undefined, half)).toMatchObject({ upTo: [0, 2, 0, 2] });
    expect(await rangeOf(broker, half)).toMatchObject({ after: [0, 2, 0, 2], upTo: [0, 5, 0, 5] });
  });

  it('into a collection has each lead as far as its own stream was replayed', async () => {
    await using client = await new MongoClient(mongoDatabase('replay-partitions').uri).connect();
    const into = await ReplayInto.open(client.db(), 'leads_half', new Chain(broker, 'blind'), () => undefined);
    const { stream, upTo } = await rangeOf(broker, undefined, half);
    const from = { stream, after: [0, 1, 0, 0], upTo };
    for await (const due of paced(broker, { ...from, ...everything })) await into.take(due);
    const documents = await client.db().collection<LeadDocument>('leads_half').find().toArray();
    expect(documents.map(({ _id, version }) => [_id, version]).sort()).toEqual([...LEADS].sort().map((id) => [id, 2]));
  });

  it('to a subject has no partition in its subjects', async () => {
    const subscription = broker.connection().subscribe('replay.tuesday.>', { max: stored.length });
    const subject = new ReplaySubject(broker, 'replay.tuesday.>');
    for await (const due of paced(broker, { ...(await rangeOf(broker)), ...everything })) await subject.take(due);
    const subjects: string[] = [];
    for await (const message of subscription) subjects.push(message.subject);
    expect(subjects.slice(0, 3)).toEqual([
      `replay.tuesday.${LEADS[0]}.triaged`,
      `replay.tuesday.${LEADS[1]}.triaged`,
      `replay.tuesday.${LEADS[0]}.enrolled`,
    ]);
  });
});
