import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { inboundMail } from '@leadstream/contracts/feedback';
import { Prefix } from '@leadstream/service/prefix';
import fc from 'fast-check';
import { z } from 'zod';
import { MAIL_LIMITS, type MailLimits } from '../inbound/limits.ts';
import type { Keep } from '../port.ts';
import { readInboundMail } from './inbound-parse.ts';

const keep: Keep = (...room) => new Prefix(...room);
const TYPE = 'multipart/form-data; boundary=xYzZY';
const MIB = 1024 * 1024;
interface Part {
  name: string;
  value: string | Uint8Array;
  filename?: string;
  type?: string;
}

const part = ({ name, value, filename, type }: Part): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--xYzZY\r\nContent-Disposition: form-data; ` +
        `name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n` +
        `${type ? `Content-Type: ${type}\r\n` : ''}\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: Part[]): Buffer => Buffer.concat([...parts.map(part), Buffer.from('--xYzZY--\r\n')]);
const read = (body: Uint8Array, type: string | undefined = TYPE, limits?: Partial<MailLimits>) =>
  readInboundMail(Readable.from([body]), type, keep, limits);
const charsets = (labels: object): Part => ({ name: 'charsets', value: JSON.stringify(labels) });

describe('a request of Inbound Parse', () => {
  const fixture = (name: string): string =>
    readFileSync(new URL(`./fixtures/inbound/${name}`, import.meta.url), 'latin1');
  const expected = z
    .record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())]))
    .parse(JSON.parse(fixture('expected-decoded.json')));
  // The captures have bare line feeds; on the wire the form's own lines end in CRLF.
  const onTheWire = (text: string): Buffer =>
    Buffer.from(
      text
        .replace(
          /\n?(--xYzZY(?:--)?)\n?(?:(Content-[^\n]*)\n\n)?/g,
          (_, delimiter, head: string | undefined) => `\r\n${delimiter}\r\n${head ? `${head}\r\n\r\n` : ''}`,
        )
        .replace(/^\r\n/, ''),
      'latin1',
    );

  it.each(
    Object.entries(expected).filter(
      (entry): entry is [string, Record<string, unknown>] => typeof entry[1] === 'object',
    ),
  )('is decoded as another parser decodes it: %s', async (name, oracle) => {
    const { fields, mime, ...rest } = await read(
      onTheWire(fixture(name)),
      `multipart/form-data; boundary=${String(oracle.boundary)}`,
    );
    expect(rest).toEqual({ cut: [], attachments: [] });
    expect([...Object.keys(fields), ...(mime === undefined ? [] : ['email'])].sort()).toEqual(oracle.fields);
    for (const field of ['from', 'to', 'subject', 'text', 'SPF', 'dkim', 'sender_ip', 'attachments'])
      expect([field, fields[field]]).toEqual([field, oracle[field]]);
    for (const field of ['charsets', 'envelope']) expect(JSON.parse(fields[field]!)).toEqual(oracle[field]);
    expect(mime && Buffer.from(mime, 'base64').length).toBe(oracle.raw_mime_bytes);
  });

  it.each(Object.keys(expected).filter((name) => expected[name] === 'no multipart boundary'))(
    'is a problem where another parser finds no form: %s',
    async (name) => {
      expect(await read(onTheWire(fixture(name)))).toMatchObject({ fields: {}, problem: expect.stringMatching(/./) });
    },
  );

  it('reduces attachments to name, type, size and hash', async () => {
    const value = Buffer.from([0, 255, 13, 10, 45, 45]);
    const mail = await read(
      form(
        { name: 'text', value: 'hi' },
        { name: 'attachment1', value, filename: 'C:\\a\\b.bin', type: 'application/x-odd' },
        { name: 'attachment2', value: '', filename: '' },
      ),
    );
    expect(mail).toEqual({
      fields: { text: 'hi' },
      cut: [],
      attachments: [
        {
          name: 'b.bin',
          type: 'application/x-odd',
          bytes: 6,
          sha256: createHash('sha256').update(value).digest('hex'),
        },
        { name: 'attachment2', type: 'text/plain', bytes: 0, sha256: createHash('sha256').digest('hex') },
      ],
    });
  });

  it('is read the same after any split by the network', async () => {
    const filler = fc
      .array(fc.constantFrom('\r', '\n', '-', 'x', 'é', '\r\n--', '--xYz', ' '), { maxLength: 30 })
      .map((pieces) => `.${pieces.join('')}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(filler, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        async (values, sizes) => {
          const body = form(
            ...values.map((value, i) => ({ name: `f${i}`, value, ...(i % 2 ? { filename: 'a' } : {}) })),
          );
          const pieces: Buffer[] = [];
          for (let at = 0, i = 0; at < body.length; at += pieces.at(-1)!.length)
            pieces.push(body.subarray(at, at + sizes[i++ % sizes.length]!));
          const whole = await read(body);
          expect(whole.problem).toBeUndefined();
          expect(whole.fields.f0).toBe(values[0]);
          expect(await readInboundMail(Readable.from(pieces), TYPE, keep)).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a long field', () => {
  it('is joined from many small pieces, and bytes after the form are ignored', async () => {
    const value = Buffer.from(Array.from({ length: 100_000 }, (_, i) => 97 + (i % 26)));
    const body = Buffer.concat([form({ name: 'text', value }), Buffer.alloc(5_000, '\r\n--xYzZY\r\n')]);
    const pieces = Array.from({ length: Math.ceil(body.length / 777) }, (_, i) =>
      body.subarray(i * 777, (i + 1) * 777),
    );
    expect(await readInboundMail(Readable.from(pieces), TYPE, keep)).toEqual({
      fields: { text: value.toString() },
      cut: [],
      attachments: [],
    });
  });
});

describe('a field’s charset', () => {
  it.each([
    ['windows-1252', '47 72 fc df 65 20 80', 'Grüße €'],
    ['gb2312', 'c4 e3 ba c3', '你好'],
    ['shift_jis', '82 b1 82 f1', 'こん'],
    ['iso-8859-10', 'a1 bd', 'Ą―'],
    ['ISO-2022-JP', '1b 24 42 24 22 1b 28 42', 'あ'],
    ['UTF-8', '47 72 c3 bc c3 9f 65', 'Grüße'],
    ['cp850', '47 72 81 e1 65', 'Gr��e'],
    ['utf-8', '47 72 fc 65', 'Grüe'],
    ['utf-8', 'e3 81 93 e3 82 93 ff', 'こん�'],
    ['windows-1252', '47 72 c3 bc c3 9f 65', 'Grüße'],
    ['us-ascii', '47 72 c3 bc 65', 'Grüe'],
    ['koi8-r', 'd1 20 d4 d5 d4', 'я тут'],
    ['gbk', 'c1 aa cd a8', '联通'],
    ['replacement', '41', 'A'],
  ])('%s is used, named before or after the field, unless the bytes contradict it', async (label, hex, text) => {
    const field = { name: 'text', value: Buffer.from(hex.replaceAll(' ', ''), 'hex') };
    const mails = [
      await read(form(charsets({ text: label }), field)),
      await read(form(field, charsets({ text: label }))),
    ];
    expect(mails.map(({ fields }) => fields.text)).toEqual([text, text]);
  });

  it.each(['', '{', '[]', 'null', '{"text":7}', '{"html":"gb2312"}', '{"__proto__":"gb2312"}'])(
    'is UTF-8 when %j names none',
    async (value) => {
      const { fields } = await read(form({ name: 'text', value: 'Grüße' }, { name: 'charsets', value }));
      expect(fields.text).toBe('Grüße');
    },
  );

  it('does not apply to SendGrid’s own envelope: a mail cannot make its recipients unreadable', async () => {
    const envelope = '{"to":["r@example.com"],"from":"a@b.co"}';
    const { fields } = await read(
      form(
        { name: 'envelope', value: envelope },
        { name: 'headers', value: 'From: a@b.co' },
        charsets({ envelope: 'utf-16le', headers: 'utf-16le', charsets: 'utf-16le' }),
      ),
    );
    expect(fields).toMatchObject({ envelope, headers: 'From: a@b.co' });
  });

  it('does not apply to a message posted whole: its bytes are kept', async () => {
    const value = Buffer.from([...Buffer.from('Subject: Gr'), 0xfc, 0xdf, 0x00, 0x80]);
    expect(await read(form({ name: 'email', value }, charsets({ email: 'gb2312' })))).toMatchObject({
      fields: { charsets: expect.anything() },
      mime: value.toString('base64'),
    });
  });

  it('is not taken from the part’s own Content-Type, which another proxy may have written', async () => {
    const { fields } = await read(
      form(
        { name: 'text', value: Buffer.from([0xfc]), type: 'text/plain; charset=utf-8' },
        charsets({ text: 'latin1' }),
      ),
    );
    expect(fields.text).toBe('ü');
  });
});

describe('a large request', () => {
  const stored = (mail: object): number => Buffer.byteLength(JSON.stringify(mail));

  it('has its fields cut at the limit, between characters, and names them', async () => {
    const mail = await read(
      form({ name: 'text', value: 'ä'.repeat(10) }, { name: 'html', value: 'x'.repeat(9) }),
      TYPE,
      { fieldBytes: 9 },
    );
    expect(mail).toEqual({ fields: { text: 'ääää', html: 'x'.repeat(9) }, cut: ['text'], attachments: [] });
  });

  it('stays below 7 MB stored, with any bytes, and keeps the envelope', async () => {
    const control = Buffer.alloc(MIB, 1);
    const parts = ['headers', 'html', 'text', 'subject', 'dkim', 'email'].map((name) => ({
      name,
      value: name === 'email' ? Buffer.concat([control, control]) : control,
    }));
    const files = Array.from({ length: 150 }, () => ({
      name: 'attachment',
      value: 'x',
      filename: '\u0001'.repeat(300),
    }));
    const mail = await read(
      Buffer.concat([
        ...[...parts, ...files, { name: 'envelope', value: '{"to":["r@example.com"]}' }].map(part),
        Buffer.from('--xYzZY'),
      ]),
    );
    expect(mail.problem).toBeDefined();
    expect(mail.fields.envelope).toBe('{"to":["r@example.com"]}');
    expect(mail.cut).toEqual(expect.arrayContaining(['attachments', 'email']));
    expect(stored(mail)).toBeLessThan(7_000_000);
    expect(inboundMail.parse(JSON.parse(JSON.stringify(mail)))).toEqual(mail);
  });

  it('keeps the beginning of a message posted whole, and reports that it is cut', async () => {
    const mail = await read(form({ name: 'email', value: 'Subject: long' }, { name: 'envelope', value: '{}' }), TYPE, {
      fieldBytes: 10,
    });
    expect(mail).toEqual({
      fields: { envelope: '{}' },
      cut: ['email'],
      attachments: [],
      mime: Buffer.from('Subject: l').toString('base64'),
    });
  });

  it('over the limit is read to its end, keeps its first part, and is a problem', async () => {
    let sent = 0;
    const body = function* () {
      yield part({ name: 'subject', value: 'hi' });
      yield Buffer.from('--xYzZY\r\nContent-Disposition: form-data; name="attachment1"; filename="a"\r\n\r\n');
      for (; sent < 40; sent++) yield Buffer.alloc(MIB);
      yield Buffer.concat([Buffer.from('\r\n'), form({ name: 'text', value: 'too late' })]);
    };
    const mail = await readInboundMail(Readable.from(body()), TYPE, keep);
    expect({ ...mail, raw: undefined }).toEqual({
      fields: { subject: 'hi' },
      attachments: [],
      cut: ['attachments'],
      problem: `over ${MAIL_LIMITS.totalBytes} bytes`,
    });
    expect(sent).toBe(40);
    expect(Buffer.from(mail.raw!, 'base64')).toHaveLength(MIB);
  });

  it('holds little of a large attachment in memory', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let peak = 0;
    const body = function* () {
      yield Buffer.from('--xYzZY\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n');
      const before = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 29 * 16; i++) {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        yield chunk;
      }
      yield Buffer.from('\r\n--xYzZY\r\nContent-Disposition: form-data; name="subject"\r\n\r\nhi\r\n--xYzZY--');
    };
    const mail = await readInboundMail(Readable.from(body()), TYPE, keep);
    expect(mail.attachments[0]?.bytes).toBe(29 * MIB);
    expect(peak).toBeLessThan(8 * MIB);
  });

  it.each([
    ['fields', form(...Array.from({ length: 65 }, (_, i) => ({ name: `f${i}`, value: '' })))],
    ['parts', form(...Array.from({ length: 1_001 }, () => ({ name: 'f', value: '' })))],
  ])('of too many %s is a problem', async (what, body) => {
    const mail = await read(body);
    expect(mail.problem).toContain(what);
    expect(Object.keys(mail.fields).length).toBeLessThanOrEqual(64);
  });

  it('of many attachments is no problem: a person may send them', async () => {
    const mail = await read(
      form(...Array.from({ length: 150 }, (_, i) => ({ name: `attachment${i}`, value: 'x', filename: 'x' })), {
        name: 'envelope',
        value: '{}',
      }),
    );
    expect(mail).toMatchObject({ fields: { envelope: '{}' }, cut: ['attachments'] });
    expect([mail.problem, mail.attachments.length]).toEqual([undefined, 100]);
  });
});

describe('a body that can’t be read whole', () => {
  const whole = form({ name: 'subject', value: 'hi' }, { name: 'text', value: 'there' });

  it.each<[string, Uint8Array, string | undefined]>([
    ['without a content type', whole, undefined],
    ['of another type', Buffer.from('{}'), 'application/json'],
    ['urlencoded', Buffer.from('a=b'), 'application/x-www-form-urlencoded'],
    ['without a boundary', whole, 'multipart/form-data'],
    ['with a boundary beyond all measure', whole, `multipart/form-data; boundary=${'b'.repeat(5_000)}`],
    ['with another boundary', whole, 'multipart/form-data; boundary=other'],
    ['empty', Buffer.alloc(0), TYPE],
    ['of nothing but an end', Buffer.from('--xYzZY--\r\n'), TYPE],
    ['of noise', Buffer.from('\r\n--xYzZY\r\n\r\n--xYzZY\r\nfoo\r\n'), TYPE],
  ])('is a problem with its first bytes, never an exception: %s', async (_, body, type) => {
    expect(await readInboundMail(Readable.from([body]), type, keep)).toEqual({
      fields: {},
      cut: [],
      attachments: [],
      problem: expect.stringMatching(/./),
      raw: body.length > 0 ? Buffer.from(body).toString('base64') : '',
    });
  });

  it('keeps the part before its end, at any position', async () => {
    for (let length = 0; length < whole.length - 4; length++) {
      const mail = await read(whole.subarray(0, length));
      expect(mail.problem).toBeDefined();
      expect(mail.raw).toBe(whole.subarray(0, length).toString('base64'));
      if (mail.fields.subject !== 'hi')
        expect(mail.fields.subject === undefined || mail.cut.includes('subject')).toBe(true);
    }
  });

  it('is a value for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 20 }),
            fc
              .constantFrom(
                '--xYzZY',
                '--xYzZY--',
                '\r\n',
                '\r\n\r\n',
                'Content-Disposition: form-data; name="a"',
                '; filename="b"',
                'Content-Type: x',
              )
              .map((text) => Buffer.from(text)),
          ),
          { maxLength: 20 },
        ),
        async (pieces) => {
          expect(
            inboundMail.safeParse(
              await readInboundMail(Readable.from(pieces.filter(({ length }) => length > 0)), TYPE, keep),
            ).success,
          ).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is an exception only when the client disconnected', async () => {
    const hungUp = new Readable({
      read() {
        this.destroy(new Error('aborted'));
      },
    });
    hungUp.push(whole.subarray(0, 20));
    await expect(readInboundMail(hungUp, TYPE, keep)).rejects.toThrow('aborted');
    const gone = new Readable({
      read() {
        this.push(whole.subarray(0, 20));
        this.destroy();
      },
    });
    await expect(readInboundMail(gone, TYPE, keep)).rejects.toThrow();
  });
});

it('a long part without a name is left out, and the mail is read to its end', async () => {
  const nameless = Buffer.from(`--xYzZY\r\nX-Other: 1\r\n\r\n${'a'.repeat(100_000)}\r\n`);
  const body = Buffer.concat([nameless, form({ name: 'text', value: 'Yes.' })]);
  expect(await read(body)).toMatchObject({ fields: { text: 'Yes.' } });
});

describe('a hostile field', () => {
  it('may have the name of an object’s own property', async () => {
    const { fields } = await read(
      form({ name: '__proto__', value: 'x' }, { name: 'constructor', value: 'y' }, { name: 'text', value: 'z' }),
    );
    expect(Object.entries(fields).sort()).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['text', 'z'],
    ]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  it('that comes twice does not replace the first, and is reported', async () => {
    expect(await read(form({ name: 'from', value: 'a' }, { name: 'from', value: 'b' }))).toEqual({
      fields: { from: 'a' },
      cut: ['from'],
      attachments: [],
    });
  });
});
