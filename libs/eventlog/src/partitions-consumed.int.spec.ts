import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { logStreams } from '@leadstream/contracts/streams';
import { eventually } from '@leadstream/testing/eventually';
import { batches, eachLogStream } from './batches.ts';
import type { Cause } from './ids.ts';
import { Poison } from './errors.ts';
import { gate, LogFixture } from './testing/log-fixture.ts';

const LOG = logStreams(4).map(({ stream }) => stream);
/** One lead in each partition. */
const leads = LOG.map((_, n) => `0000000${n}-0000-8000-8000-00000000000${n}`);

describe('a consumer of a log of 4 partitions', () => {
  let world: LogFixture;
  beforeAll(async () => {
    world = await LogFixture.open(undefined, LOG.length);
  });
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  afterAll(() => world.close());
  const due = () => Promise.all(leads.map((leadId) => world.due(leadId)));
  const isAcked = async (stream: string, durable = 'sender') => {
    const { num_pending, num_ack_pending, delivered } = await world.jsm.consumers.info(stream, durable);
    return num_pending === 0 && num_ack_pending === 0 && delivered.stream_seq > 0;
  };
  const allAcked = (durable?: string) =>
    eventually(async () => (await Promise.all(LOG.map((stream) => isAcked(stream, durable)))).every(Boolean));

  it('handles the messages of each, and their causes name the stream', async () => {
    const causes: Cause[] = [];
    world.consume({ 'lead.step-due': (_, { cause }) => void causes.push(cause) });
    await due();
    await allAcked();
    expect(causes.map(({ stream }) => stream).toSorted()).toEqual(LOG);
  });

  it('has as many in hand as its concurrency says, over all of them', async () => {
    const { opened, open } = gate();
    let [inHand, most, handled] = [0, 0, 0];
    const transport = world.consume(
      {
        'lead.step-due': async () => {
          most = Math.max(most, ++inHand);
          await opened;
          handled++;
          inHand--;
        },
      },
      { concurrency: 3 },
    );
    await due();
    await eventually(() => inHand === 3);
    // A request of all pulls would have been answered by now.
    await world.jsm.streams.info(LOG[0]!);
    open();
    await eventually(() => handled === 4);
    await transport.close();
    expect(most).toBe(3);
  });

  it('tests a provider with one message, whatever its partition', async () => {
    const seen: string[] = [];
    let [inHand, most] = [0, 0];
    const transport = world.consume({
      'lead.step-due': async ({ leadId }) => {
        most = Math.max(most, ++inHand);
        seen.push(leadId);
        await world.jsm.streams.info(LOG[0]!);
        inHand--;
      },
    });
    transport.pause();
    await due();
    transport.resume(1);
    await eventually(() => seen.length === 4);
    expect([most, seen.toSorted()]).toEqual([1, leads]);
  });

  it('counts the failures of each message, although another one has its sequence', async () => {
    const failed = new Set<string>();
    world.consume(
      {
        'lead.step-due': ({ leadId }) => {
          if (failed.has(leadId)) return;
          failed.add(leadId);
          throw new Error('once');
        },
      },
      { failuresMax: 2 },
    );
    await due();
    await allAcked();
    expect([failed.size, await world.quarantined()]).toEqual([4, 0]);
  });

  it('quarantines and redrives a message by its own stream', async () => {
    let isMended = false;
    const handled: string[] = [];
    const transport = world.consume({
      'lead.step-due': ({ leadId }) => {
        if (leadId === leads[2] && !isMended) throw new Poison('not this one');
        handled.push(leadId);
      },
    });
    await due();
    await eventually(async () => (await world.quarantined()) === 1);
    expect(await world.entry()).toMatchObject({ origin: { stream: LOG[2], seq: 1 } });
    isMended = true;
    await transport.redrive(LOG[2]!, 1);
    expect(handled).toContain(leads[2]);
    await expect(transport.redrive('LEADS', 1)).rejects.toThrow('sender does not consume LEADS');
  });

  it('has its batches of each stream beside those of the others', async () => {
    const ending = new AbortController();
    const { signal } = ending;
    const read: string[] = [];
    const reading = eachLogStream(world.broker, signal, async (stream) => {
      const pace = { durable: 'projector-1', max: 4, expiresMs: 20, signal };
      for await (const batch of batches(world.broker, { stream, ...pace }))
        for (const message of batch) {
          read.push(`${stream} ${message.subject}`);
          message.ack();
        }
    });
    await due();
    await allAcked('projector-1');
    ending.abort();
    await reading;
    expect(read.toSorted()).toEqual(LOG.map((stream, n) => `${stream} leads-${n}.${leads[n]}.step-due`));
  });
});
