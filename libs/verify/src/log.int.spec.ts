import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CE, LEAD_PREV_SEQ, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import { logOf, logStreams, streams } from '@leadstream/contracts/streams';
import { enrolled, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded } from '@leadstream/testing/given';
import { startNats, type Server } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { readLeads, type Entry, type LogAt } from './log.ts';

let nats: Server;
let nc: NatsConnection;
let js: JetStreamClient;
let jsm: JetStreamManager;
const log: LogAt = { js: () => js, jsm: async () => jsm, partitions: 1 };
beforeAll(async () => {
  nats = await startNats();
  nc = await connect({ servers: nats.url });
  [js, jsm] = [jetstream(nc), await jetstreamManager(nc)];
});
afterAll(async () => {
  await nc.close();
  await nats.stop();
});
beforeEach(async () => {
  await jsm.streams.delete('LEADS').catch(() => false);
  await jsm.streams.add({ name: 'LEADS', subjects: [...streams.LEADS.subjects] });
});

async function put(
  { leadId, type, data, id, version, prevSeq, at, source }: Recorded,
  over: Record<string, string> = {},
  partitions = 1,
): Promise<void> {
  const head = headers();
  const attributes = {
    [CE.id]: id,
    [CE.type]: type,
    [CE.time]: at,
    [CE.source]: source,
    [LEAD_VERSION]: String(version),
    [LEAD_PREV_SEQ]: String(prevSeq),
    ...over,
  };
  for (const [name, value] of Object.entries(attributes)) head.set(name, value);
  await js.publish(logOf(leadId, partitions).subject(catalogue[type].token), JSON.stringify(data), { headers: head });
}
const events = recorded([triaged(), enrolled(), stepDue(), stepDue(), stepDue()]).map((event, index) => ({
  ...event,
  seq: index + 1,
}));
const read = async (signal?: AbortSignal): Promise<string[]> => {
  const entries: Entry[] = [];
  for await (const entry of readLeads(log, signal ? { signal } : {})) entries.push(entry);
  return entries.map((entry) => ('unreadable' in entry ? entry.unreadable : `${entry.seq} ${entry.type}`));
};

describe('the read of a log', () => {
  it('is in the log’s order, and leaves no consumer behind', async () => {
    for (const event of events) await put(event);
    expect(await read()).toEqual(events.map(({ seq, type }) => `${seq} ${type}`));
    expect((await jsm.streams.info('LEADS')).state.consumer_count).toBe(0);
  });
  it('of no events is empty', async () => expect(await read()).toEqual([]));

  it('reports missing events at any position, because one may have been a stop', async () => {
    for (const event of events) await put(event);
    for (const seq of [1, 3, 5]) await jsm.streams.deleteMessage('LEADS', seq);
    expect(await read()).toEqual([
      'LEADS 1 is missing',
      '2 lead.enrolled',
      'LEADS 3 is missing',
      '4 lead.step-due',
      'LEADS 5 is missing',
    ]);
    await jsm.streams.purge('LEADS');
    expect(await read()).toEqual(['LEADS 1 to 5 are missing']);
  });

  it('reports invalid messages, and reads on after them', async () => {
    const [first, second] = events;
    if (!first || !second) throw new Error('no events');
    await put(first, { [CE.type]: 'lead.sold' });
    await put(first, { [CE.time]: 'yesterday' });
    await js.publish('leads.someone.triaged', 'not JSON');
    await put(second);
    expect(await read()).toEqual([
      'LEADS 1 is no event: unknown event lead.sold on token triaged',
      'LEADS 2 is no event: lead.triaged: its time is no RFC 3339 instant',
      'LEADS 3 is no event: unknown event (none) on token triaged',
      '4 lead.enrolled',
    ]);
  });

  it('ends at an event of a newer build, because it may be a stop', async () => {
    const [first] = events;
    if (!first) throw new Error('no events');
    await put(first, { [CE.dataVersion]: '2' });
    await expect(read()).rejects.toThrow('lead.triaged in data version 2 is of a newer build: this one reads up to 1');
    expect((await jsm.streams.info('LEADS')).state.consumer_count).toBe(0);
  });

  it('of partitions has the events of each, and reports those that are missing or of another partition', async () => {
    const partitioned: LogAt = { ...log, partitions: 4 };
    for (const { stream, subject } of logStreams(4))
      await jsm.streams.add({ name: stream, subjects: [subject('*', '*')] });
    const [one, three] = [1, 3].map((index) => `0000000${index}-of-4`);
    const [first] = events;
    if (!first) throw new Error('no events');
    for (const leadId of [one, one, three]) await put({ ...first, leadId: leadId ?? '' }, {}, 4);
    await jsm.streams.deleteMessage('LEADS-1of4', 1);
    await js.publish('leads-2.00000003-of-4.triaged', '{}');
    const said: string[] = [];
    for await (const entry of readLeads(partitioned))
      said.push('unreadable' in entry ? entry.unreadable : `${entry.leadId} ${entry.seq}`);
    expect(said).toEqual([
      'LEADS-1of4 1 is missing',
      `${one} 2`,
      'LEADS-2of4 1 is of a lead of another partition',
      `${three} 1`,
    ]);
    for (const { stream } of logStreams(4)) await jsm.streams.delete(stream);
  });

  it('ends with an error when it is interrupted', async () => {
    for (const event of events) await put(event);
    const interrupted = new AbortController();
    const reading = (async () => {
      for await (const entry of readLeads(log, { signal: interrupted.signal }))
        if (entry) interrupted.abort(new Error('interrupted'));
    })();
    await expect(reading).rejects.toThrow('interrupted');
    expect((await jsm.streams.info('LEADS')).state.consumer_count).toBe(0);
  });
});
