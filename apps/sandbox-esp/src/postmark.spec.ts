import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxClient, type SandboxClient } from './client.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';

const EMAIL = {
  From: '"Sam" <sales@acme.example>',
  To: 'jane@example.com',
  ReplyTo: 'r+token@reply.acme.example',
  Subject: 'Your guide',
  TextBody: 'Hello',
  Headers: [
    { Name: 'Message-ID', Value: '<m1@reply.acme.example>' },
    { Name: 'X-PM-KeepID', Value: 'true' },
  ],
  Metadata: { send_id: 's-1', lead_id: 'l-1' },
};
type Posted = { url: string; login: string | undefined; body: Record<string, unknown> };

describe('the sandbox as Postmark', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  let receiver: Server;
  let posted: Posted[];
  let statuses: number[];

  beforeEach(async () => {
    [posted, statuses] = [[], []];
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Posted['body'];
        posted.push({ url: request.url ?? '', login: request.headers.authorization, body });
        response.writeHead(statuses.shift() ?? 200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    sandbox = await startSandbox({
      autoEvents: false,
      retryDelaysMs: [1, 1, 1],
      eventUrl: `${url}/v1/sendgrid/events`,
      inboundUrl: `${url}/v1/sendgrid/inbound/secret`,
    });
    client = sandboxClient(sandbox.url);
  });
  afterEach(async () => {
    await sandbox.close();
    receiver.close();
    await once(receiver, 'close');
  });

  const send = async (values: object = {}, token = 'token') => {
    const response = await fetch(`${sandbox.url}/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { 'x-postmark-server-token': token } : {}) },
      body: JSON.stringify({ ...EMAIL, ...values }),
    });
    const body = (await response.json()) as { ErrorCode: number; MessageID: string };
    return { status: response.status, ...body };
  };

  it('accepts a mail, keeps its Message-ID where it is asked to, and finds it by its metadata', async () => {
    const { status, ErrorCode, MessageID } = await send();
    expect([status, ErrorCode]).toEqual([200, 0]);
    await send({ Headers: EMAIL.Headers.slice(0, 1), Metadata: { send_id: 's-2' } });
    expect(await client.messages()).toMatchObject([
      {
        id: MessageID,
        wire: 'postmark',
        to: 'jane@example.com',
        from_name: 'Sam',
        headers: { 'Message-ID': '<m1@reply.acme.example>' },
      },
      { headers: {}, custom_args: { send_id: 's-2' } },
    ]);
    const url = `${sandbox.url}/messages/outbound?count=1&offset=0&metadata_send_id=s-1`;
    const found = await fetch(url, { headers: { 'x-postmark-server-token': 'token' } });
    expect(await found.json()).toMatchObject({ TotalCount: 1, Messages: [{ MessageID }] });
  });

  it.each<[string, object, string, [number, number]]>([
    ['without a token', {}, '', [401, 10]],
    ['to no address', { To: 'jane@' }, 'token', [422, 300]],
    ['without a body', { TextBody: undefined }, 'token', [422, 300]],
    ['with a long value', { Metadata: { a: 'x'.repeat(81) } }, 'token', [422, 300]],
  ])('refuses a mail %s', async (_, values, token, expected) => {
    const { status, ErrorCode } = await send(values, token);
    expect([status, ErrorCode]).toEqual(expected);
  });

  it.each(['bounce', 'spamreport', 'unsubscribe'])(
    'refuses an address after its %s, until it is opened',
    async (event) => {
      const { MessageID: messageId } = await send();
      await client.event({ messageId, event });
      expect(await send()).toMatchObject({ status: 422, ErrorCode: 406 });
      expect(await send({ To: 'joe@example.com' })).toMatchObject({ status: 200 });
      await client.event({ messageId, event: 'group_resubscribe' });
      expect(await send()).toMatchObject({ status: 200 });
    },
  );

  it('posts one event a request, with its login, and drops it at a 4xx but for 408 and 429', async () => {
    const { MessageID: messageId } = await send();
    for (const [status, attempts] of [
      [401, 1],
      [404, 1],
      [408, 2],
      [429, 2],
      [503, 2],
      [500, 2],
    ] as const) {
      statuses = [status];
      const delivery = await client.event({ messageId, event: 'delivered' }).catch(() => ({ attempts: 1 }));
      expect([status, delivery.attempts]).toEqual([status, attempts]);
    }
    expect(posted[0]).toEqual({
      url: '/v1/postmark/events',
      login: `Basic ${Buffer.from(sandbox.login).toString('base64')}`,
      body: expect.objectContaining({ RecordType: 'Delivery', MessageID: messageId, Metadata: EMAIL.Metadata }),
    });
  });

  it('posts a reply as one JSON, until it is answered 200 or 403', async () => {
    const { MessageID: messageId } = await send();
    statuses = [404, 202];
    expect(await client.reply({ messageId, text: 'Yes' })).toEqual({ status: 200, attempts: 3 });
    expect(posted.at(-1)).toMatchObject({
      url: '/v1/postmark/inbound/secret',
      body: {
        OriginalRecipient: 'r+token@reply.acme.example',
        TextBody: 'Yes',
        FromFull: { Email: 'jane@example.com' },
      },
    });
    statuses = [403];
    await expect(client.reply({ messageId, text: 'Yes' })).rejects.toThrow('502');
    expect(posted).toHaveLength(4);
  });

  it('words the faults that it is given', async () => {
    await client.faults({ status: 503 });
    await client.faults({ status: 429, retryAfter: 7 });
    await client.faults({ drop: 'after' });
    expect(await send()).toMatchObject({ status: 503, ErrorCode: 100 });
    expect(await send()).toMatchObject({ status: 429, ErrorCode: 429 });
    await expect(send()).rejects.toThrow();
    expect(await client.messages()).toHaveLength(1);
  });
});
