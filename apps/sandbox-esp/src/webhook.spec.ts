import { describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { createPublicKey, verify } from 'node:crypto';
import { mail, sandboxes, type Received } from './testing/sandbox.ts';

const start = sandboxes();

describe('the event webhook', () => {
  it('receives processed and delivered, in this order and in one batch, signed over the raw bytes', async () => {
    const { sandbox, client, inbound, post } = await start();
    await post();
    await eventually(() => inbound.received.length === 1);
    const [{ id, sg_message_id } = { id: '', sg_message_id: '' }] = sandbox.messages();
    expect(sg_message_id.startsWith(`${id}.`)).toBe(true);
    expect(inbound.events()).toMatchObject(
      ['processed', 'delivered'].map((event) => ({ event, email: 'lead@example.com', send_id: '01J', sg_message_id })),
    );
    for (const { raw, headers } of inbound.received) {
      const key = createPublicKey({ key: Buffer.from(sandbox.publicKey, 'base64'), format: 'der', type: 'spki' });
      const signed = (bytes: Buffer) =>
        verify(
          'sha256',
          Buffer.concat([Buffer.from(String(headers['x-twilio-email-event-webhook-timestamp'])), bytes]),
          { key, dsaEncoding: 'der' },
          Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64'),
        );
      expect(signed(raw)).toBe(true);
      expect(signed(Buffer.from(JSON.stringify(JSON.parse(raw.toString()))))).toBe(false);
    }
    expect(await client.publicKey()).toBe(sandbox.publicKey);
  });

  it('receives many mails’ events in one batch when they are collected', async () => {
    const { inbound, post } = await start({ gatherMs: 1_000 });
    await Promise.all([post(), post()]);
    await eventually(() => inbound.received.length > 0);
    expect(inbound.events().map(({ event }) => event)).toEqual(['processed', 'delivered', 'processed', 'delivered']);
    expect(inbound.received).toHaveLength(1);
  });

  it('is retried after any status but 2xx, with the same bytes', async () => {
    const { client, inbound, post } = await start({ autoEvents: false });
    inbound.statuses = [503, 401, 302];
    await post();
    const [message] = await client.messages();
    expect(await client.event({ messageId: message?.id ?? '', event: 'bounce' })).toEqual({ status: 200, attempts: 4 });
    expect(
      new Set(
        inbound.received.map(
          ({ raw, headers }) => `${raw.toString()}${String(headers['x-twilio-email-event-webhook-signature'])}`,
        ),
      ).size,
    ).toBe(1);
  });

  it('is given up after the last attempt, and the caller gets the status', async () => {
    const { sandbox, client, inbound, post } = await start({ autoEvents: false, retryDelaysMs: [] });
    inbound.statuses = [500];
    await post();
    await expect(client.event({ messageId: sandbox.messages()[0]?.id ?? '', event: 'open' })).rejects.toThrow(
      '502 {"status":500,"attempts":1}',
    );
    expect(sandbox.messages()[0]?.events).toMatchObject([{ event: 'open', status: 500 }]);
  });

  it('receives an event of any name, with the given fields', async () => {
    const { sandbox, client, inbound, post } = await start({ autoEvents: false });
    await post();
    const messageId = sandbox.messages()[0]?.id ?? '';
    await client.event({ messageId, event: 'bounce', type: 'blocked' });
    await client.event({ messageId, event: 'account_status_change' });
    expect(inbound.events()).toMatchObject([
      { event: 'bounce', type: 'blocked', status: '5.1.1' },
      { event: 'account_status_change', send_id: '01J' },
    ]);
  });

  it('receives each post as often as configured', async () => {
    const { sandbox, client, inbound, post } = await start({ repeatEvents: 3, autoEvents: false });
    await post();
    await client.event({ messageId: sandbox.messages()[0]?.id ?? '', event: 'delivered' });
    expect(inbound.received).toHaveLength(3);
    expect(new Set(inbound.events().map(({ sg_event_id }) => sg_event_id)).size).toBe(1);
  });
});

const form = ({ raw, headers }: Received): Promise<FormData> =>
  new Response(raw, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();

describe('the inbound webhook', () => {
  it('receives a reply in Inbound Parse’s form', async () => {
    const { sandbox, client, inbound, post } = await start({ autoEvents: false });
    await post();
    const [message] = await client.messages();
    await client.reply({
      messageId: message?.id ?? '',
      text: 'Let us talk.\n--xYzZ',
      headers: { 'Auto-Submitted': 'no' },
    });
    const [received] = inbound.received;
    if (!received) throw new Error('nothing received');
    expect([received.path, received.headers['content-type']]).toEqual([
      '/inbound/secret',
      'multipart/form-data; boundary=xYzZY',
    ]);
    const fields = await form(received);
    expect(Object.fromEntries(fields)).toMatchObject({
      from: 'lead@example.com',
      to: 'r+token@reply.example.com',
      subject: 'Re: Your <guide>',
      text: 'Let us talk.\n--xYzZ',
      SPF: 'pass',
      dkim: '{@example.com : pass}',
      envelope: '{"to":["r+token@reply.example.com"],"from":"lead@example.com"}',
      charsets: '{"to":"utf-8","subject":"utf-8","from":"utf-8","text":"utf-8"}',
    });
    expect(fields.get('headers')).toContain(`In-Reply-To: ${message?.smtp_id}\n`);
    expect(fields.get('headers')).toContain('Auto-Submitted: no\n');
    expect(sandbox.messages()[0]?.replies).toMatchObject([{ status: 200 }]);
  });

  it('receives the Message-ID of the original mail in In-Reply-To', async () => {
    const { sandbox, client, inbound, post } = await start({ autoEvents: false });
    await post({ ...mail, headers: { 'message-id': '<send@example.com>' } });
    await client.reply({ messageId: sandbox.messages()[0]?.id ?? '', text: 'Yes' });
    expect(inbound.received[0]?.raw.toString()).toContain('In-Reply-To: <send@example.com>\n');
  });

  it('receives each field in the charset that it names', async () => {
    const { client, inbound } = await start();
    await client.mail({
      from: 'Zoë <zoe@example.com>',
      to: 'rep@example.com',
      subject: 'Größe',
      text: 'déjà vu',
      charset: 'iso-8859-1',
    });
    const raw = inbound.received[0]?.raw ?? Buffer.alloc(0);
    expect(raw.includes(Buffer.from('déjà vu', 'latin1'))).toBe(true);
    expect(raw.toString('latin1')).toContain('"text":"iso-8859-1"');
    expect(raw.toString('latin1')).toContain('{"to":["rep@example.com"],"from":"zoe@example.com"}');
  });

  it('receives a mail that contains the boundary whole, and no header from a value', async () => {
    const { client, inbound } = await start();
    await client.mail({
      from: 'a@example.com',
      to: 'b@example.com',
      subject: 'x\r\nX-Injected: 1',
      text: '--xYzZY--\r\nrest',
    });
    const [received] = inbound.received;
    const fields = received && (await form(received));
    expect(fields?.get('text')).toBe('--xYzZY--\r\nrest');
    expect(fields?.get('headers')).toContain('Subject: x X-Injected: 1\n');
  });

  it('loses the mail on a 4xx, and is retried on a 5xx', async () => {
    const { client, inbound } = await start();
    inbound.statuses = [404, 503];
    const stranger = { from: 'a@example.com', to: 'b@example.com', text: 'stop' };
    await expect(client.mail(stranger)).rejects.toThrow('502 {"status":404,"attempts":1}');
    expect(await client.mail(stranger)).toEqual({ status: 200, attempts: 2 });
  });

  it('may be configured later', async () => {
    const { sandbox, client, inbound, inboundUrl } = await start({ inboundUrl: undefined });
    const stranger = { from: 'a@example.com', to: 'b@example.com', text: 'hi' };
    await expect(client.mail(stranger)).rejects.toThrow('409');
    sandbox.setTargets({ inboundUrl: `${inboundUrl}/later` });
    await client.mail(stranger);
    expect(inbound.received.at(-1)?.path).toBe('/later');
  });
});

it('responds 404 about an unknown message', async () => {
  const { client } = await start();
  await expect(client.reply({ messageId: 'gone', text: 'x' })).rejects.toThrow('404 {"error":"no message gone"}');
  await expect(client.event({ messageId: 'gone', event: 'open' })).rejects.toThrow('404');
});
