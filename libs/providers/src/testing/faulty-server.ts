import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Email, Found, Lookup, Notice, Outcome, Send, Sms, Sought } from '../port.ts';

/** Long enough for any response on a busy machine. */
const PATIENT_MS = 20_000;
/** Connect and write have to fit into it too. */
const IMPATIENT_MS = 2_000;

/** The server's action after a whole request. */
export type Reaction = (socket: Socket) => void;
/** A response with this status line and body. */
export const answer =
  (status: string, body: string | object = '', headers: Record<string, string | number> = {}): Reaction =>
  (socket) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const lines = Object.entries({ 'content-length': Buffer.byteLength(text), ...headers });
    socket.write(`HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`);
  };

export const email: Email = {
  to: 'jane@example.com',
  from: { email: 'rep@example.com', name: 'Rep "R" Müller' },
  replyTo: { email: 'r+token@reply.example.com' },
  subject: 'Grüße',
  text: 'Hello & welcome',
  html: '<p>Hello</p>',
  headers: { 'Message-ID': '<s-1.token@reply.example.com>', 'List-Unsubscribe': '<https://example.com/u/token>' },
  sendId: 's-1',
  leadId: 'l-1',
};

export const sms: Sms = {
  to: '+4915112345678',
  text: 'Grüße & a word',
  validitySeconds: 3_600,
  sendId: 's-1',
  leadId: 'l-1',
};

const sought: Sought = {
  sendId: 's-1',
  messageId: '<s-1.token@reply.example.com>',
  at: '2026-11-21T17:00:00Z',
};

/** Failures of the connection, which mean the same at each provider. */
const FAILURES: [string, Reaction, object][] = [
  ['502', answer('502 Bad Gateway', '<html></html>'), { kind: 'unknown', class: 'gateway', status: 502 }],
  ['504', answer('504 Gateway Timeout'), { kind: 'unknown', class: 'gateway', status: 504 }],
  ['500 of a proxy', answer('500 Internal Server Error', '<html></html>'), { kind: 'unknown', class: 'gateway' }],
  ['503 of a proxy', answer('503 Service Unavailable', '<html></html>'), { kind: 'unknown', class: 'gateway' }],
  ['a redirect', answer('307 Temporary Redirect', '', { location: '/' }), { kind: 'unknown', class: 'gateway' }],
  ['no HTTP', (socket) => void socket.write('220 mail.example.com ESMTP\r\n'), { kind: 'unknown' }],
  ['a reset', (socket) => void socket.resetAndDestroy(), { kind: 'unknown', class: 'connection-lost' }],
  ['an end', (socket) => void socket.end(), { kind: 'unknown', class: 'connection-lost' }],
  [
    'an end within the body',
    (socket) => {
      answer('200 OK', '{"id"', { 'content-length': 99 })(socket);
      socket.end();
    },
    { kind: 'unknown', class: 'connection-lost' },
  ],
];

/** A server that reacts to each whole request. */
function faultyServer() {
  const sockets = new Set<Socket>();
  const seen: { requests: string[]; react: Reaction } = { requests: [], react: () => undefined };
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        text += chunk.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? (text.startsWith('GET') ? 0 : Infinity));
        if (head < 0 || text.length < head + 4 + length) return;
        seen.requests.push(text);
        text = '';
        seen.react(socket);
      });
  });
  beforeEach(async () => {
    seen.requests = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { server, seen, host: () => `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/**
 * Tests of a provider's `Send` against a server that fails in every way: the outcome of each response and each failure,
 * after exactly one request, without the key (`secret` is part of each test's key). Returns the server, for further
 * tests.
 */
export function itSendsOnce(
  openMail: (baseUrl: string, timeoutMs: number) => Send<'email'>,
  answers: [string, Reaction, object][],
): Pick<ReturnType<typeof faultyServer>, 'seen' | 'host'> {
  return itCallsOnce(
    (...where) =>
      () =>
        openMail(...where)(email),
    answers,
  );
}

/** The same of a gateway's texts. */
export const itTextsOnce = (
  openText: (baseUrl: string, timeoutMs: number) => Send<'sms'>,
  answers: [string, Reaction, object][],
) =>
  itCallsOnce(
    (...where) =>
      () =>
        openText(...where)(sms),
    answers,
  );

/** The same of posts to a chat. `path`: of the webhook's URL. */
export const itPostsOnce = (
  chat: Notice['to']['chat'],
  openChat: (timeoutMs: number) => Send<'chat'>,
  answers: [string, Reaction, object][],
) =>
  itCallsOnce(
    (base, timeoutMs) => () =>
      openChat(timeoutMs)({
        to: { chat, url: `${base}/hook/a-secret?sig=another-secret` },
        subject: 'A demo request',
        text: 'From <!channel> & [you](https://evil.example)\n\n*now*',
        sendId: 's-1',
        leadId: 'l-1',
      }),
    answers,
  );

function itCallsOnce(
  open: (baseUrl: string, timeoutMs: number) => () => Promise<Outcome>,
  answers: [string, Reaction, object][],
): Pick<ReturnType<typeof faultyServer>, 'seen' | 'host'> {
  const { server, seen, host } = faultyServer();
  it.each([...answers, ...FAILURES])('has an outcome after %s, and one request', async (_, reaction, outcome) => {
    seen.react = reaction;
    const found = await open(`http://${host()}`, PATIENT_MS)();
    expect(found).toMatchObject(outcome);
    expect(JSON.stringify(found)).not.toContain('secret');
    expect(seen.requests).toHaveLength(1);
  });
  it('is unknown after silence until the deadline', async () => {
    seen.react = () => undefined;
    const outcome = await open(`http://${host()}`, IMPATIENT_MS)();
    expect(outcome).toMatchObject({ kind: 'unknown', class: 'timeout' });
    expect(seen.requests).toHaveLength(1);
  });
  it.each([
    ['nothing listens', () => 'http://127.0.0.1:9'],
    ['the handshake fails', () => `https://${host()}`],
  ])('has certainly not sent when %s', async (_, base) => {
    server.once('connection', (socket: Socket) => socket.end('no TLS'));
    expect(await open(base(), PATIENT_MS)()).toMatchObject({ kind: 'refused', class: 'unreachable' });
    expect(seen.requests).toEqual([]);
  });
  return { seen, host };
}

/** The request of a `Lookup`, and responses with their meaning. */
interface LookupCases {
  head: RegExp;
  found: [string, Reaction, Found][];
  absent: [string, Reaction][];
  failed: [string, Reaction][];
}

/** Tests of a provider's `Lookup`: only its own record is evidence, and whatever is no list is no answer. */
export function itLooksUp(
  open: (baseUrl: string, timeoutMs: number) => Lookup,
  { head, found, absent, failed }: LookupCases,
): void {
  const { seen, host } = faultyServer();
  const lookUp = (reaction: Reaction, timeoutMs = PATIENT_MS) => {
    seen.react = reaction;
    return open(`http://${host()}`, timeoutMs)(sought);
  };
  it.each(found)('finds the send: %s', async (_, reaction, record) => {
    expect(await lookUp(reaction)).toEqual(record);
    expect(seen.requests).toEqual([expect.stringMatching(head)]);
  });
  it.each(absent)('knows no such send: %s', async (_, reaction) => {
    expect(await lookUp(reaction)).toBeUndefined();
  });
  const all: [string, Reaction][] = [
    ...failed,
    ...FAILURES.map(([name, reaction]): [string, Reaction] => [name, reaction]),
  ];
  it.each(all)('gives no answer: %s', async (_, reaction) => {
    const error: unknown = await lookUp(reaction).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('secret');
    expect(seen.requests).toHaveLength(1);
  });
  it('gives no answer after silence until the deadline', async () => {
    await expect(lookUp(() => undefined, IMPATIENT_MS)).rejects.toThrow();
  });
}
