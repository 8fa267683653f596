import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Email } from '@leadstream/providers/port';
import { smtpSend, type SmtpSettings } from '@leadstream/providers/smtp/send';
import { SMTPServer } from 'smtp-server';
import { selfSigned } from './certificate.ts';
import { sandboxes } from './testing/sandbox.ts';

const email: Email = {
  to: 'jane@example.com',
  from: { email: 'sales@acme.example', name: 'Zoë' },
  replyTo: { email: 'r+token@reply.acme.example' },
  subject: 'Your guide for Zoë, which has a subject that is longer than one line of a header may be',
  text: 'Hello',
  html: '<p>Hello</p>',
  headers: { 'Message-ID': '<s-1.token@reply.acme.example>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  sendId: 's-1',
  leadId: '3f1c9a80-0000-4000-8000-000000000002',
};
const settings = (over: Partial<SmtpSettings>): SmtpSettings => ({
  SMTP_HOST: 'localhost',
  SMTP_PORT: 587,
  SMTP_USER: 'sender',
  SMTP_PASSWORD: 'key-of-the-tests',
  SMTP_TLS: 'none',
  SMTP_RETURN_PATH: 'reply-address',
  ESP_TIMEOUT_MS: 20_000,
  ...over,
});

describe('the sandbox as a mail server', () => {
  const sandboxed = sandboxes();

  it('takes a mail with a login, and answers faults in a server’s words', async () => {
    const { client, sandbox } = await sandboxed({ apiKey: 'key-of-the-tests' });
    const send = (over: Partial<SmtpSettings> = {}) =>
      smtpSend(settings({ SMTP_HOST: sandbox.smtp.host, SMTP_PORT: sandbox.smtp.port, ...over }))(email);
    const sent = await send();
    expect(sent).toMatchObject({ kind: 'accepted', provider: 'smtp', status: 250 });
    expect(await send({ SMTP_PASSWORD: 'another' })).toMatchObject({ kind: 'refused', class: 'account', status: 535 });
    for (const [fault, outcome] of [
      [{ status: 503 }, { class: 'server-error' }],
      [{ status: 429 }, { class: 'rate-limited' }],
      [{ status: 400 }, { class: 'permanent' }],
      [{ status: 502 }, { kind: 'unknown' }],
      [{ drop: 'before' }, { kind: 'unknown' }],
      [{ body: '550 5.1.1 no such user', status: 422 }, { isClosed: true }],
    ] as const) {
      await client.faults(fault);
      expect(await send()).toMatchObject(outcome);
    }
    expect(await client.messages()).toMatchObject([
      {
        wire: 'smtp',
        id: 'providerMessageId' in sent ? sent.providerMessageId : '',
        to: 'jane@example.com',
        from_name: 'Zoë',
        reply_to: 'r+token@reply.acme.example',
        subject: email.subject,
        text: 'Hello',
        headers: {
          'Message-ID': '<s-1.token@reply.acme.example>',
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        },
        custom_args: { send_id: 's-1', lead_id: email.leadId },
      },
    ]);
    await client.faults({ drop: 'after' });
    expect(await send()).toMatchObject({ kind: 'unknown', class: 'connection-lost' });
    expect(await client.messages()).toHaveLength(2);
  });
});

describe('a mail server with TLS', () => {
  it.each([
    ['from the first byte', true],
    ['by STARTTLS', false],
  ])('%s gets a mail if its certificate is of the configured authority', async (_, secure) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const cert = selfSigned(privateKey, 'localhost');
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const dir = await mkdtemp(join(tmpdir(), 'leadstream-smtp-'));
    await writeFile(join(dir, 'ca.pem'), cert);
    const taken: boolean[] = [];
    const server = new SMTPServer({
      secure,
      key,
      cert,
      disableReverseLookup: true,
      onAuth: (_auth, _session, done) => done(null, { user: 'sender' }),
      onData: (stream, session, done) => {
        stream.resume().once('end', () => done(null, `ok ${taken.push(session.secure)}`));
      },
    });
    server.on('error', () => undefined);
    await once(server.listen(0, 'localhost'), 'listening');
    const { port } = server.server.address() as AddressInfo;
    const send = (SMTP_CA?: string) =>
      smtpSend(settings({ SMTP_PORT: port, SMTP_TLS: secure ? 'tls' : 'starttls', SMTP_CA }))(email);
    expect(await send()).toMatchObject({
      kind: 'refused',
      class: 'unreachable',
      reason: expect.stringMatching(/^E(TLS|SOCKET)/),
    });
    expect(await send(join(dir, 'ca.pem'))).toMatchObject({ kind: 'accepted' });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(dir, { recursive: true });
    expect(taken).toEqual([true]);
  });
});
