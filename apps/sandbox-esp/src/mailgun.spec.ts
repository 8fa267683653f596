import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { sandboxes } from './testing/sandbox.ts';

const FIELDS = {
  from: '"Sam" <sales@acme.example>',
  to: 'jane@example.com',
  subject: 'Your guide',
  text: 'Hello',
  'h:Reply-To': 'r+token@reply.acme.example',
  'h:Message-ID': '<m1@reply.acme.example>',
  'v:send_id': 's-1',
};
const posted = z.object({
  signature: z.object({ token: z.string(), timestamp: z.string(), signature: z.string() }),
  'event-data': z.looseObject({ event: z.string() }),
});

describe('the sandbox as Mailgun', () => {
  const sandboxed = sandboxes();
  const started = async () => {
    const running = await sandboxed({ autoEvents: false });
    const send = async (fields: object = {}, { path = '/v3/mg.acme.example/messages', key = 'key' } = {}) => {
      const response = await fetch(running.sandbox.url + path, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`api:${key}`)}` },
        body: new URLSearchParams({ ...FIELDS, ...fields }),
      });
      return `${response.status} ${await response.text()}`;
    };
    return { ...running, send };
  };

  it('accepts a mail with its own Message-ID, and refuses others in Mailgun’s words', async () => {
    const { client, send } = await started();
    expect(await send()).toBe('200 {"id":"<m1@reply.acme.example>","message":"Queued. Thank you."}');
    expect(await send({ to: 'jane@' })).toContain('400 {"message":"to parameter is not a valid address');
    expect(await send({}, { key: '' })).toBe('401 Forbidden');
    expect(await send({}, { path: '/v3/messages' })).toBe('200 Mailgun Magnificent API');
    await client.faults({ status: 429, retryAfter: 60 });
    expect(await send()).toMatch(/^429 .* try again after \w{3}, /);
    await client.faults({ status: 502 });
    expect(await send()).toBe('502 <html></html>');
    expect(await client.messages()).toMatchObject([
      { wire: 'mailgun', to: 'jane@example.com', from_name: 'Sam', custom_args: { send_id: 's-1' } },
    ]);
  });

  it('lists its accepted mails as events, by Message-ID and time', async () => {
    const { sandbox, send } = await started();
    await send();
    const items = async (query: string, key = 'key') => {
      const headers = { authorization: `Basic ${btoa(`api:${key}`)}` };
      const response = await fetch(`${sandbox.url}/v3/mg.acme.example/events?${query}`, { headers });
      return response.ok ? ((await response.json()) as { items: object[] }).items : response.status;
    };
    expect(await items('event=accepted&message-id=m1%40reply.acme.example&begin=0&limit=10')).toMatchObject([
      { event: 'accepted', 'user-variables': { send_id: 's-1' } },
    ]);
    for (const query of ['message-id=m2', 'event=failed', 'begin=9999999999']) expect(await items(query)).toEqual([]);
    expect(await items('', '')).toBe(401);
  });

  it('posts one signed event a request, until 200 or 406, and delivered once', async () => {
    const { client, send, inbound, sandbox } = await started();
    await send();
    const [{ id: messageId } = { id: '' }] = await client.messages();
    for (const [event, status, attempts] of [
      ['bounce', 401, 2],
      ['bounce', 404, 2],
      ['bounce', 406, 1],
      ['delivered', 503, 1],
    ] as const) {
      const before = inbound.received.length;
      inbound.statuses = [status];
      await client.event({ messageId, event }).catch(() => undefined);
      expect([event, status, inbound.received.length - before]).toEqual([event, status, attempts]);
    }
    const { signature, 'event-data': data } = posted.parse(JSON.parse(inbound.received[0]?.raw.toString() ?? ''));
    const hmac = createHmac('sha256', sandbox.secret).update(signature.timestamp + signature.token);
    expect(signature.signature).toBe(hmac.digest('hex'));
    expect(data).toMatchObject({ event: 'failed', severity: 'permanent', 'user-variables': { send_id: 's-1' } });
  });

  it('posts a reply as a Route does, raw', async () => {
    const { client, send, inbound } = await started();
    await send();
    const [{ id: messageId } = { id: '' }] = await client.messages();
    await client.reply({ messageId, text: 'Größe?' });
    const [{ path, raw } = { path: '', raw: Buffer.alloc(0) }] = inbound.received;
    expect(path).toBe('/inbound/secret/mime');
    const fields = new URLSearchParams(raw.toString());
    expect(fields.get('recipient')).toBe('r+token@reply.acme.example');
    expect(fields.get('body-mime')).toContain('\r\n\r\nGröße?');
  });
});
