import { describe, expect, it } from '@jest/globals';
import { answer, email, itSendsOnce, type Reaction } from '../testing/faulty-server.ts';
import { encodedMailbox } from '../encoded-mailbox.ts';
import { sesSend } from './send.ts';

const settings = (baseUrl: string, timeoutMs: number) => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'a-secret-key',
  SES_CONFIGURATION_SET: 'leadstream',
  SES_BASE_URL: baseUrl,
  ESP_TIMEOUT_MS: timeoutMs,
});
/** Long enough for any response on a busy machine. */
const PATIENT_MS = 20_000;

const account = { kind: 'refused', class: 'account' };
const permanent = { kind: 'permanent', class: 'permanent' };
const limited = { kind: 'refused', class: 'rate-limited' };
const failing = { kind: 'refused', class: 'server-error' };
const gateway = { kind: 'unknown', class: 'gateway' };

/** A refusal with its type in the header, as API v2 answers. */
const refused = (status: string, type: string, outcome: object, message = 'no'): [string, Reaction, object] => [
  `${status} ${type} ${message}`,
  answer(status, { message }, { 'x-amzn-ErrorType': `${type}:http://internal.amazon.com/` }),
  outcome,
];
const bad = (type: string, outcome: object, message?: string) => refused('400 Bad Request', type, outcome, message);

describe('SES', () => {
  const { seen, host } = itSendsOnce(
    (baseUrl, timeoutMs) => sesSend(settings(baseUrl, timeoutMs)),
    [
      [
        '200',
        answer('200 OK', { MessageId: 'm-1' }),
        { kind: 'accepted', provider: 'ses', status: 200, providerMessageId: 'm-1' },
      ],
      ['200 without an id', answer('200 OK', {}), gateway],
      ['200 of a proxy', answer('200 OK', '<html></html>'), gateway],
      bad(
        'BadRequestException',
        { ...permanent, reason: '400 BadRequestException: Local address contains control' },
        'Local address contains control',
      ),
      bad('MessageRejected', permanent, 'Email contains a virus'),
      bad(
        'MessageRejected',
        account,
        'Email address is not verified. The following identities failed the check: a@b.c',
      ),
      bad('MailFromDomainNotVerifiedException', account),
      bad('AccountSuspendedException', account),
      bad('SendingPausedException', account),
      bad('BadRequestException', account, 'Configuration set <x> does not exist.'),
      bad('TooManyRequestsException', limited, 'Maximum sending rate exceeded.'),
      bad('LimitExceededException', limited),
      bad('ThrottlingException', { ...limited, retryAfterMs: 3_600_000 }, 'Daily message quota exceeded.'),
      refused('429 Too Many Requests', 'TooManyRequestsException', limited, 'Maximum sending rate exceeded.'),
      refused('404 Not Found', 'NotFoundException', account),
      ['404 of another server', answer('404 Not Found'), account],
      refused('403 Forbidden', 'SignatureDoesNotMatch', { ...account, status: 403 }),
      refused('403 Forbidden', 'UnrecognizedClientException', account),
      bad('ExpiredTokenException', account),
      [
        '400 with its type in the body',
        answer('400 Bad Request', { __type: 'com.amazonaws.ses#AccountSuspendedException', Message: 'no' }),
        { ...account, reason: '400 AccountSuspendedException: no' },
      ],
      ['400 of a proxy', answer('400 Bad Request'), permanent],
      ['413', answer('413 Payload Too Large'), permanent],
      refused('500 Internal Server Error', 'InternalFailure', failing),
      refused('503 Service Unavailable', 'ServiceUnavailable', failing),
      refused('502 Bad Gateway', 'InternalFailure', gateway),
    ],
  );

  const sent = async (over: Partial<typeof email> = {}): Promise<{ head: string; body: unknown }> => {
    seen.react = answer('200 OK', { MessageId: 'm-1' });
    await sesSend(settings(`http://${host()}`, PATIENT_MS))({ ...email, ...over });
    const [head = '', body = ''] = seen.requests[0]?.split('\r\n\r\n') ?? [];
    return { head, body: JSON.parse(Buffer.from(body, 'latin1').toString()) };
  };

  it('gets a signed request: the ids as tags, our Message-ID among the references', async () => {
    const { head, body } = await sent();
    expect(head).toMatch(/^POST \/v2\/email\/outbound-emails HTTP\/1\.1\r\n/);
    expect(head).toMatch(
      /\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ses\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}\r\n/,
    );
    expect(body).toEqual({
      FromEmailAddress: '=?UTF-8?B?UmVwICJSIiBNw7xsbGVy?= <rep@example.com>',
      Destination: { ToAddresses: ['jane@example.com'] },
      ReplyToAddresses: ['r+token@reply.example.com'],
      Content: {
        Simple: {
          Subject: { Data: 'Grüße', Charset: 'UTF-8' },
          Body: {
            Text: { Data: 'Hello & welcome', Charset: 'UTF-8' },
            Html: { Data: '<p>Hello</p>', Charset: 'UTF-8' },
          },
          Headers: [
            { Name: 'List-Unsubscribe', Value: '<https://example.com/u/token>' },
            { Name: 'References', Value: '<s-1.token@reply.example.com>' },
          ],
        },
      },
      EmailTags: [
        { Name: 'send_id', Value: 's-1' },
        { Name: 'lead_id', Value: 'l-1' },
      ],
      ConfigurationSetName: 'leadstream',
    });
  });

  it('gets the first and the last references, because a header has a limit', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `<${index}.${'t'.repeat(44)}@reply.example.com>`);
    const headers = {
      'Message-ID': '<own@reply.example.com>',
      'In-Reply-To': ids.at(-1) ?? '',
      References: ids.join(' '),
    };
    const { body } = await sent({ headers });
    const values = (body as { Content: { Simple: { Headers: { Name: string; Value: string }[] } } }).Content.Simple
      .Headers;
    const references = values.find(({ Name }) => Name === 'References')?.Value ?? '';
    expect(references.length).toBeLessThanOrEqual(995);
    expect(references.split(' ')).toEqual([ids[0], ...ids.slice(-13), '<own@reply.example.com>']);
  });

  it.each([
    ['Ann "A" \\ Lee', '"Ann \\"A\\" \\\\ Lee" <a@b.example>'],
    ['', 'a@b.example'],
    ['Ann\r\nBcc: x@y.example', '"Ann Bcc: x@y.example" <a@b.example>'],
    ['Zoë', '=?UTF-8?B?Wm/Dqw==?= <a@b.example>'],
    ['日'.repeat(16), `=?UTF-8?B?${btoa('\u00e6\u0097\u00a5').repeat(15)}?= =?UTF-8?B?5pel?= <a@b.example>`],
  ])('gets the name %j in ASCII', (name, mailbox) => {
    expect(encodedMailbox({ email: 'a@b.example', name })).toBe(mailbox);
  });
});
