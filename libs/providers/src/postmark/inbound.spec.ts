import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { inboundMail } from '@leadstream/contracts/feedback';
import { Prefix } from '@leadstream/service/prefix';
import fc from 'fast-check';
import type { Keep } from '../port.ts';
import { readPostedMail } from './inbound.ts';
import type { MailLimits } from './posted-mail.ts';

const MIB = 1024 * 1024;
const keep: Keep = (...room) => new Prefix(...room);
const read = (body: string | Uint8Array, limits?: Partial<MailLimits>) =>
  readPostedMail(Readable.from([Buffer.from(body)]), 'application/json', keep, limits);
const readMail = (mail: object, limits?: Partial<MailLimits>) => read(JSON.stringify(mail), limits);

const folder = new URL('./fixtures/inbound/', import.meta.url);
const sample = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const posted = (name: string): string =>
  (JSON.parse(sample(name)) as { payload: { data_posted: string } }).payload.data_posted;
/** A capture begins with the headers of its request. */
const captured = (name: string): string =>
  sample(name)
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join('\n\n');
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

const MAIL = {
  FromFull: { Email: 'jane@example.com', Name: 'Jane "J" <eve@evil.example>', MailboxHash: '' },
  ToFull: [{ Email: 'r+token@reply.example.com', Name: '', MailboxHash: 'token' }],
  OriginalRecipient: 'r+token@reply.example.com',
  Subject: 'Re: Hé 😀',
  Date: 'Wed, 11 Oct 2017 18:31:04 -0700',
  TextBody: 'Yes, please.',
  HtmlBody: '<p>Yes, please.</p>',
  Headers: [
    { Name: 'Return-Path', Value: '<jane@example.com>' },
    { Name: 'Message-ID', Value: '<m1@example.com>' },
  ],
};

describe('an inbound mail of Postmark', () => {
  it('has the fields in which inbound reads a mail', async () => {
    expect(await readMail(MAIL)).toEqual({
      fields: {
        headers:
          'From: "Jane \\"J\\" <eve@evil.example>" <jane@example.com>\nTo: r+token@reply.example.com\n' +
          'Subject: Re: Hé 😀\nDate: Wed, 11 Oct 2017 18:31:04 -0700\n' +
          'Return-Path: <jane@example.com>\nMessage-ID: <m1@example.com>\n',
        from: '"Jane \\"J\\" <eve@evil.example>" <jane@example.com>',
        to: 'r+token@reply.example.com',
        subject: 'Re: Hé 😀',
        date: 'Wed, 11 Oct 2017 18:31:04 -0700',
        text: 'Yes, please.',
        html: '<p>Yes, please.</p>',
        envelope: '{"to":["r+token@reply.example.com"],"from":"jane@example.com"}',
      },
      cut: [],
      attachments: [],
    });
  });

  it.each<[string, string, object]>([
    [
      'anymail’s basics: the first Return-Path alone is the envelope’s',
      posted('anymail-inbound_basics.json'),
      {
        envelope: '{"to":["test@inbound.example.com"],"from":"envelope-from@example.org"}',
        from: '"Displayed From" <from+test@example.org>',
        to: '"Test Inbound" <test@inbound.example.com>, other@example.com',
        text: 'Test body plain',
        html: '<div>Test body html</div>',
        subject: 'Test subject',
      },
    ],
    [
      'the test post of Postmark’s console',
      sample('anymail-inbound-test-payload.json'),
      {
        envelope: '{"to":["mailbox+SampleHash@inbound.postmarkapp.com"]}',
        from: '"Postmarkapp Support" <support@postmarkapp.com>',
        text: 'This is a test text body.',
      },
    ],
    [
      'a capture of 2013',
      captured('multi_mail-valid.txt'),
      {
        from: '"James McKinney" <james@opennorth.ca>',
        headers: expect.stringContaining('Message-Id: <26ECCA85-47DE-4E66-827A-B35E34874F26@opennorth.ca>\n'),
        subject: 'Test',
      },
    ],
  ])('is read from a sample: %s', async (_, body, fields) => {
    const mail = await read(body);
    expect(mail.problem).toBeUndefined();
    expect(mail.fields).toMatchObject(fields);
    expect(inboundMail.parse(mail)).toEqual(mail);
  });

  it('is the raw mail where nothing of it is parsed, and the parsed one otherwise', async () => {
    const mail = await read(posted('anymail-inbound_with_raw_email.json'));
    expect(Buffer.from(mail.mime!, 'base64').toString()).toContain(
      '\nFrom: "Displayed From" <from+test@example.org>\n',
    );
    expect(mail.fields.envelope).toBe('{"to":["test@inbound.example.com"],"from":"envelope-from@example.org"}');
    expect(await readMail({ ...MAIL, RawEmail: 'Subject: x\n\ny' })).toEqual(await readMail(MAIL));
  });

  it('has its own From, To, Subject and Date once', async () => {
    const { fields } = await readMail({ ...MAIL, Headers: [{ Name: 'FROM', Value: 'x@example.com' }] });
    expect(fields.headers?.match(/^from:/gim)).toHaveLength(1);
    expect(fields.envelope).toBe('{"to":["r+token@reply.example.com"]}');
  });

  it('gets no header from a line feed in a value, and none without a name', async () => {
    const { fields } = await readMail({
      ...MAIL,
      Date: 'x\r\nAuto-Submitted: auto-replied',
      Headers: [
        { Name: 'X-A', Value: 'a\n b\r\nX-Evil: 1' },
        { Name: 'X-B: 1\nX-Evil', Value: '2' },
        { Name: 'X-C' },
        { Value: 'nameless' },
        7,
        null,
        { Name: 'X-D', Value: { Name: 'nested' } },
      ],
    });
    expect(fields.headers?.split('\n').filter((line) => /^(?:X-|Auto|Date)/.test(line))).toEqual([
      'Date: x Auto-Submitted: auto-replied',
      'X-A: a b X-Evil: 1',
      'X-C: ',
      'X-D: ',
    ]);
  });

  it('reduces attachments to name, type, size and hash', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 9]);
    const { attachments } = await readMail({
      ...MAIL,
      Attachments: [
        { Name: 'a.bin', Content: base64(bytes), ContentType: 'application/x-odd', ContentLength: 7 },
        { ContentType: 'text/plain', Data: base64('second'), Name: 'b.txt' },
        { Name: 'none' },
      ],
    });
    expect(attachments).toEqual([
      { name: 'a.bin', type: 'application/x-odd', bytes: 7, sha256: sha256(bytes) },
      { name: 'b.txt', type: 'text/plain', bytes: 6, sha256: sha256('second') },
      { name: 'none', type: '', bytes: 0, sha256: sha256('') },
    ]);
  });

  it('keeps the parts of a delivery status notification', async () => {
    const status = 'Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; jane@example.com\nStatus: 5.1.1\n';
    const returned = 'Message-ID: <m1@example.com>\n\nthe body';
    const Attachments = [
      { Name: '', Content: base64(status), ContentType: 'message/delivery-status' },
      { Name: '', Content: base64(returned), ContentType: 'message/rfc822' },
    ];
    expect((await readMail({ ...MAIL, Attachments })).report).toEqual({
      status,
      returned: 'Message-ID: <m1@example.com>',
    });
  });

  it('has the null sender of a bounce', async () => {
    const Headers = [{ Name: 'Return-Path', Value: '<>' }];
    expect((await readMail({ ...MAIL, Headers })).fields.envelope).toContain('"from":""');
  });

  it('is read the same after any split by the network', async () => {
    const Attachments = [{ Name: 'é', Content: base64('0123456789'), ContentType: 'x/y' }];
    const body = Buffer.from(JSON.stringify({ ...MAIL, Attachments }));
    const whole = await read(body);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(body.length), { maxLength: 20 }), async (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), body.length];
        const chunks = cuts.slice(1).map((end, index) => body.subarray(cuts[index], end));
        expect(await readPostedMail(Readable.from(chunks), undefined, keep)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['half of a document', JSON.stringify(MAIL).slice(0, 200)],
    ['two documents', `${JSON.stringify(MAIL)}${JSON.stringify(MAIL)}`],
    ['a form', 'from=jane%40example.com&text=hi'],
    ['deep nesting', '{"a":'.repeat(100_000)],
    ['deep lists', '['.repeat(100_000)],
    ['an event', '{"RecordType":"Delivery"}'],
  ])('has a problem and its beginning when it cannot be read: %s', async (_, body) => {
    const mail = await read(body);
    expect(mail).toMatchObject({ problem: expect.stringMatching(/./) });
    expect(Buffer.from(mail.raw!, 'base64').toString()).toBe(body.slice(0, MIB));
  });

  it('keeps what came of a mail that ends early', async () => {
    const body = JSON.stringify(MAIL);
    const mail = await read(body.slice(0, body.indexOf('HtmlBody')));
    expect(mail.fields).toMatchObject({ text: 'Yes, please.', subject: 'Re: Hé 😀' });
    expect(mail.problem).toBeDefined();
  });

  it('is cut at its limits, and stays small enough to be stored', async () => {
    const limits = { fieldBytes: 64 * 1024, fieldsJsonBytes: 192 * 1024, headers: 200 };
    const mail = await readMail(
      {
        ...MAIL,
        TextBody: 'é'.repeat(limits.fieldBytes),
        HtmlBody: '\u0001'.repeat(limits.fieldBytes),
        Headers: Array.from({ length: 300 }, (_, i) => ({ Name: `X-${i}`, Value: 'x'.repeat(200) })),
        Attachments: Array.from({ length: 150 }, () => ({ Name: 'a'.repeat(500), Content: 'AAAA', ContentType: 'x' })),
      },
      limits,
    );
    expect(mail.cut.sort()).toEqual(['attachments', 'headers', 'html', 'text']);
    expect(mail.attachments).toHaveLength(100);
    expect(mail.attachments[0]?.name).toHaveLength(200);
    expect(mail.fields.envelope).toBeDefined();
    expect(Buffer.byteLength(JSON.stringify(mail.fields))).toBeLessThan(limits.fieldsJsonBytes + 1_024);
  });

  it('is refused its memory by the process, not by a crash', async () => {
    const none: Keep = (max) => new Prefix(max, () => false);
    const mail = await readPostedMail(Readable.from([Buffer.from(JSON.stringify(MAIL))]), undefined, none);
    expect(mail.fields).not.toHaveProperty('text', MAIL.TextBody);
  });

  it('takes no more memory for 35 MB of attachments, and is read to its end beyond the limit', async () => {
    const chunk = Buffer.from('QUJD'.repeat(16_384));
    const mib = (count: number) =>
      (function* () {
        yield Buffer.from(`${JSON.stringify(MAIL).slice(0, -1)},"Attachments":[{"Name":"big","Content":"`);
        for (let i = 0; i < count * 16; i++) yield chunk;
        yield Buffer.from('","ContentType":"a/b"}]}');
      })();
    let held = 0;
    const counting: Keep = (max, mayHold) =>
      new Prefix(max, (bytes) => {
        held += bytes;
        return mayHold(bytes);
      });
    const mail = await readPostedMail(Readable.from(mib(47)), undefined, counting);
    expect(mail).toMatchObject({ fields: { text: MAIL.TextBody }, attachments: [{ bytes: 47 * MIB * 0.75 }] });
    expect(mail.problem).toBeUndefined();
    expect(held).toBeLessThan(2 * MIB);
    const over = await readPostedMail(Readable.from(mib(3)), undefined, counting, { totalBytes: 2 * MIB });
    expect(over.problem).toBe(`over ${2 * MIB} bytes`);
  });
});
