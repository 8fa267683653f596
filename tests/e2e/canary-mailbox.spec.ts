import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { imapMailbox } from '@leadstream/service/canary/imap-mailbox';
import { startMailbox } from './imap-mailbox.ts';

const ADDRESS = 'silent@canary.test';
const stopping = new AbortController();
let seen: Awaited<ReturnType<typeof startMailbox>>;

const mailboxOf = (env: { IMAP_PORT: string; IMAP_USER: string; IMAP_PASSWORD: string }) => {
  const server = { host: '127.0.0.1', port: Number(env.IMAP_PORT), tls: 'none' as const };
  const account = { imap: { ...server, folder: 'INBOX' }, smtp: server };
  return imapMailbox({ ...account, user: env.IMAP_USER, password: env.IMAP_PASSWORD }, stopping.signal);
};

beforeAll(async () => {
  seen = await startMailbox();
});
afterAll(async () => {
  stopping.abort();
  await seen.stop();
});

describe('the canary’s mailbox', () => {
  it('is read over a new connection when the last one has ended meanwhile', async () => {
    seen.deliver(`From: sam@acme.example\r\nTo: ${ADDRESS}\r\nMessage-ID: <send-1.x@acme.example>\r\n\r\nHello`);
    const mailbox = mailboxOf(seen.env);
    const sends = async () => (await mailbox.received(ADDRESS)).map(({ sendId }) => sendId);
    expect(await sends()).toEqual(['send-1']);
    seen.cut();
    expect(await sends()).toEqual(['send-1']);
  });

  it('leaves nothing of the connections that have ended', async () => {
    const before = getEventListeners(stopping.signal, 'abort').length;
    const refused = mailboxOf({ ...seen.env, IMAP_PASSWORD: 'another' });
    for (let round = 0; round < 3; round++) await expect(refused.received(ADDRESS)).rejects.toThrow('login is refused');
    expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(before);
  });
});
