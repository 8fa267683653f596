import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Email } from '../port.ts';
import { postmarkLookup, postmarkSend } from './send.ts';

const KEY = 'a-secret-token';
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
const error = (ErrorCode: number, Message = 'no'): string => JSON.stringify({ ErrorCode, Message });
const accepted = (values: object = {}): string =>
  JSON.stringify({ To: 'jane@example.com', MessageID: 'm-1', ErrorCode: 0, Message: 'OK', ...values });

/** The server's action after a whole request. */
type Reaction = (socket: Socket, request: string) => void;
const says =
  (text: string): Reaction =>
  (socket) =>
    void socket.write(text);

describe('Postmark', () => {
  let server: Server;
  let react: Reaction;
  let requests: string[];
  let sockets: Set<Socket>;

  const port = (): number => (server.address() as AddressInfo).port;
  const sendTo = (baseUrl: string, timeoutMs = PATIENT_MS) =>
    postmarkSend({
      POSTMARK_SERVER_TOKEN: KEY,
      POSTMARK_MESSAGE_STREAM: 'broadcast',
      POSTMARK_BASE_URL: baseUrl,
      ESP_TIMEOUT_MS: timeoutMs,
    });
  const send = (timeoutMs?: number) => sendTo(`http://127.0.0.1:${port()}`, timeoutMs);

  beforeEach(async () => {
    [requests, sockets] = [[], new Set()];
    server = createServer((socket) => {
      sockets.add(socket);
      let text = '';
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          text += chunk.toString('latin1');
          const head = text.indexOf('\r\n\r\n');
          const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? (text.startsWith('GET') ? 0 : Infinity));
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

  const ok = { kind: 'accepted', provider: 'postmark', status: 200, providerMessageId: 'm-1' };
  const permanent = { kind: 'permanent', class: 'permanent' };
  const account = { kind: 'refused', class: 'account' };
  const gateway = { kind: 'unknown', class: 'gateway' };
  const lost = { kind: 'unknown', class: 'connection-lost' };
  const unprocessable = (code: number): Reaction => says(answer('422 Unprocessable Entity', error(code)));

  it.each<[string, Reaction, object]>([
    ['200', says(answer('200 OK', accepted())), ok],
    ['200 without a code', says(answer('200 OK', accepted({ ErrorCode: undefined }))), ok],
    ['200 without an id', says(answer('200 OK', accepted({ MessageID: undefined }))), gateway],
    ['200 of a proxy', says(answer('200 OK', '<html></html>')), gateway],
    ['401', says(answer('401 Unauthorized', error(10))), { ...account, reason: '401 10 no', status: 401 }],
    ['403 of a wall', says(answer('403 Forbidden', '<html></html>')), account],
    ['404', says(answer('404 Not Found')), account],
    ['400', says(answer('400 Bad Request')), permanent],
    ['413', says(answer('413 Payload Too Large')), permanent],
    ['415', says(answer('415 Unsupported Media Type')), permanent],
    ['421', says(answer('421 Misdirected Request')), permanent],
    ...[300, 402, 403, 406, 410, 411, 9_999].map((code): [string, Reaction, object] => [
      `422 with ${code}`,
      unprocessable(code),
      { ...permanent, reason: `422 ${code} no` },
    ]),
    ['422 of a proxy', says(answer('422 Unprocessable Entity')), permanent],
    ...[400, 401, 405, 412, 413, 422, 1235, 1236, 1480].map((code): [string, Reaction, object] => [
      `422 with ${code}`,
      unprocessable(code),
      account,
    ]),
    ['429', says(answer('429 Too Many Requests', error(429))), { kind: 'refused', class: 'rate-limited' }],
    [
      '429 with Retry-After',
      says(answer('429 Too Many Requests', '', { 'Retry-After': 7 })),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 7_000 },
    ],
    ['500', says(answer('500 Internal Server Error', error(101))), { kind: 'refused', class: 'server-error' }],
    ['503', says(answer('503 Service Unavailable', error(100))), { kind: 'refused', class: 'server-error' }],
    ['500 of a proxy', says(answer('500 Internal Server Error', '<html></html>')), gateway],
    ['502', says(answer('502 Bad Gateway', error(100))), gateway],
    ['504', says(answer('504 Gateway Timeout')), gateway],
    ['a redirect that keeps the body', says(answer('307 Temporary Redirect', '', { Location: '/email' })), gateway],
    ['a reset before the response', (socket) => void socket.resetAndDestroy(), lost],
    ['an end before the response', (socket) => void socket.end(), lost],
    [
      'an end within the body',
      (socket) => void socket.end(answer('200 OK', accepted(), { 'content-length': 999 })),
      lost,
    ],
    ['no HTTP', says('220 mail.example.com ESMTP\r\n'), lost],
  ])('responds with %s: the outcome follows from it, after one request', async (_, reaction, outcome) => {
    react = reaction;
    const found = await send()(email);
    expect(found).toMatchObject(outcome);
    expect(JSON.stringify(found)).not.toContain('secret');
    expect(requests).toHaveLength(1);
  });

  const samples = JSON.parse(readFileSync(new URL('./fixtures/made-api-errors.json', import.meta.url), 'utf8')) as {
    answers: { status: number; body: object; means: string }[];
  };
  it.each(samples.answers)('answers $status $body.ErrorCode: $means', async ({ status, body, means }) => {
    react = says(answer(`${status} x`, JSON.stringify(body)));
    const found = await send()(email);
    const meaning = 'class' in found ? found.class : found.kind;
    expect(means.startsWith(meaning)).toBe(true);
  });

  it('sends no response until the deadline: unknown, after one request', async () => {
    react = () => undefined;
    expect(await send(TIMEOUT_MS)(email)).toMatchObject({ kind: 'unknown', class: 'timeout' });
    expect(requests).toHaveLength(1);
  });

  it.each<[string, () => string]>([
    ['nothing listens', () => 'http://127.0.0.1:9'],
    ['there is no TLS where it should be', () => `https://127.0.0.1:${port()}`],
  ])('cannot be reached: certainly not sent; %s', async (_, url) => {
    server.on('connection', (socket: Socket) => socket.end('no TLS'));
    expect(await sendTo(url())(email)).toMatchObject({ kind: 'refused', class: 'unreachable' });
    expect(requests).toEqual([]);
  });

  it('gets the token and the mail with our Message-ID and ids, to be tracked in no way', async () => {
    react = says(answer('200 OK', accepted()));
    await send()({ ...email, from: { email: 'rep@example.com', name: 'Rep "R" \\ Ré\r\nBcc: x' } });
    const [head = '', body = ''] = requests[0]?.split('\r\n\r\n') ?? [];
    expect(head).toMatch(/^POST \/email HTTP\/1\.1\r\n/);
    expect(head).toContain(`x-postmark-server-token: ${KEY}`);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toEqual({
      From: '"Rep \\"R\\" \\\\ Ré Bcc: x" <rep@example.com>',
      To: 'jane@example.com',
      ReplyTo: 'reply@example.com',
      Subject: 'Hi',
      TextBody: 'Hello',
      HtmlBody: '<p>Hello</p>',
      Headers: [
        { Name: 'List-Unsubscribe', Value: '<https://example.com/u/token>' },
        { Name: 'X-PM-KeepID', Value: 'true' },
      ],
      Metadata: { send_id: 's-1', lead_id: 'l-1' },
      TrackOpens: false,
      TrackLinks: 'None',
      MessageStream: 'broadcast',
    });
  });

  describe('is asked for a send', () => {
    const lookup = (timeoutMs = PATIENT_MS) =>
      postmarkLookup({
        POSTMARK_SERVER_TOKEN: KEY,
        POSTMARK_MESSAGE_STREAM: 'broadcast',
        POSTMARK_BASE_URL: `http://127.0.0.1:${port()}`,
        ESP_TIMEOUT_MS: timeoutMs,
      })('s-1');
    const found = (send_id: string): string =>
      JSON.stringify({
        TotalCount: 1,
        Messages: [{ MessageID: 'm-1', ReceivedAt: '2026-11-05T16:33:54.9070259+01:00', Metadata: { send_id } }],
      });

    it('by the metadata that the mail bears: its record is the evidence', async () => {
      react = says(answer('200 OK', found('s-1')));
      expect(await lookup()).toEqual({ at: '2026-11-05T15:33:54.907Z', providerMessageId: 'm-1' });
      expect(requests).toHaveLength(1);
      expect(requests[0]).toMatch(/^GET \/messages\/outbound\?count=1&offset=0&metadata_send_id=s-1 HTTP/);
      expect(requests[0]).toContain(`x-postmark-server-token: ${KEY}`);
    });

    it.each([
      ['no mail', JSON.stringify({ TotalCount: 0, Messages: [] })],
      ['another send’s mail, as without the filter', found('s-2')],
    ])('and knows none: %s', async (_, body) => {
      react = says(answer('200 OK', body));
      expect(await lookup()).toBeUndefined();
    });

    it.each<[string, Reaction]>([
      ['401', says(answer('401 Unauthorized', error(10)))],
      ['429', says(answer('429 Too Many Requests', error(429)))],
      ['a page of a proxy', says(answer('200 OK', '<html></html>'))],
      ['another form', says(answer('200 OK', '{"Messages":[{"MessageID":"m-1"}]}'))],
      ['a reset', (socket) => void socket.resetAndDestroy()],
    ])('and gives no answer: %s', async (_, reaction) => {
      react = reaction;
      await expect(lookup()).rejects.toThrow();
      expect(requests).toHaveLength(1);
    });
  });
});
