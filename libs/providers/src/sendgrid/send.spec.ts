import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Email } from '../port.ts';
import { sendgridSend } from './send.ts';

const KEY = 'SG.a-secret.key';
/** Connect and write have to fit into it too. */
const TIMEOUT_MS = 2_000;
/** Long enough for any response on a busy machine. */
const PATIENT_MS = 20_000;
const email: Email = {
  to: 'jane@example.com',
  from: { email: 'rep@example.com', name: 'Rep' },
  replyTo: { email: 'reply@example.com' },
  subject: 'Hi',
  text: 'Hello',
  html: '<p>Hello</p>',
  headers: { 'List-Unsubscribe': '<https://example.com/u/token>' },
  sendId: 's-1',
  leadId: 'l-1',
};

const answer = (status: string, body = '', headers: Record<string, string | number> = {}): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries({ 'content-length': Buffer.byteLength(body), ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`;
const apiError = JSON.stringify({ errors: [{ message: 'no', field: 'from', help: null }] });
const HUGE = 'x'.repeat(8 * 1024 * 1024);

/** The server's action after a whole request. */
type Reaction = (socket: Socket, request: string) => void;
const says =
  (text: string): Reaction =>
  (socket) =>
    void socket.write(text);

describe('SendGrid', () => {
  let server: Server;
  let react: Reaction;
  let requests: string[];
  let sockets: Set<Socket>;
  let connections: number;

  const port = (): number => (server.address() as AddressInfo).port;
  const sendTo = (baseUrl: string, timeoutMs = PATIENT_MS) =>
    sendgridSend({ SENDGRID_API_KEY: KEY, SENDGRID_BASE_URL: baseUrl, ESP_TIMEOUT_MS: timeoutMs });
  const send = (timeoutMs?: number) => sendTo(`http://127.0.0.1:${port()}`, timeoutMs);

  /** Its only connection is closed, by a reset or not. */
  const closes = () =>
    new Promise((resolve) => void server.once('connection', (socket: Socket) => socket.once('close', resolve)));

  beforeEach(async () => {
    [requests, sockets, connections] = [[], new Set(), 0];
    server = createServer((socket) => {
      connections++;
      sockets.add(socket);
      let text = '';
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          text += chunk.toString('latin1');
          const head = text.indexOf('\r\n\r\n');
          const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Infinity);
          if (head < 0 || text.length < head + 4 + length) return;
          requests.push(text);
          const request = text;
          text = '';
          react(socket, request);
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it.each<[string, Reaction, object]>([
    [
      '202',
      says(answer('202 Accepted', '', { 'X-Message-Id': 'm-1' })),
      { kind: 'accepted', provider: 'sendgrid', status: 202, providerMessageId: 'm-1' },
    ],
    ['200 of a sandbox', says(answer('200 OK')), { kind: 'accepted', status: 200 }],
    [
      '100, then 202',
      says(`HTTP/1.1 103 Early Hints\r\n\r\n${answer('202 Accepted')}`),
      { kind: 'accepted', status: 202 },
    ],
    ['202 with a huge body', says(answer('202 Accepted', HUGE)), { kind: 'accepted', status: 202 }],
    [
      '400',
      says(answer('400 Bad Request', apiError)),
      { kind: 'permanent', class: 'permanent', reason: '400 from: no', status: 400 },
    ],
    ['413 of a proxy', says(answer('413 Payload Too Large', '<html></html>')), { kind: 'permanent', reason: '413' }],
    ['401', says(answer('401 Unauthorized', apiError)), { kind: 'refused', class: 'account', status: 401 }],
    ['403', says(answer('403 Forbidden', apiError)), { kind: 'refused', class: 'account', status: 403 }],
    [
      '429 with Retry-After',
      says(answer('429 Too Many Requests', apiError, { 'Retry-After': 7 })),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 7_000 },
    ],
    [
      '429 with a reset time',
      says(answer('429 Too Many Requests', '', { 'X-RateLimit-Reset': 1 })),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 0 },
    ],
    [
      '500 with an error body',
      says(answer('500 Internal Server Error', apiError)),
      { kind: 'refused', class: 'server-error' },
    ],
    [
      '503 with an error body',
      says(answer('503 Service Unavailable', apiError, { 'Retry-After': 2 })),
      { kind: 'refused', class: 'server-error', retryAfterMs: 2_000 },
    ],
    [
      '500 without one',
      says(answer('500 Internal Server Error', '<html></html>')),
      { kind: 'unknown', class: 'gateway', status: 500 },
    ],
    [
      '503 with a huge one',
      says(answer('503 Service Unavailable', `${apiError}${HUGE}`)),
      { kind: 'unknown', class: 'gateway', status: 503 },
    ],
    ['502', says(answer('502 Bad Gateway', apiError)), { kind: 'unknown', class: 'gateway' }],
    ['504', says(answer('504 Gateway Timeout')), { kind: 'unknown', class: 'gateway' }],
    [
      'a redirect to itself',
      says(answer('302 Found', '', { Location: '/v3/mail/send' })),
      { kind: 'unknown', class: 'gateway', status: 302 },
    ],
    [
      'a redirect that keeps the body',
      says(answer('307 Temporary Redirect', '', { Location: '/v3/mail/send' })),
      { kind: 'unknown', class: 'gateway', status: 307 },
    ],
    ['a misdirected request', says(answer('421 Misdirected Request')), { kind: 'permanent', status: 421 }],
    [
      'a reset before the response',
      (socket) => void socket.resetAndDestroy(),
      { kind: 'unknown', class: 'connection-lost' },
    ],
    ['an end before the response', (socket) => void socket.end(), { kind: 'unknown', class: 'connection-lost' }],
    [
      'an end within the headers',
      (socket) => void socket.end('HTTP/1.1 202 Acc'),
      { kind: 'unknown', class: 'connection-lost' },
    ],
    [
      'an end within the body',
      (socket) => void socket.end(answer('202 Accepted', 'x', { 'content-length': 9 })),
      { kind: 'unknown', class: 'connection-lost' },
    ],
    ['no HTTP', says('220 mail.example.com ESMTP\r\n'), { kind: 'unknown', class: 'connection-lost' }],
    ['endless headers', says(`HTTP/1.1 202 Accepted\r\nx: ${HUGE}`), { kind: 'unknown', class: 'connection-lost' }],
  ])('responds with %s: the outcome follows from it, after one request', async (_, reaction, outcome) => {
    react = reaction;
    const found = await send()(email);
    expect(found).toMatchObject(outcome);
    expect(JSON.stringify(found)).not.toContain('secret');
    expect(requests).toHaveLength(1);
  });

  it('sends no complete response until the deadline: unknown, and the connection is closed', async () => {
    const reactions: Reaction[] = [
      () => undefined,
      says('HTTP/1.1 202 Accepted\r\n'),
      says(answer('202 Accepted', 'x', { 'content-length': 9 })),
      (socket) => {
        socket.write(answer('202 Accepted', '', { 'content-length': 1_000_000 }));
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ];
    const pending = [...reactions];
    react = (socket, request) => pending.shift()?.(socket, request);
    const outcomes = await Promise.all(reactions.map(() => send(TIMEOUT_MS)(email)));
    expect(outcomes).toMatchObject(reactions.map(() => ({ kind: 'unknown', class: 'timeout' })));
    // `once` would take a reset, which is one way to close a connection, for a failure.
    const open = [...sockets].filter((socket) => !socket.closed);
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    expect(requests).toHaveLength(reactions.length);
  });

  describe('cannot be reached: certainly not sent', () => {
    it.each<[string, () => string, number]>([
      ['nothing listens', () => 'http://127.0.0.1:9', PATIENT_MS],
      ['there is no TLS where it should be', () => `https://127.0.0.1:${port()}`, PATIENT_MS],
    ])('%s', async (_, url, timeoutMs) => {
      server.on('connection', (socket: Socket) => socket.end('no TLS'));
      expect(await sendTo(url(), timeoutMs)(email)).toMatchObject({ kind: 'refused', class: 'unreachable' });
      expect(requests).toEqual([]);
    });

    it('the handshake gets no response until the deadline', async () => {
      const outcome = await sendTo(`https://127.0.0.1:${port()}`, TIMEOUT_MS)(email);
      expect(outcome).toMatchObject({
        kind: 'refused',
        class: 'unreachable',
        reason: expect.stringContaining('TIMEOUT'),
      });
      expect(connections).toBe(1);
    });

    it('the key cannot be a header, and is not shown', async () => {
      const outcome = await sendgridSend({
        SENDGRID_API_KEY: 'SG.secret\n',
        SENDGRID_BASE_URL: `http://127.0.0.1:${port()}`,
        ESP_TIMEOUT_MS: PATIENT_MS,
      })(email);
      expect(outcome).toMatchObject({ kind: 'refused', class: 'unreachable', reason: 'UND_ERR_INVALID_ARG' });
      expect(connections).toBe(0);
    });
  });

  it('gets the key and the mail, and the mail’s headers within the mail only', async () => {
    react = says(answer('202 Accepted'));
    await send()(email);
    const [head = '', body = ''] = requests[0]?.split('\r\n\r\n') ?? [];
    expect(head).toMatch(/^POST \/v3\/mail\/send HTTP\/1\.1\r\n/);
    expect(head).toContain(`authorization: Bearer ${KEY}`);
    expect(head.toLowerCase()).not.toContain('list-unsubscribe');
    expect(JSON.parse(body)).toMatchObject({
      personalizations: [{ to: [{ email: 'jane@example.com' }] }],
      custom_args: { send_id: 's-1', lead_id: 'l-1' },
      subject: 'Hi',
      headers: { 'List-Unsubscribe': '<https://example.com/u/token>' },
      reply_to: { email: 'reply@example.com' },
      tracking_settings: {
        click_tracking: { enable: false },
        open_tracking: { enable: false },
        subscription_tracking: { enable: false },
      },
    });
  });

  it('is called under the path of its base URL', async () => {
    react = says(answer('202 Accepted'));
    await sendTo(`http://127.0.0.1:${port()}/esp/`)(email);
    expect(requests[0]).toMatch(/^POST \/esp\/v3\/mail\/send /);
  });

  it('keeps its connection for the next mail, and has at most a sender’s mails in progress', async () => {
    react = says(answer('202 Accepted'));
    const call = send();
    for (let mail = 0; mail < 3; mail++) {
      await call(email);
      // undici releases the connection right after it has returned the response.
      await setImmediate();
    }
    expect([connections, requests.length]).toEqual([1, 3]);
    const outcomes = await Promise.all(Array.from({ length: 80 }, () => call(email)));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(connections).toBeLessThanOrEqual(32);
  });

  it('closes a kept connection at the next request: unknown, and the mail is not sent again', async () => {
    react = (socket, request) =>
      requests.length === 1 ? says(answer('202 Accepted'))(socket, request) : socket.resetAndDestroy();
    const call = send();
    await call(email);
    await setImmediate();
    expect(await call(email)).toMatchObject({ kind: 'unknown', class: 'connection-lost' });
    expect([connections, requests.length]).toEqual([1, 2]);
  });

  it('sends a body without an end: it is not read further, and the connection is closed', async () => {
    react = (socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\n\r\n');
      const timer = setInterval(() => socket.write('x'.repeat(16 * 1024)), 1);
      socket.on('close', () => clearInterval(timer));
    };
    const closed = closes();
    expect(await send()(email)).toMatchObject({ kind: 'accepted' });
    await closed;
  });
});
