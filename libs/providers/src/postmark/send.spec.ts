import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { answer, email, itSendsOnce, type Reaction } from '../testing/faulty-server.ts';
import { postmarkSend } from './send.ts';

const KEY = 'a-secret-token';
const settings = (baseUrl: string, timeoutMs: number) => ({
  POSTMARK_SERVER_TOKEN: KEY,
  POSTMARK_MESSAGE_STREAM: 'broadcast',
  POSTMARK_BASE_URL: baseUrl,
  ESP_TIMEOUT_MS: timeoutMs,
});
/** Long enough for any response on a busy machine. */
const PATIENT_MS = 20_000;
const error = (ErrorCode: number, Message = 'no'): object => ({ ErrorCode, Message });
const accepted = (values: object = {}): object => ({
  To: 'jane@example.com',
  MessageID: 'm-1',
  ErrorCode: 0,
  Message: 'OK',
  ...values,
});

const ok = { kind: 'accepted', provider: 'postmark', status: 200, providerMessageId: 'm-1' };
const permanent = { kind: 'permanent', class: 'permanent' };
const account = { kind: 'refused', class: 'account' };
const gateway = { kind: 'unknown', class: 'gateway' };
const unprocessable = (code: number, outcome: object): [string, Reaction, object] => [
  `422 with ${code}`,
  answer('422 Unprocessable Entity', error(code)),
  { ...outcome, reason: `422 ${code} no` },
];

const samples = JSON.parse(readFileSync(new URL('./fixtures/made-api-errors.json', import.meta.url), 'utf8')) as {
  answers: { status: number; body: object; means: string }[];
};

describe('Postmark', () => {
  const { seen, host } = itSendsOnce(
    (baseUrl, timeoutMs) => postmarkSend(settings(baseUrl, timeoutMs)),
    [
      ['200', answer('200 OK', accepted()), ok],
      ['200 without a code', answer('200 OK', accepted({ ErrorCode: undefined })), ok],
      ['200 without an id', answer('200 OK', accepted({ MessageID: undefined })), gateway],
      ['200 of a proxy', answer('200 OK', '<html></html>'), gateway],
      ['401', answer('401 Unauthorized', error(10)), { ...account, reason: '401 10 no', status: 401 }],
      ['403 of a wall', answer('403 Forbidden', '<html></html>'), account],
      ['404', answer('404 Not Found'), account],
      ['400', answer('400 Bad Request'), permanent],
      ['413', answer('413 Payload Too Large'), permanent],
      ['415', answer('415 Unsupported Media Type'), permanent],
      ['421', answer('421 Misdirected Request'), permanent],
      ...[300, 402, 403, 410, 411, 9_999].map((code) => unprocessable(code, permanent)),
      unprocessable(406, { ...permanent, isClosed: true }),
      ['422 of a proxy', answer('422 Unprocessable Entity'), permanent],
      ...[400, 401, 405, 412, 413, 422, 1235, 1236, 1480].map((code) => unprocessable(code, account)),
      ['429', answer('429 Too Many Requests', error(429)), { kind: 'refused', class: 'rate-limited' }],
      [
        '429 with Retry-After',
        answer('429 Too Many Requests', '', { 'Retry-After': 7 }),
        { kind: 'refused', class: 'rate-limited', retryAfterMs: 7_000 },
      ],
      ['500', answer('500 Internal Server Error', error(101)), { kind: 'refused', class: 'server-error' }],
      ['503', answer('503 Service Unavailable', error(100)), { kind: 'refused', class: 'server-error' }],
      ['502 in its own words', answer('502 Bad Gateway', error(100)), gateway],
      ...samples.answers.map(({ status, body, means }): [string, Reaction, object] => [
        `${status} ${JSON.stringify(body)}`,
        answer(`${status} x`, body),
        expect.objectContaining(
          means.startsWith('accepted') ? { kind: 'accepted' } : { class: means.split(/[^a-z-]/)[0] },
        ),
      ]),
    ],
  );

  it('gets the token and the mail with our Message-ID and ids, to be tracked in no way', async () => {
    seen.react = answer('200 OK', accepted());
    const from = { email: 'rep@example.com', name: 'Rep "R" \\ Ré\r\nBcc: x' };
    await postmarkSend(settings(`http://${host()}`, PATIENT_MS))({ ...email, from });
    const [head = '', body = ''] = seen.requests[0]?.split('\r\n\r\n') ?? [];
    expect(head).toMatch(/^POST \/email HTTP\/1\.1\r\n/);
    expect(head).toContain(`x-postmark-server-token: ${KEY}`);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toEqual({
      From: '"Rep \\"R\\" \\\\ Ré Bcc: x" <rep@example.com>',
      To: email.to,
      ReplyTo: email.replyTo.email,
      Subject: email.subject,
      TextBody: email.text,
      HtmlBody: email.html,
      Headers: [
        { Name: 'Message-ID', Value: '<s-1.token@reply.example.com>' },
        { Name: 'List-Unsubscribe', Value: '<https://example.com/u/token>' },
        { Name: 'X-PM-KeepID', Value: 'true' },
      ],
      Metadata: { send_id: 's-1', lead_id: 'l-1' },
      TrackOpens: false,
      TrackLinks: 'None',
      MessageStream: 'broadcast',
    });
  });
});
