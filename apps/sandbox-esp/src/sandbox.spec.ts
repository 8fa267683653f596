import { describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { Client, MailService } from '@leadstream/providers/sendgrid/classes';
import { mail, sandboxes } from './testing/sandbox.ts';

const start = sandboxes();
/** SendGrid's own client. The key is set first, because setting it resets the base URL. */
function sendgrid(url: string): MailService {
  const client = new Client();
  client.setApiKey('SG.test');
  client.setDefaultRequest('baseUrl', url);
  const service = new MailService();
  service.setClient(client);
  return service;
}

describe('the send route', () => {
  it('responds 202 with an empty body and the id of the request', async () => {
    const { client, post } = await start();
    const response = await post();
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 202, body: '' });
    expect(response.headers.get('x-message-id')).toMatch(/^[\w-]{22}$/);
    expect(await client.messages()).toMatchObject([
      {
        id: response.headers.get('x-message-id'),
        to: 'lead@example.com',
        to_name: 'Ann',
        from: 'rep@example.com',
        reply_to: 'r+token@reply.example.com',
        text: 'Hello',
      },
    ]);
  });

  it('works with SendGrid’s own client', async () => {
    const { sandbox } = await start();
    const [response] = await sendgrid(sandbox.url).send({
      to: 'lead@example.com',
      from: 'rep@example.com',
      subject: 'Hi',
      text: 'Hello',
      html: '<p>Hello</p>',
      customArgs: { sendId: '01J' },
    });
    expect(response.statusCode).toBe(202);
    expect(sandbox.messages()).toMatchObject([{ subject: 'Hi', html: '<p>Hello</p>', custom_args: { sendId: '01J' } }]);
    await expect(
      sendgrid(sandbox.url).send({ to: 'nobody', from: 'rep@example.com', subject: 'Hi', text: 'Hello' }),
    ).rejects.toMatchObject({
      code: 400,
      response: { body: { errors: [{ field: 'personalizations.0.to.0.email' }] } },
    });
  });

  it('lists the mails to one address', async () => {
    const { sandbox, post } = await start();
    const to = (email: string) => ({ ...mail, personalizations: [{ to: [{ email }] }] });
    for (const email of ['Ann+a@example.com', 'b@example.com', 'ann+a@example.com']) await post(to(email));
    const listed = await fetch(`${sandbox.url}/messages?to=ann%2BA@example.com`);
    expect(await listed.json()).toMatchObject([{ to: 'Ann+a@example.com' }, { to: 'ann+a@example.com' }]);
  });

  it('keeps one mail a recipient', async () => {
    const { sandbox, post } = await start();
    await post({
      ...mail,
      personalizations: [
        { to: [{ email: 'a@example.com' }, { email: 'b@example.com' }] },
        { to: [{ email: 'c@example.com' }], subject: 'Own' },
      ],
    });
    expect(sandbox.messages().map(({ to, subject }) => [to, subject])).toEqual([
      ['a@example.com', 'Your <guide>'],
      ['b@example.com', 'Your <guide>'],
      ['c@example.com', 'Own'],
    ]);
    expect(new Set(sandbox.messages().map(({ id }) => id)).size).toBe(3);
  });

  it('keeps the last 5,000 mails', async () => {
    const { sandbox, post } = await start({ autoEvents: false });
    const to = (n: number) => ({ to: Array.from({ length: 600 }, (_, i) => ({ email: `${n}-${i}@example.com` })) });
    for (let n = 1; n <= 9; n++) await post({ ...mail, personalizations: [to(n)] });
    expect(sandbox.messages()).toHaveLength(5_000);
    expect(sandbox.messages().at(-1)?.to).toBe('9-599@example.com');
  });

  it('requires a key', async () => {
    const { post } = await start({ apiKey: 'SG.right' });
    for (const authorization of ['', 'Basic abc', 'Bearer SG.wrong']) {
      const response = await post(mail, { authorization });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        errors: [
          { message: 'The provided authorization grant is invalid, expired, or revoked', field: null, help: null },
        ],
      });
    }
    expect((await post(mail, { authorization: 'Bearer SG.right' })).status).toBe(202);
  });

  it('validates without sending in sandbox mode', async () => {
    const { sandbox, post } = await start();
    expect((await post({ ...mail, mail_settings: { sandbox_mode: { enable: true } } })).status).toBe(200);
    expect(sandbox.messages()).toEqual([]);
  });

  it('responds 400 to invalid JSON, and 413 as HTML to a body that is too large', async () => {
    const { post } = await start();
    const bad = await post('{');
    expect([bad.status, await bad.json()]).toEqual([
      400,
      { errors: [{ message: 'Bad Request', field: null, help: null }] },
    ]);
    const large = await post(
      JSON.stringify({ ...mail, content: [{ type: 'text/plain', value: 'x'.repeat(31 * 1024 * 1024) }] }),
    );
    expect([large.status, large.headers.get('content-type')]).toEqual([413, 'text/html']);
  });
});

describe('a fault', () => {
  it('applies to the requested number of sends', async () => {
    const { sandbox, client, post } = await start();
    await client.faults({ status: 503, count: 2 });
    expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([503, 503, 202]);
    expect(sandbox.messages()).toHaveLength(1);
  });

  it('ends early when it is cleared', async () => {
    const { client, post } = await start();
    await client.faults({ status: 503, count: 100 });
    await client.clearFaults();
    expect((await post()).status).toBe(202);
  });

  it('of a send is left to it by a query of the suppressions, which takes one with a status', async () => {
    const { sandbox, client, post } = await start();
    const query = async () =>
      (await fetch(`${sandbox.url}/v3/suppression/bounces`, { headers: { authorization: 'Bearer SG.x' } })).status;
    await client.faults({ drop: 'before' });
    await client.faults({ status: 503 });
    expect(await query()).toBe(200);
    await expect(post()).rejects.toThrow('fetch failed');
    expect([await query(), await query()]).toEqual([503, 200]);
  });

  it('of the rate limit responds with the time to retry', async () => {
    const { client, post } = await start();
    await client.faults({ status: 429, retryAfter: 2 });
    const response = await post();
    const reset = Number(response.headers.get('x-ratelimit-reset')) - Date.now() / 1_000;
    expect([
      response.status,
      response.headers.get('retry-after'),
      response.headers.get('x-ratelimit-remaining'),
    ]).toEqual([429, '2', '0']);
    expect(reset).toBeGreaterThan(0);
    expect(reset).toBeLessThan(60);
  });

  it('of a gateway responds with HTML', async () => {
    const { client, post } = await start();
    await client.faults({ status: 502 });
    expect((await post()).headers.get('content-type')).toBe('text/html');
  });

  it('may accept the mail although it responds 500', async () => {
    const { client, inbound, post } = await start();
    await client.faults({ status: 500, accept: true });
    expect((await post()).status).toBe(500);
    expect(await client.waitForMessage('lead@example.com')).toMatchObject({ subject: 'Your <guide>' });
    await eventually(() => inbound.events().length === 2);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('resets the connection %s the mail is taken', async (drop, taken) => {
    const { sandbox, client, post } = await start();
    await client.faults({ drop });
    await expect(
      sendgrid(sandbox.url).send({ to: 'lead@example.com', from: 'rep@example.com', subject: 'Hi', text: 'Hello' }),
    ).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(sandbox.messages()).toHaveLength(taken);
    expect((await post()).status).toBe(202);
  });

  it('of latency accepts the mail at once, and ends with the sandbox', async () => {
    const { sandbox, client, post } = await start();
    await client.faults({ latencyMs: 60_000 });
    const answer = post().catch((error: unknown) => error);
    await client.waitForMessage('lead@example.com');
    await sandbox.close();
    await answer;
  });

  it('with invalid values is refused', async () => {
    const { sandbox } = await start();
    for (const body of [{ status: 'bad' }, { drop: 'during' }, { statsu: 503 }, 7]) {
      const response = await fetch(`${sandbox.url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(400);
    }
  });
});

describe('the mailbox page', () => {
  const page = async (url: string): Promise<{ text: string; policy: string }> => {
    const response = await fetch(url);
    return { text: await response.text(), policy: response.headers.get('content-security-policy') ?? '' };
  };

  it('shows a mail as text, without its markup', async () => {
    const { sandbox, post } = await start();
    const attack = '"></iframe><script>alert(1)</script>';
    await post({
      ...mail,
      subject: attack,
      content: [{ type: 'text/html', value: attack }],
      from: { email: 'rep@example.com', name: attack },
      custom_args: { '<b>': attack },
    });
    const { text, policy } = await page(sandbox.url);
    expect(text).not.toContain(attack);
    expect(text).not.toContain('<b>');
    expect(text).toContain('sandbox=""');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  });

  it('redirects to the mail after its form was sent', async () => {
    const { sandbox, post } = await start({ autoEvents: false });
    await post();
    const messageId = sandbox.messages()[0]?.id ?? '';
    const response = await fetch(`${sandbox.url}/reply`, {
      method: 'POST',
      body: new URLSearchParams({ messageId, text: 'Yes' }),
      redirect: 'manual',
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, `/?message=${messageId}`]);
    expect((await page(`${sandbox.url}/?message=${messageId}`)).text).toContain('replied');
  });

  it('is available before the first mail', async () => {
    const { sandbox } = await start();
    expect((await page(sandbox.url)).text).toContain('No mail yet');
  });
});
