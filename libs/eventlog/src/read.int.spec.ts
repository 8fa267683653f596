import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Unavailable } from './errors.ts';
import { messagesTo } from './read.ts';
import { startLossyProxy, type LossyProxy } from './testing/lossy-proxy.ts';

const STREAM = 'LEADS';
/** The messages that are delivered ahead of the reader. */
const AHEAD = 500;
const MESSAGES = 800;

let nats: Server;
let proxy: LossyProxy;
let [near, far]: NatsConnection[] = [];
let js: JetStreamClient;
let jsm: JetStreamManager;
beforeEach(async () => {
  nats = await startNats();
  proxy = await startLossyProxy(nats.port);
  near = await connect({ servers: nats.url });
  far = await connect({ servers: proxy.url, reconnectTimeWait: 50 });
  js = jetstream(far, { timeout: 1_000 });
  jsm = await jetstreamManager(near);
  await jsm.streams.add({ name: STREAM, subjects: ['leads.>'] });
  for (let seq = 1; seq <= MESSAGES; seq++) await jetstream(near).publish(`leads.${seq % 2}`);
});
afterEach(async () => {
  await proxy.stop();
  await far?.close();
  await near?.close();
  await nats.stop();
});

const consumersOf = async () => (await jsm.streams.info(STREAM)).state.consumer_count;
/** The sequences that are read, and the error that ends the read; `then` is called at each message. */
async function read(options: Parameters<typeof messagesTo>[2], then: (seq: number) => unknown = () => undefined) {
  const seqs: number[] = [];
  try {
    for await (const { seq } of messagesTo(js, STREAM, options)) {
      seqs.push(seq);
      await then(seq);
    }
  } catch (error) {
    return { seqs, error };
  }
  return { seqs };
}
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('the read of a stream', () => {
  it('ends at its last message at the start, and leaves no consumer behind', async () => {
    const more = (seq: number) => seq === 1 && jetstream(near!).publish('leads.0');
    expect(await read({}, more)).toEqual({ seqs: upTo(MESSAGES) });
    expect(await read({ only: { filter_subjects: 'leads.1' }, upTo: 6 })).toEqual({ seqs: [1, 3, 5] });
    expect(await consumersOf()).toBe(0);
  });

  it('ends when the rest of the stream is deleted meanwhile, or all of it before', async () => {
    expect(await read({}, (seq) => seq === 2 && jsm.streams.purge(STREAM, { keep: 0 }))).toMatchObject({
      seqs: expect.not.arrayContaining([MESSAGES]),
    });
    expect(await read({})).toEqual({ seqs: [] });
    expect(await consumersOf()).toBe(0);
  });

  it('ends in Unavailable when NATS freezes', async () => {
    const { seqs, error } = await read({ silenceMs: 1_000 }, (seq) => seq === 1 && proxy.hang());
    expect([seqs.includes(MESSAGES), error]).toEqual([false, expect.any(Unavailable)]);
  });

  it('ends in Unavailable when the last messages are lost with a connection', async () => {
    const delivered = async (last: number) => {
      const [consumer] = await jsm.consumers.list(STREAM).next();
      return (consumer?.delivered.stream_seq ?? 0) >= last;
    };
    const { seqs, error } = await read({ silenceMs: 3_000 }, async (seq) => {
      if (seq === 1) {
        await eventually(() => delivered(AHEAD));
        await far?.flush();
        proxy.swallow();
      }
      if (seq === AHEAD - 1) {
        await eventually(() => delivered(MESSAGES));
        proxy.heal();
      }
    });
    expect([seqs, error]).toEqual([upTo(AHEAD), expect.any(Unavailable)]);
  });

  it('waits for a caller that takes longer than NATS may', async () =>
    expect(await read({ silenceMs: 1_500 }, (seq) => seq === 2 && delay(3_000))).toEqual({ seqs: upTo(MESSAGES) }));

  it('ends at once when its caller gives up', async () => {
    const over = new AbortController();
    expect(await read({ signal: over.signal }, (seq) => seq === 3 && over.abort('over'))).toEqual({
      seqs: [1, 2, 3],
      error: 'over',
    });
    expect(await consumersOf()).toBe(0);
  });
});
