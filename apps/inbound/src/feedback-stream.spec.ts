import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FEEDBACK_UNSUBSCRIBE } from '@leadstream/contracts/feedback';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { HeldBytes } from '@leadstream/service/held-bytes';
import { Metrics } from '@leadstream/service/metrics';
import { RequestBody } from '@leadstream/service/request-body';
import { FeedbackStream } from './feedback-stream.ts';

const KIB = 1024;

describe('a body that waits for the broker', () => {
  const broker = Broker.open({ servers: '127.0.0.1:9', name: 'test' }, silentLog);
  afterAll(() => broker.close());

  it.each([
    ['is within the budget by its bytes', 'a', { code: 'UNAVAILABLE' }],
    ['is beyond the budget by its bytes, and not by its characters', '漢', { reason: 'held-bytes' }],
  ])('%s', async (_, character, outcome) => {
    const request = new IncomingMessage(new Socket());
    const limits = { bytesMax: KIB, timeoutMs: 1_000 };
    const held = new RequestBody(request, new ServerResponse(request), new HeldBytes(100 * KIB), 'a', limits);
    const stream = new FeedbackStream(broker, () => Temporal.Now.instant(), new Metrics('test'));
    const stored = stream.store(FEEDBACK_UNSUBSCRIBE, { token: character.repeat(40 * KIB) }, held);
    await expect(stored).rejects.toMatchObject(outcome);
  });
});
