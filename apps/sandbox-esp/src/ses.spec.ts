import { describe, expect, it } from '@jest/globals';
import { sesReceiver } from '@leadstream/providers/ses/receive';
import { sesSend } from '@leadstream/providers/ses/send';
import type { Email } from '@leadstream/providers/port';
import { sandboxes } from './testing/sandbox.ts';

const email: Email = {
  to: 'jane@example.com',
  from: { email: 'sales@acme.example', name: 'Zoë' },
  replyTo: { email: 'r+token@reply.acme.example' },
  subject: 'Your guide',
  text: 'Hello',
  html: '<p>Hello</p>',
  headers: { 'Message-ID': '<m1@reply.acme.example>' },
  sendId: 's-1',
  leadId: '3f1c9a80-0000-4000-8000-000000000002',
};
const refused = { kind: 'refused', class: 'account' };

describe('the sandbox as SES', () => {
  const sandboxed = sandboxes();
  const started = async (autoEvents = false) => {
    const running = await sandboxed({ autoEvents });
    const { sandbox } = running;
    const judge = sesReceiver.judge({ SNS_TOPIC_ARNS: [sandbox.topic], SNS_BASE_URL: `${sandbox.url}/sns` });
    if (!judge) throw new Error('no judge');
    const send = (over: Partial<Email> = {}, AWS_SECRET_ACCESS_KEY = sandbox.secret) =>
      sesSend({
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY,
        SES_CONFIGURATION_SET: 'leadstream',
        SES_BASE_URL: sandbox.url,
        ESP_TIMEOUT_MS: 20_000,
      })({ ...email, ...over });
    /** Answers the question, so that other posts come. */
    const judged = async (): Promise<void> => {
      for (const { headers, raw } of running.inbound.received) await judge(headers, [raw], true);
    };
    return { ...running, send, judge, judged };
  };

  it('accepts a signed mail without a Message-ID of ours, and refuses others in SES’s words', async () => {
    const { client, send } = await started();
    expect(await send()).toMatchObject({ kind: 'accepted', provider: 'ses', status: 200 });
    expect(await send({}, 'another secret')).toMatchObject({
      ...refused,
      reason: expect.stringContaining('Signature'),
    });
    expect(await send({ to: 'jane@' })).toMatchObject({
      kind: 'permanent',
      reason: expect.stringContaining('address'),
    });
    expect(await send({ headers: { 'X-Ä': '1' } })).toMatchObject({ kind: 'permanent' });
    await client.faults({ status: 429 });
    expect(await send()).toMatchObject({ kind: 'refused', class: 'rate-limited' });
    await client.faults({ status: 502 });
    expect(await send()).toMatchObject({ kind: 'unknown', class: 'gateway' });
    expect(await client.messages()).toMatchObject([
      {
        wire: 'ses',
        to: 'jane@example.com',
        from_name: 'Zoë',
        headers: { References: '<m1@reply.acme.example>' },
        custom_args: { send_id: 's-1', lead_id: email.leadId },
      },
    ]);
  });

  it('posts nothing to a URL that has not answered its question', async () => {
    const { client, send, inbound, judge } = await started();
    await send();
    const [{ id: messageId } = { id: '' }] = await client.messages();
    await expect(client.event({ messageId, event: 'bounce' })).rejects.toThrow('did not confirm');
    expect(inbound.received).toHaveLength(1);
    const [question] = inbound.received;
    if (!question) throw new Error('no question');
    const { headers, raw } = question;
    expect(headers['x-amz-sns-message-type']).toBe('SubscriptionConfirmation');
    expect(await judge(headers, [raw], false)).toBe('answered');
    await client.event({ messageId, event: 'bounce' });
    const body = JSON.parse(inbound.received.at(-1)?.raw.toString() ?? '') as { Message: string };
    expect(JSON.parse(body.Message)).toMatchObject({
      eventType: 'Bounce',
      bounce: { bounceType: 'Permanent' },
      mail: { tags: { send_id: ['s-1'] } },
    });
    const last = inbound.received.at(-1);
    expect(await judge(last?.headers ?? {}, [last?.raw ?? Buffer.alloc(0)], false)).toBe('ours');
  });

  it('tries a post again three times, and none at a 4xx', async () => {
    const { client, send, inbound, judged } = await started();
    await send();
    const [{ id: messageId } = { id: '' }] = await client.messages();
    await client.event({ messageId, event: 'open' }).catch(judged);
    for (const [status, attempts] of [
      [401, 1],
      [404, 1],
      [503, 4],
    ] as const) {
      const before = inbound.received.length;
      inbound.statuses = Array.from({ length: 9 }, () => status);
      await client.event({ messageId, event: 'open' }).catch(() => undefined);
      expect([status, inbound.received.length - before]).toEqual([status, attempts]);
    }
  });
});
