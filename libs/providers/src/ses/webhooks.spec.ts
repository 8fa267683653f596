import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Prefix } from '@leadstream/service/prefix';
import { z } from 'zod';
import type { Keep, ProviderEvent } from '../port.ts';
import { parseSesEvent } from './events.ts';
import { readSesMail } from './inbound.ts';
import { sesReceiver } from './receive.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:SES_Events';
const fixture = z.object({
  certificate: z.string().default(''),
  post: z.object({ headers: z.record(z.string(), z.string()), body: z.string() }),
});
const read = (name: string): z.infer<typeof fixture> =>
  fixture.parse(JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')));
const DELIVERY = read('made-signed-v2-delivery');
const QUESTION = read('made-subscription-confirmation');

describe('a post of SNS', () => {
  let server: Server;
  let asked: string[];
  let reply: (path: string) => [status: number, body: string];
  beforeEach(async () => {
    asked = [];
    reply = (path) => [200, path.endsWith('.pem') ? DELIVERY.certificate : '<ok/>'];
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const [status, body] = reply(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/sns`;
  const opened = (topics = [TOPIC]) => {
    const judge = sesReceiver.judge({ SNS_TOPIC_ARNS: topics, SNS_BASE_URL: base() });
    if (!judge) throw new Error('no judge');
    return ({ headers, body }: { headers: Record<string, string>; body: string }, isSecret = false) =>
      judge(headers, [Buffer.from(body.slice(0, 100)), Buffer.from(body.slice(100))], isSecret);
  };
  const changed = (fields: object, { headers, body } = DELIVERY.post) => ({
    headers,
    body: JSON.stringify({ ...(JSON.parse(body) as object), ...fields }),
  });

  it.each(['made-signed-v1-bounce', 'made-signed-v2-delivery'])(
    '%s is ours, and its certificate is read once',
    async (name) => {
      const judge = opened();
      for (let times = 0; times < 3; times++) expect(await judge(read(name).post)).toBe('ours');
      expect(asked).toEqual([expect.stringMatching(/^\/sns\/SimpleNotificationService-.*\.pem$/)]);
    },
  );

  it.each<[string, object]>([
    ['another message', { Message: '{"eventType":"Complaint"}' }],
    ['another subject', { Subject: 'x' }],
    ['no subject', { Subject: undefined }],
    ['the other digest', { SignatureVersion: '1' }],
    ['an unknown digest', { SignatureVersion: '3' }],
    ['no signature', { Signature: '' }],
    ['anybody’s topic', { TopicArn: 'arn:aws:sns:us-east-1:999999999999:SES_Events' }],
  ])('with %s is forged', async (_, fields) => {
    expect(await opened()(changed(fields))).toBe('forged');
  });

  it.each([
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-test.pem',
    'https://evil.example/SimpleNotificationService-test.pem',
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-test.pem',
    'https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-test.pem',
    'https://a@sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem',
    'https://sns.us-east-1.amazonaws.com/?Action=x&y=SimpleNotificationService-test.pem',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem?x=.pem',
    'https://sns.us-east-1.amazonaws.com/a/SimpleNotificationService-test.pem',
    'https://sns.us-east-1.amazonaws.com/x.pem',
    'https://bucket.s3.amazonaws.com/SimpleNotificationService-test.pem',
    'no URL',
  ])('with its certificate at %s is forged, and nothing is asked for', async (SigningCertURL) => {
    expect(await opened()(changed({ SigningCertURL }))).toBe('forged');
    expect(asked).toEqual([]);
  });

  it('is forged by a certificate that SNS does not have, which is not asked for again', async () => {
    reply = () => [404, ''];
    const judge = opened();
    for (let times = 0; times < 3; times++) expect(await judge(DELIVERY.post)).toBe('forged');
    expect(asked).toHaveLength(1);
  });

  it.each<[string, [number, string]]>([
    ['is away', [503, '']],
    ['redirects', [302, '']],
    ['limits', [429, '']],
    ['answers no certificate', [200, 'x']],
    ['answers without an end', [200, 'x'.repeat(100_000)]],
  ])('is judged later while SNS %s', async (_, answer) => {
    const answers = reply;
    reply = () => answer;
    const judge = opened();
    expect(await judge(DELIVERY.post)).toBe('unjudged');
    reply = answers;
    expect(await judge(DELIVERY.post)).toBe('ours');
  });

  it('is answered by a confirmation, of a topic of ours alone', async () => {
    expect(await opened(['arn:aws:sns:us-east-1:123456789012:another'])(QUESTION.post)).toBe('forged');
    expect(asked).toEqual([]);
    expect(await opened()(QUESTION.post)).toBe('answered');
    const { searchParams } = new URL(asked[1] ?? '', base());
    expect(Object.fromEntries(searchParams)).toEqual({
      Action: 'ConfirmSubscription',
      TopicArn: TOPIC,
      Token: (JSON.parse(QUESTION.post.body) as { Token: string }).Token,
    });
  });

  it('is asked again when the confirmation fails', async () => {
    const answers = reply;
    reply = (path) => (path.includes('Confirm') ? [500, ''] : answers(path));
    expect(await opened()(QUESTION.post)).toBe('unjudged');
  });

  it('delivered raw is ours by the secret in its URL, and by the topic in its header', async () => {
    const raw = {
      headers: { ...DELIVERY.post.headers, 'x-amz-sns-rawdelivery': 'true' },
      body: '{"eventType":"Send"}',
    };
    const judge = opened();
    expect(await judge(raw, true)).toBe('ours');
    expect(await judge(raw)).toBe('forged');
    expect(await judge({ ...raw, headers: { ...raw.headers, 'x-amz-sns-topic-arn': 'x' } }, true)).toBe('forged');
  });

  it('has its type in a header', () => {
    expect(sesReceiver.events.hasSignatureShape(DELIVERY.post.headers)).toBe(true);
    expect(sesReceiver.events.hasSignatureShape({ 'x-amz-sns-message-type': 'constructor' })).toBe(false);
    expect(sesReceiver.events.hasSignatureShape({})).toBe(false);
  });
});

const wrapped = (message: unknown): string =>
  JSON.stringify({ Type: 'Notification', Message: JSON.stringify(message) });
const mail = {
  timestamp: '2026-11-05T16:33:50.000Z',
  messageId: 'm-1',
  destination: ['jane@example.com'],
  tags: { send_id: ['s-1'], lead_id: ['3F1C9A80-0000-4000-8000-000000000002'] },
};
const timestamp = '2026-11-05T16:33:54.907Z';
const to = [{ emailAddress: 'Jane <jane@Example.com>' }];

describe('an event of SES', () => {
  it.each<[string, Partial<ProviderEvent>]>([
    ['made-signed-v1-bounce', { kind: 'hard-bounce' }],
    [
      'made-signed-v2-delivery',
      {
        kind: 'delivered',
        address: 'lead@example.com',
        at: '2026-11-05T16:33:54.907Z',
        sendId: '3f1c9a80-0000-4000-8000-000000000001',
        leadId: '3f1c9a80-0000-4000-8000-000000000002',
        providerMessageId: '0100019a-EXAMPLE-000000',
      },
    ],
    ['anymail-bounce_event', { kind: 'hard-bounce', address: 'jane@example.com', status: '5.1.1' }],
    ['anymail-delivery_event', { kind: 'delivered' }],
    ['anymail-send_event', { kind: 'accepted', address: 'recipient@example.com', sendId: undefined }],
    ['anymail-open_event', { kind: 'opened' }],
  ])('%s is read', (name, event) => {
    expect(parseSesEvent(read(name).post.body)).toMatchObject({ events: [{ index: 0, event }], odd: [] });
  });

  it.each<[string, object, Partial<ProviderEvent>]>([
    [
      'a suppressed address',
      {
        eventType: 'Bounce',
        bounce: {
          timestamp,
          bounceType: 'Permanent',
          bounceSubType: 'OnAccountSuppressionList',
          bouncedRecipients: to,
        },
      },
      { kind: 'hard-bounce', dropped: true },
    ],
    [
      'an unsubscribed one',
      {
        eventType: 'Bounce',
        bounce: { timestamp, bounceType: 'Permanent', bounceSubType: 'UnsubscribedRecipient', bouncedRecipients: to },
      },
      { kind: 'unsubscribed' },
    ],
    [
      'a full mailbox',
      {
        eventType: 'Bounce',
        bounce: { timestamp, bounceType: 'Transient', bounceSubType: 'MailboxFull', bouncedRecipients: to },
      },
      { kind: 'soft-bounce', type: 'MailboxFull' },
    ],
    [
      'a bounce of unknown kind',
      { notificationType: 'Bounce', bounce: { timestamp, bounceType: 'Undetermined', bouncedRecipients: to } },
      { kind: 'soft-bounce' },
    ],
    [
      'a complaint without a time',
      { eventType: 'Complaint', complaint: { complainedRecipients: to } },
      { kind: 'complained', at: '' },
    ],
    [
      'the end of a complaint',
      { eventType: 'Complaint', complaint: { timestamp, complaintFeedbackType: 'not-spam', complainedRecipients: to } },
      { kind: 'ignored' },
    ],
    [
      'a delay',
      { eventType: 'DeliveryDelay', deliveryDelay: { timestamp, delayedRecipients: to } },
      { kind: 'deferred' },
    ],
    [
      'a virus',
      { eventType: 'Reject', reject: { reason: 'Bad content' } },
      { kind: 'dropped', dropped: true, reason: 'Bad content' },
    ],
    ['a template', { eventType: 'Rendering Failure', failure: { errorMessage: 'x' } }, { kind: 'dropped' }],
    [
      'an open by a machine',
      { eventType: 'Open', open: { timestamp, isBot: true } },
      { kind: 'opened', machine: true },
    ],
    [
      'a click',
      { eventType: 'Click', click: { timestamp, link: 'https://example.com' } },
      { kind: 'clicked', url: 'https://example.com' },
    ],
    [
      'the way out',
      { eventType: 'Subscription', subscription: { timestamp, newTopicPreferences: { unsubscribeAll: true } } },
      { kind: 'unsubscribed' },
    ],
    [
      'a change of topics',
      { eventType: 'Subscription', subscription: { timestamp, newTopicPreferences: { unsubscribeAll: false } } },
      { kind: 'ignored' },
    ],
  ])('about %s is read, wrapped and raw', (_, event, found) => {
    const common = { address: 'jane@example.com', sendId: 's-1', leadId: '3f1c9a80-0000-4000-8000-000000000002' };
    for (const body of [wrapped({ mail, ...event }), JSON.stringify({ mail, ...event })])
      expect(parseSesEvent(body)).toMatchObject({ events: [{ index: 0, event: { ...common, ...found } }], odd: [] });
  });

  it('is one fact of each recipient, with one key for every delivery of it', () => {
    const bounce = {
      timestamp,
      bounceType: 'Permanent',
      feedbackId: 'f',
      bouncedRecipients: [{ emailAddress: 'a@b.example' }, { emailAddress: 'c@d.example' }],
    };
    const keys = (event: object) => parseSesEvent(wrapped({ mail, ...event })).events.map(({ event: { key } }) => key);
    const first = keys({ eventType: 'Bounce', bounce });
    expect(new Set(first).size).toBe(2);
    expect(keys({ notificationType: 'Bounce', bounce })).toEqual(first);
    expect(keys({ eventType: 'Bounce', bounce: { ...bounce, feedbackId: 'g' } })).not.toEqual(first);
  });

  it('is ignored when its kind is unknown, and when it is SES’s greeting', () => {
    const greeting = 'Successfully validated SNS topic for Amazon SES event publishing.';
    for (const body of [wrapped({ eventType: 'Fax' }), JSON.stringify({ Type: 'Notification', Message: greeting })])
      expect(parseSesEvent(body)).toMatchObject({ events: [{ event: { kind: 'ignored' } }], odd: [] });
  });

  it.each([
    wrapped({}),
    wrapped({ eventType: 'Send' }),
    wrapped({ eventType: 'Send', mail: {} }),
    wrapped({ eventType: 'Delivery', mail, delivery: { recipients: ['a@b.example'] } }),
    wrapped({ eventType: 'Bounce', mail }),
    wrapped([]),
    read('anymail-inbound_s3').post.body,
  ])('that cannot be read is set aside: %s', (body) => {
    expect(parseSesEvent(body)).toMatchObject({ events: [], odd: [{ index: 0, reason: expect.any(String) }] });
  });

  it.each(['', '{{', 'null x', JSON.stringify({ Type: 'Notification', Message: 'x' })])('is none: %s', (body) => {
    expect(() => parseSesEvent(body)).toThrow('not JSON');
  });
});

const keep: Keep = (bytesMax, mayHold) => new Prefix(bytesMax, mayHold);
async function* inChunks(body: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}
const posted = (body: string) => readSesMail(inChunks(body), 'text/plain; charset=UTF-8', keep);

describe('a mail received by SES', () => {
  it('is read whole from an SNS action, wrapped or raw', async () => {
    const { body } = read('anymail-inbound_sns_base64').post;
    for (const text of [body, (JSON.parse(body) as { Message: string }).Message]) {
      const { mime = '', ...rest } = await posted(text);
      expect(rest).toMatchObject({ cut: [], attachments: [] });
      expect(JSON.parse(rest.fields['envelope'] ?? '')).toEqual({
        to: ['inbound@example.com'],
        from: 'envelope-from@example.org',
      });
      expect(Buffer.from(mime, 'base64').toString()).toMatch(/^Return-Path: <bounce-handler@mail\.example\.org>\r\n/);
    }
  });

  const signature = { name: 'DKIM-Signature', value: 'v=1; d=b.example; s=x' };
  const notice = (over: object = {}, headers: object[] = [signature]) => ({
    notificationType: 'Received',
    mail: { source: '<a@b.example>', headersTruncated: false, headers },
    receipt: {
      recipients: ['r+token@reply.example.com'],
      spfVerdict: { status: 'PASS' },
      dkimVerdict: { status: 'PASS' },
      action: { type: 'SNS' },
    },
    content: 'Subject: x\r\n\r\nYes',
    ...over,
  });

  it('has SES’s verdicts; that of DKIM counts for one signature alone', async () => {
    expect((await posted(wrapped(notice()))).fields).toMatchObject({ SPF: 'pass', dkim: '{@b.example : pass}' });
    expect((await posted(wrapped(notice({}, [signature, signature])))).fields).not.toHaveProperty('dkim');
    const cut = { source: 'a@b.example', headersTruncated: true, headers: [signature] };
    expect((await posted(wrapped(notice({ mail: cut })))).fields).not.toHaveProperty('dkim');
  });

  it('in S3 is a reply by its headers, and its text waits for a person', async () => {
    const action = { type: 'S3', bucketName: 'mails', objectKey: 'in/1' };
    const headers = [
      { name: 'In-Reply-To', value: '<s.token@reply.example.com>' },
      { name: 'From', value: 'a@b.example' },
    ];
    const found = await posted(
      wrapped({ ...notice({ content: undefined }, headers), receipt: { recipients: ['r@b.example'], action } }),
    );
    expect(found).toMatchObject({
      fields: { headers: 'In-Reply-To: <s.token@reply.example.com>\nFrom: a@b.example\n' },
      problem: 'a mail without its text: s3://mails/in/1',
    });
    expect(found.mime).toBeUndefined();
  });

  it.each([
    '',
    'x',
    '{}',
    '[]',
    wrapped({}),
    wrapped({ eventType: 'Send', mail }),
    wrapped({ notificationType: 'Received' }),
  ])('that is none is kept with its problem: %s', async (body) => {
    expect(await posted(body)).toMatchObject({ problem: 'no mail in it', raw: Buffer.from(body).toString('base64') });
  });
});
