import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startNats, type Server } from '@leadstream/testing/servers';
import { jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { forgetHeaders } from './headers.ts';

describe('the headers of a message that waits for its ack', () => {
  let nats: Server;
  let connection: NatsConnection;
  let message: JsMsg;
  beforeAll(async () => {
    nats = await startNats();
    connection = await connect({ servers: nats.url });
    const jsm = await jetstreamManager(connection);
    await jsm.streams.add({ name: 'LEADS', subjects: ['leads.>'] });
    await jsm.consumers.add('LEADS', { durable_name: 'one', ack_policy: 'explicit' });
    const js = jetstream(connection);
    const head = headers();
    head.set('ce-id', 'some-id');
    await js.publish('leads.1.sent', '{}', { headers: head });
    const next = await (await js.consumers.get('LEADS', 'one')).next();
    if (!next) throw new Error('no message came');
    message = next;
  });
  afterAll(async () => {
    await connection.close();
    await nats.stop();
  });

  it('are kept by the installed client; once it keeps none, this is to be removed', () =>
    expect(message.headers).toBe(message.headers));

  it('are not kept once they are read, and can be read again', () => {
    const before = message.headers;
    forgetHeaders(message);
    expect(message.headers).not.toBe(before);
    expect(message.headers?.get('ce-id')).toBe('some-id');
  });
});
