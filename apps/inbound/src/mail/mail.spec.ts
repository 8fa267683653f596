import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { parseHeaders } from './headers.ts';
import { readMail, type Mail } from './mail.ts';

const posted = (fields: Record<string, string>): InboundMail => ({ fields, cut: [], attachments: [] });
const mail = (fields: Record<string, string>): Mail => readMail(posted(fields));

describe('a header block', () => {
  it('is read in any case, repeated, folded, up to the blank line', () => {
    const headers = parseHeaders(
      '\r\nSubject: a\r\n folded\r\n\tline\r\nRECEIVED: one\nReceived : two\r\nnot a ' +
        'header\r\n nor this\r\nX-Empty:\r\nX-Odd: a\u2028b\r\n\r\nTo: body@example.com',
    );
    expect(Object.fromEntries(headers)).toEqual({
      subject: ['a folded line'],
      received: ['one', 'two'],
      'x-empty': [''],
      'x-odd': ['a\u2028b'],
    });
  });

  it('is read with bare carriage returns as line ends', () => {
    expect(Object.fromEntries(parseHeaders('From: a@b.co\rSubject: a\r b\r\rX: y'))).toEqual({
      from: ['a@b.co'],
      subject: ['a b'],
    });
  });

  it('may have names that are also object properties', () => {
    expect(parseHeaders('__proto__: a\nconstructor: b').get('constructor')).toEqual(['b']);
  });
});

describe('the recipients', () => {
  const headers = 'To: "Doe, Jane" <jane@example.com>, Plain@example.com\nCc: team: a@example.com, b@example.com;';

  it('are the envelope’s, whatever the To header says', () => {
    expect(
      mail({ headers, envelope: '{"to":["R+Abc@reply.example.com"," <x@example.com> "],"from":"a@b.co"}' }).recipients,
    ).toEqual(['R+Abc@reply.example.com', 'x@example.com']);
  });

  it.each([
    '',
    '{"from":"a@b.co"}',
    '{"to":"r@example.com"}',
    '{"to":[]}',
    '{"to":[1]}',
    '[1]',
    'null',
    '7',
    '"r"',
    '{',
    '{"to":{"length":1}}',
  ])('are those of To and Cc when the envelope is %j', (envelope) => {
    expect(mail({ headers, envelope }).recipients).toEqual([
      'jane@example.com',
      'Plain@example.com',
      'a@example.com',
      'b@example.com',
    ]);
  });

  it('keep what is readable of an envelope', () => {
    expect(mail({ headers, envelope: '{"to":[1,"r@example.com",null]}' }).recipients).toEqual(['r@example.com']);
  });

  it('are none when no header names one', () => {
    expect(mail({}).recipients).toEqual([]);
    expect(mail({ to: 'undisclosed-recipients:;' }).recipients).toEqual([]);
  });
});

describe('the sender', () => {
  it.each([
    ['jane@example.com', 'jane@example.com'],
    ['<jane@example.com>', 'jane@example.com'],
    ['Jane Doe <Jane@EXAMPLE.com>', 'jane@example.com'],
    ['"Doe, Jane" <jane@example.com>', 'jane@example.com'],
    ['"Doe \\"J\\" <x@y.zz>" <jane@example.com>', 'jane@example.com'],
    ['Jane (the <boss@example.com>, really) <jane@example.com>', 'jane@example.com'],
    ['"a\\"b <x@y.zz>" <jane@example.com>', 'jane@example.com'],
    ['Jane (\\) <x@y.zz>) <jane@example.com>', 'jane@example.com'],
    ['Jane <jane@example.com> <x@y.zz>', 'jane@example.com'],
    ['jane@example.com (Jane)', 'jane@example.com'],
    ['=?utf-8?q?boss=40example.com=3E?= <jane@example.com>', 'jane@example.com'],
    ['boss@example.com <jane@example.com>', 'jane@example.com'],
    ['jane@example.com, joe@example.com', 'jane@example.com'],
    ['"a,b"@example.com', '"a,b"@example.com'],
    ['jane@bücher.example', 'jane@xn--bcher-kva.example'],
    ['Jane <jane@localhost>', 'jane@localhost'],
    ['Jane <jane@example.com', 'jane@example.com'],
    ['Jane', undefined],
    ['', undefined],
  ])('%s is %s', (from, address) => {
    expect(mail({ headers: `From: ${from}` }).from).toBe(address);
  });

  it('is read from the raw header, because the decoded field could contain another address', () => {
    expect(
      mail({ headers: 'From: =?utf-8?q?x=40y.zz=3E?= <jane@example.com>', from: 'x@y.zz> <jane@example.com>' }).from,
    ).toBe('jane@example.com');
    expect(mail({ from: 'Jane <jane@example.com>' }).from).toBe('jane@example.com');
  });

  it.each([
    [
      {
        From: 'Jane via Sales <sales@acme.example>',
        'X-Original-From': 'Jane Doe <jane@example.com>',
        'X-Original-Sender': 'j@example.com',
      },
    ],
    [{ From: '"jane@example.com" via Sales <sales@acme.example>', 'X-Original-Sender': 'jane@example.com' }],
    [{ From: 'jane@example.com', 'X-Original-From': 'nobody' }],
  ])('is who wrote, where a group has put itself into From: %j', (headers) => {
    expect(
      mail({
        headers: Object.entries(headers)
          .map((header) => header.join(': '))
          .join('\n'),
      }).from,
    ).toBe('jane@example.com');
  });

  it.each([
    ['{"to":[],"from":"Bounce@Example.com"}', 'bounce@example.com', false],
    ['{"to":[],"from":"<a@b.co>"}', 'a@b.co', false],
    ['{"to":[],"from":""}', undefined, true],
    ['{"to":[],"from":"<>"}', undefined, true],
    ['{"to":[]}', undefined, false],
    ['{"from":7}', undefined, false],
    ['[1]', undefined, false],
  ])('of the envelope %s is %s, null: %s', (envelope, address, isNull) => {
    expect([mail({ envelope }).envelopeFrom, mail({ envelope }).isNullSender]).toEqual([address, isNull]);
  });
});

describe('a mail without an envelope', () => {
  it.each([
    ['<>', true],
    ['<jane@example.com>', false],
    ['', false],
  ])('has the null sender where its Return-Path is %s: %s', (path, isNull) => {
    expect(mail({ headers: `Return-Path: ${path}` }).isNullSender).toBe(isNull);
  });
});

describe('a mail’s natural key', () => {
  const headers = 'Message-ID: <1@example.com>';
  const envelope = '{"to":["a@b.co","c@d.co"]}';
  const key = mail({ headers, envelope, text: 'hi' }).key;

  it('is the same for a retry, whatever other headers were added', () => {
    expect(
      mail({
        headers: 'message-id:  1@example.com ',
        envelope: '{"to":["c@d.co","a@b.co"]}',
        text: 'other',
        spam_score: '1',
      }).key,
    ).toBe(key);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it('differs for another recipient and for another Message-ID', () => {
    expect(
      new Set([
        key,
        mail({ headers, envelope: '{"to":["a@b.co"]}' }).key,
        mail({ headers: 'Message-ID: <2@example.com>', envelope }).key,
      ]).size,
    ).toBe(3);
  });

  it('is the whole mail’s when it has no Message-ID, in any order of its fields', () => {
    const bare = mail({ text: 'hi', subject: 's' }).key;
    expect(mail({ subject: 's', text: 'hi' }).key).toBe(bare);
    expect(mail({ headers: 'Message-ID: <>', subject: 's', text: 'hi' }).key).not.toBe(bare);
    expect(mail({ text: 'ho', subject: 's' }).key).not.toBe(bare);
    expect(readMail({ ...posted({}), raw: 'YQ==' }).key).not.toBe(readMail({ ...posted({}), raw: 'Yg==' }).key);
  });
});
