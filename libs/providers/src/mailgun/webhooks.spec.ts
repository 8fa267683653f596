import { readdirSync, readFileSync } from 'node:fs';
import { Prefix } from '@leadstream/service/prefix';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Keep, ProviderEvent } from '../port.ts';
import { parseMailgunEvent } from './events.ts';
import { readMailgunMail } from './inbound.ts';
import { mailgunReceiver } from './receive.ts';

const KEY = 'leadstream-test-signing-key-0000000000';
const FIXTURES = new URL('./fixtures/', import.meta.url);
const file = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');
const fixture = z.union([
  z.object({ post: z.object({ body: z.string() }) }).transform(({ post }) => post.body),
  z.object({ payload: z.object({ data_posted: z.string() }) }).transform(({ payload }) => payload.data_posted),
  z
    .object({ payload: z.object({ raw_event: z.record(z.string(), z.unknown()) }) })
    .transform(({ payload }) => JSON.stringify(payload.raw_event)),
  z.record(z.string(), z.unknown()).transform((event) => JSON.stringify(event)),
]);
const bodyOf = (name: string): string => fixture.parse(JSON.parse(file(name)));
const eventOf = (body: string): ProviderEvent | undefined => parseMailgunEvent(body).events[0]?.event;

describe('a webhook of Mailgun', () => {
  it.each<[string, Partial<ProviderEvent>]>([
    [
      'made-delivered.json',
      {
        kind: 'delivered',
        address: 'lead@example.com',
        sendId: '3f1c9a80-0000-4000-8000-000000000001',
        leadId: '3f1c9a80-0000-4000-8000-000000000002',
        at: '2026-02-12T18:26:10.658Z',
      },
    ],
    ['made-failed-hard.json', { kind: 'hard-bounce', status: '5.1.1', classification: 'hard' }],
    ['made-variables-empty-list.json', { kind: 'delivered', sendId: undefined, leadId: undefined }],
    ['anymail-failed_permanent_event.json', { kind: 'hard-bounce', dropped: undefined }],
    ['anymail-failed_temporary_event.json', { kind: 'deferred', attempt: '3' }],
    ['anymail-rejected_event.json', { kind: 'dropped', dropped: true, address: 'recipient@example.org' }],
    ['anymail-opened_event.json', { kind: 'opened' }],
    ['anymail-complained_event.json', { kind: 'complained' }],
    ['symfony-accepted.json', { kind: 'accepted' }],
    ['symfony-delivered_messages.json', { kind: 'delivered' }],
    ['symfony-permanent_failure.json', { kind: 'hard-bounce' }],
    ['symfony-suppression_failure.json', { kind: 'hard-bounce', dropped: true }],
    ['symfony-unsubscribes.json', { kind: 'unsubscribed', address: 'alice@example.com' }],
  ])('%s is read', (name, event) => {
    const { events, odd } = parseMailgunEvent(bodyOf(name));
    expect(odd).toEqual([]);
    expect(events).toMatchObject([{ index: 0, event }]);
  });

  it.each<[string, object, ProviderEvent['kind']]>([
    ['a full mailbox, of type soft', { 'delivery-status': { 'bounce-type': 'soft', code: 552 } }, 'soft-bounce'],
    ['eight hours of greylisting', { reason: 'greylisted', 'delivery-status': { code: 602 } }, 'soft-bounce'],
    ['a block by policy', { reason: 'espblock', 'delivery-status': { 'enhanced-code': '5.7.1' } }, 'soft-bounce'],
    [
      'a bounce of a full mailbox',
      { reason: 'bounce', 'delivery-status': { 'enhanced-code': '5.2.2' } },
      'soft-bounce',
    ],
    ['an unknown mailbox', { reason: 'generic', 'delivery-status': { 'enhanced-code': '5.1.1' } }, 'hard-bounce'],
    ['code 606 alone', { 'delivery-status': { code: 606 } }, 'unsubscribed'],
    ['code 607 as text', { 'delivery-status': { code: '607' } }, 'complained'],
    ['a complaint on its list', { reason: 'suppress-complaint' }, 'complained'],
  ])('a permanent failure by %s', (_, fields, kind) => {
    const data = { event: 'failed', severity: 'permanent', timestamp: 1, recipient: 'a@b.example', ...fields };
    expect(eventOf(JSON.stringify({ 'event-data': data }))).toMatchObject({ kind });
  });

  it('is a stop without a readable time, an open is not', () => {
    const body = (event: string) =>
      JSON.stringify({ 'event-data': { event, recipient: 'a@b.example', timestamp: 'x' } });
    expect(eventOf(body('complained'))).toMatchObject({ kind: 'complained', at: '' });
    expect(parseMailgunEvent(body('opened'))).toMatchObject({ events: [], odd: [{ reason: expect.any(String) }] });
  });

  it('has one key for all retries, signed anew or not, and another for each event', () => {
    const delivered = bodyOf('made-delivered.json');
    const key = eventOf(delivered)?.key;
    expect(eventOf(delivered.replace('5177438fc', 'ffffffff0'))?.key).toBe(key);
    expect(eventOf(delivered.replace('"delivered"', '"opened"'))?.key).not.toBe(key);
  });

  it.each(readdirSync(FIXTURES).filter((name) => /^anymail-(?!inbound|attachments)/.test(name)))(
    '%s is read or set aside, and never throws anything else',
    (name) => {
      const body = bodyOf(name);
      if (JSON.stringify(body).includes('event-data')) expect(parseMailgunEvent(body).odd.length).toBeLessThan(2);
      else expect(() => parseMailgunEvent(body)).toThrow('event-data');
    },
  );

  it.each<[string, (body: string) => string, string[], string]>([
    ['any key of the list', (body) => body, ['another', KEY], 'ours'],
    ['a key that was rotated away', (body) => body, ['another'], 'forged'],
    ['a changed token', (body) => body.replace('5177438fc', 'ffffffff0'), [KEY], 'forged'],
    ['no signature', () => '{"event-data":{"event":"delivered"}}', [KEY], 'forged'],
    ['no JSON', () => '{{', [KEY], 'forged'],
    ['another type', () => '[1]', [KEY], 'forged'],
    [
      'its parent account’s signature',
      (body) =>
        body.replace('{"signature":', '{"signature":{"parent-signature":').replace('},"event-data"', '}},"event-data"'),
      [KEY],
      'ours',
    ],
  ])('signed with %s', async (_, change, keys, verdict) => {
    const body = Buffer.from(change(bodyOf('made-delivered.json')));
    const judge = mailgunReceiver.judge({ MAILGUN_SIGNING_KEYS: keys });
    expect(await judge?.({}, [body.subarray(0, 9), body.subarray(9)])).toBe(verdict);
  });
});

const keep: Keep = (max, mayHold) => new Prefix(max, mayHold);
async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const FORM = 'application/x-www-form-urlencoded';
const posted = (body: Buffer | string, size = 7, type = FORM) =>
  readMailgunMail(inChunks(Buffer.from(body), size), type, keep);
const captured = (name: string): { type: string; body: Buffer } => {
  const bytes = readFileSync(new URL(name, FIXTURES));
  const text = bytes.toString('latin1');
  const end =
    text.indexOf('\n\n') >= 0 && !text.includes('\r\n\r\n') ? text.indexOf('\n\n') + 2 : text.indexOf('\r\n\r\n') + 4;
  return { type: /content-type: (.+?)\r?\n/i.exec(text)?.[1] ?? '', body: bytes.subarray(end) };
};

describe('a mail of a Route', () => {
  it('posted raw keeps its bytes, and names its envelope', async () => {
    for (const size of [1, 2, 3, 64 * 1024]) {
      const mail = await posted(bodyOf('made-inbound-mime.json'), size);
      expect(Buffer.from(mail.mime ?? '', 'base64').toString()).toContain('\r\n\r\nYes, call me.\r\n');
      expect(mail.fields).toMatchObject({
        envelope: '{"to":["r+token@reply.example.com"],"from":"jane@example.com"}',
        subject: 'Re: your guide',
      });
      expect(mail.problem).toBeUndefined();
    }
  });

  it('in another charset stays in its bytes', async () => {
    const mail = await posted('recipient=a%40b.example&body-mime=Subject%3A+x%0A%0AGr%FC%DFe+100%+%zz');
    expect(Buffer.from(mail.mime ?? '', 'base64').toString('latin1')).toBe('Subject: x\n\nGrüße 100% %zz');
  });

  it.each(['multi_mail-raw-valid.txt', 'multi_mail-raw-missing-signature.txt'])('%s is read', async (name) => {
    const { body, type } = captured(name);
    const mail = await posted(body, 1_000, type);
    expect(mail).toMatchObject({ fields: { envelope: expect.stringContaining('foo+bar@multimail.mailgun.org') } });
    expect(mail.problem).toBeUndefined();
  });

  it('posted parsed, in parts, has its text and the headers in their order', async () => {
    const { body, type } = captured('multi_mail-parsed-valid.txt');
    const mail = await posted(body, 1_000, type);
    expect(mail.problem).toBeUndefined();
    expect(mail.fields['text']).toContain('bold text');
    expect(mail.fields['headers']).toMatch(/^Received: /m);
  });

  it('proves its writer by the verdicts above the first Received header only', async () => {
    const given = (headers: [string, string][]) =>
      new URLSearchParams({
        'body-plain': 'x',
        sender: 'a@b.example',
        'message-headers': JSON.stringify(headers),
      }).toString();
    const signed: [string, string] = ['DKIM-Signature', 'v=1; d=b.example; s=x'];
    const pass: [string, string][] = [
      ['X-Mailgun-Dkim-Check-Result', 'Pass'],
      ['X-Mailgun-Spf', 'Pass'],
    ];
    const received: [string, string] = ['Received', 'from x'];
    const verdicts = async (headers: [string, string][]) => {
      const { fields } = await posted(given(headers));
      return [fields['SPF'], fields['dkim']];
    };
    expect(await verdicts([...pass, received, signed])).toEqual(['pass', '{@b.example : pass}']);
    expect(await verdicts([received, ...pass, signed])).toEqual([undefined, undefined]);
    expect(await verdicts([...pass, received, ...pass, signed])).toEqual([undefined, undefined]);
    expect(await verdicts([...pass, received, signed, ['DKIM-Signature', 'd=c.example']])).toEqual(['pass', undefined]);
  });

  it('stored at Mailgun is a reply by its text, or else waits for a person', async () => {
    const notice = {
      recipient: 'r+token@reply.example.com',
      'message-url': 'https://storage.example/1',
      from: 'a@b.example',
    };
    const attachments = '[{"url":"https://x","content-type":"image/png","name":"a.png","size":5}]';
    const whole = new URLSearchParams({ ...notice, 'body-plain': 'Yes', attachments }).toString();
    expect(await posted(whole)).toMatchObject({
      fields: { text: 'Yes' },
      attachments: [{ name: 'a.png', type: 'image/png', bytes: 5 }],
    });
    expect((await posted(whole)).problem).toBeUndefined();
    expect(await posted(new URLSearchParams(notice).toString())).toMatchObject({
      fields: { envelope: expect.stringContaining('r+token') },
      problem: 'a stored mail without its text',
    });
  });

  it.each<[string, string, string | undefined]>([
    ['an event', bodyOf('anymail-misconfigured_tracking.json'), 'application/json'],
    ['nothing', '', FORM],
    ['nothing of a type', '', undefined],
    ['other fields', 'a=b&c', FORM],
  ])('that is %s is kept with its problem', async (_, body, type) => {
    const mail = await readMailgunMail(inChunks(Buffer.from(body), 7), type, keep);
    expect(mail.problem).toEqual(expect.any(String));
  });

  it('of 24 MB is cut at 1 MiB, and its other fields are read', async () => {
    const mail = await posted(`body-mime=${'%20'.repeat(8_000_000)}&recipient=r%40b.example`, 64 * 1024);
    expect(mail).toMatchObject({ cut: ['email'], fields: { envelope: expect.stringContaining('r@b.example') } });
    expect(Buffer.from(mail.mime ?? '', 'base64')).toHaveLength(1024 * 1024);
  });
});
