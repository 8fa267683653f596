import { describe, expect } from '@jest/globals';
import { answer, itSendsOnce } from '../testing/faulty-server.ts';
import { mailgunSend } from './send.ts';

const open = (baseUrl: string, timeoutMs: number) =>
  mailgunSend({
    MAILGUN_API_KEY: 'a-secret-key',
    MAILGUN_DOMAIN: 'mg.example.com',
    MAILGUN_BASE_URL: baseUrl,
    ESP_TIMEOUT_MS: timeoutMs,
  });
const ACCOUNT = { kind: 'refused', class: 'account' };
const NOT_ALLOWED = 'Domain mg.example.com is not allowed to send: ';
const LIMIT = 'request limit exceeded, try again after Mon, 20 Dec 2021 20:33:21 UTC';

describe('Mailgun', () => {
  const { seen } = itSendsOnce(open, [
    [
      'what was asked, in one form',
      (socket) => {
        const [head = '', body = ''] = (seen.requests[0] ?? '').split('\r\n\r\n');
        expect(head).toMatch(/^POST \/v3\/mg\.example\.com\/messages HTTP/);
        expect(head).toContain(`authorization: Basic ${Buffer.from('api:a-secret-key').toString('base64')}`);
        expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
          to: 'jane@example.com',
          from: '"Rep \\"R\\" Müller" <rep@example.com>',
          subject: 'Grüße',
          text: 'Hello & welcome',
          html: '<p>Hello</p>',
          'h:Reply-To': 'r+token@reply.example.com',
          'h:Message-ID': '<s-1.token@reply.example.com>',
          'h:List-Unsubscribe': '<https://example.com/u/token>',
          'v:send_id': 's-1',
          'v:lead_id': 'l-1',
          'o:tracking': 'no',
          'o:tracking-opens': 'no',
          'o:tracking-clicks': 'no',
        });
        answer('200 OK', { id: '<m-1@mg.example.com>', message: 'Queued. Thank you.' })(socket);
      },
      { kind: 'accepted', provider: 'mailgun', providerMessageId: 'm-1@mg.example.com', status: 200 },
    ],
    ['200 of a wrong path', answer('200 OK', 'Mailgun Magnificent API'), ACCOUNT],
    ['200 with a body that is too long', answer('200 OK', 'x'.repeat(100_000)), { kind: 'unknown', class: 'gateway' }],
    [
      '400 for the mail',
      answer('400 Bad Request', { message: 'to parameter is not a valid address' }),
      { kind: 'permanent', reason: '400 to parameter is not a valid address' },
    ],
    ['400 for the domain', answer('400 Bad Request', { message: `${NOT_ALLOWED}unverified` }), ACCOUNT],
    ['401 in words', answer('401 Unauthorized', 'Forbidden'), { ...ACCOUNT, status: 401 }],
    ['402', answer('402 Payment Required', { message: 'no' }), ACCOUNT],
    ['403', answer('403 Forbidden', { message: 'no' }), ACCOUNT],
    ['404', answer('404 Not Found', { message: 'Domain not found: mg.example.com' }), ACCOUNT],
    ['413', answer('413 Payload Too Large', '<html></html>'), { kind: 'permanent', status: 413 }],
    [
      '429 with a date in words that is past',
      answer('429 Too Many Requests', { message: `${NOT_ALLOWED}${LIMIT}` }),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 0 },
    ],
    [
      '500 of its own',
      answer('500 Internal Server Error', { message: 'Internal Server Error' }),
      { kind: 'refused', class: 'server-error' },
    ],
  ]);
});
