import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { inboundMail, type InboundMail } from '@leadstream/contracts/feedback';
import { Retry } from '@leadstream/eventlog/errors';
import fc from 'fast-check';
import { readMail } from './mail.ts';
import { parsedMail } from './mime.ts';
import { Prefix } from '@leadstream/service/prefix';
import { readInboundMail } from '@leadstream/providers/sendgrid/inbound-parse';
import { classify } from '../reply/class.ts';

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const raw = (mime: Buffer | string, over: Partial<InboundMail> = {}): InboundMail => ({
  fields: { envelope: '{"to":["r@acme.example"],"from":"jane@example.com"}', subject: 'as SendGrid decoded it' },
  cut: [],
  attachments: [],
  mime: Buffer.from(mime as string, 'latin1').toString('base64'),
  ...over,
});
const lines = (...text: string[]): string => text.join('\r\n');
const part = (boundary: string, ...content: string[]): string => lines(`--${boundary}`, ...content, '');
const TREE = lines(
  'From: =?iso-8859-1?q?J=E4ne?= <jane@example.com>',
  'Subject: =?utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?_aus_Wien?=',
  'Message-ID: <1@example.com>',
  'Content-Type: multipart/mixed; boundary="a"',
  '',
  'preamble',
  part(
    'a',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    part('b', 'Content-Type: text/plain; charset=windows-1252', '', 'Gr\xfc\xdfe \x80') +
      part(
        'b',
        'Content-Type: text/html; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        '<p>Gr=C3=BC=C3=9Fe</p>=',
      ) +
      '--b--',
  ),
  part(
    'a',
    'Content-Type: application/pdf; name="=?utf-8?q?Vertr=C3=A4ge=2Epdf?="',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment',
    '',
    'JVBERi0x',
    'LjQ=',
  ),
  part(
    'a',
    'Content-Type: image/png',
    "Content-Disposition: inline; filename*=utf-8''bild%20%C3%A4.png",
    'Content-Transfer-Encoding: base64',
    '',
    'AAEC',
  ),
  '--a--',
  '',
);

describe('a mail that is posted raw', () => {
  it('is read like a parsed post: texts in their charsets, attachments by name, size and hash', async () => {
    const { fields, ...rest } = await parsedMail(raw(TREE));
    expect(fields).toMatchObject({
      subject: 'Grüße aus Wien',
      text: expect.stringMatching(/^Grüße €\s*$/),
      html: expect.stringMatching(/^<p>Grüße<\/p>\s*$/),
      envelope: expect.anything(),
    });
    expect(rest).toMatchObject({
      cut: [],
      attachments: [
        { name: 'Verträge.pdf', type: 'application/pdf', bytes: 8, sha256: sha256('%PDF-1.4') },
        { name: 'bild ä.png', type: 'image/png', bytes: 3, sha256: sha256(Buffer.from([0, 1, 2])) },
      ],
    });
    expect(rest.problem).toBeUndefined();
  });

  it('has sender, recipients and natural key of the message', async () => {
    const mail = await parsedMail(raw(TREE));
    expect(readMail(mail)).toMatchObject({
      from: 'jane@example.com',
      envelopeFrom: 'jane@example.com',
      recipients: ['r@acme.example'],
    });
    expect(readMail(mail).key).toBe(
      readMail(await parsedMail(raw(TREE, { fields: { ...raw('').fields, spam_score: '3' } }))).key,
    );
    expect(readMail(mail).key).not.toBe(readMail(await parsedMail(raw(TREE.replace('<1@', '<2@')))).key);
    const nameless = raw(TREE.replace('Message-ID', 'X-Not'));
    // The key is the same when the first parse ran out of time.
    expect(readMail(await parsedMail(nameless, 0)).key).toBe(readMail(await parsedMail(nameless)).key);
    expect(readMail(await parsedMail(nameless)).key).not.toBe(readMail(await parsedMail(raw('other'))).key);
  });

  it.each([
    ['gb2312', 'base64', 'xOO6ww==', '你好'],
    ['iso-2022-jp', '7bit', '\x1b$B$"\x1b(B', 'あ'],
    ['shift_jis', '8bit', '\x82\xb1\x82\xf1', 'こん'],
    ['utf-8', 'quoted-printable', 'Gr=C3=BC=\r\n=C3=9Fe', 'Grüße'],
    ['no-such-charset', '8bit', 'Gr\xfc\xdfe', 'Grüße'],
    ['utf-8', 'no-such-encoding', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
  ])('in %s and %s is decoded', async (charset, encoding, body, text) => {
    const { fields } = await parsedMail(
      raw(lines(`Content-Type: text/plain; charset=${charset}`, `Content-Transfer-Encoding: ${encoding}`, '', body)),
    );
    expect(fields.text?.trim()).toBe(text);
  });

  it.each([
    [
      'asks for no more in its first line',
      'unsubscribe',
      'Content-Transfer-Encoding: base64',
      Buffer.from('Unsubscribe\r\n\r\n> hello').toString('base64'),
    ],
    [
      'asks in HTML alone',
      'unsubscribe',
      'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable',
      '<div>Unsub=\r\nscribe</div>',
    ],
    [
      'tells of an absence',
      'out-of-office',
      'Auto-Submitted: auto-replied\r\nContent-Transfer-Encoding: quoted-printable',
      'away until 2026-12-0=\r\n1',
    ],
    [
      'is a delivery report of a delay',
      'receipt',
      'Content-Type: multipart/report; boundary=r; report-type=delivery-status',
      lines(
        '--r',
        '',
        'Not yet.',
        '--r',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; a',
        '',
        'Action: delayed',
        '--r--',
      ),
    ],
    [
      'is a delivery report of a failure',
      'bounce',
      'Content-Type: multipart/mixed; boundary=r',
      lines('--r', '', 'Gone.', '--r', 'Content-Type: message/delivery-status', '', 'Action: failed', '--r--'),
    ],
    [
      'is a complaint',
      'complaint',
      'Content-Type: multipart/mixed; boundary=r',
      lines('--r', '', 'Spam.', '--r', 'Content-Type: message/feedback-report', '', 'Feedback-Type: abuse', '--r--'),
    ],
    [
      'is a delivery report of a delay, after many words',
      'receipt',
      'Content-Type: multipart/report; boundary=r; report-type=delivery-status',
      lines(
        '--r',
        '',
        'words\r\n'.repeat(4_000),
        '--r',
        'Content-Type: message/delivery-status',
        '',
        'Action: delayed',
        '--r--',
      ),
    ],
    [
      'has a bounce attached',
      'human',
      'Content-Type: multipart/mixed; boundary=r',
      lines(
        '--r',
        '',
        'See below, call me.',
        '--r',
        'Content-Type: message/rfc822',
        '',
        'From: MAILER-DAEMON@example.com',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=s',
        '',
        '--s',
        'Content-Type: message/delivery-status',
        '',
        'Action: failed',
        '--s--',
        '--r--',
      ),
    ],
    [
      'tells of an absence in HTML alone',
      'out-of-office',
      'Subject: x\r\nAuto-Submitted: auto-replied\r\nContent-Type: text/html; ' +
        'charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable',
      '<style><!-- p > a {} --></style><p>Je serai de retour le <b>1er d=E9cembre</b>.</p>',
    ],
    ['has a subject in bytes of no charset', 'out-of-office', 'Subject: R\xe9ponse automatique : x', 'x'],
    [
      'asks for no more in a flowed line',
      'unsubscribe',
      'Content-Type: text/plain; format=flowed',
      lines('Please unsubscribe me ', 'from this list.', ''),
    ],
    [
      'asks for no more in UTF-16',
      'unsubscribe',
      'Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64',
      Buffer.from('unsubscribe', 'utf16le').toString('base64'),
    ],
    [
      'is signed, and of a machine',
      'out-of-office',
      'Auto-Submitted: auto-replied\r\nContent-Type: multipart/signed; ' +
        'protocol="application/pkcs7-signature"; boundary=r',
      lines('--r', '', 'away until 2026-12-01', '--r', 'Content-Type: application/pkcs7-signature', '', 'x', '--r--'),
    ],
    [
      'accepts a meeting',
      'human',
      'Content-Type: multipart/mixed; boundary=r',
      lines('--r', 'Content-Type: text/calendar; method=REPLY', '', 'BEGIN:VCALENDAR', '--r--'),
    ],
  ])('is understood where it %s', async (_, kind, headers, body) => {
    const found = classify(
      readMail(await parsedMail(raw(`From: jane@example.com\r\nMIME-Version: 1.0\r\n${headers}\r\n\r\n${body}`))),
      '2026-11-21T10:00:00Z',
    );
    expect('class' in found ? found.class : found.notAReply).toBe(kind);
  });

  it.each([
    ['no MIME', 'just text'],
    ['nothing', ''],
    ['headers alone', 'From: jane@example.com'],
    ['an endless boundary', `Content-Type: multipart/mixed; boundary=${'x'.repeat(5_000)}\r\n\r\n--x`],
  ])('of %s is a mail all the same', async (_, mime) => {
    const mail = await parsedMail(raw(mime));
    expect(mail.problem).toBeUndefined();
    expect(classify(readMail(mail))).toMatchObject({ class: 'human' });
  });

  it('that was cut off lists no incomplete attachment', async () => {
    const end = TREE.indexOf('AAEC') + 2;
    const { attachments, cut, problem } = await parsedMail(raw(TREE.slice(0, end), { cut: ['email'] }));
    expect([attachments.map(({ name }) => name), cut, problem]).toEqual([
      ['Verträge.pdf'],
      ['email', 'attachments'],
      undefined,
    ]);
  });

  it.each(['\r', '\n'])('is read with %j alone as its line ends', async (end) => {
    const mail = await parsedMail(
      raw(
        lines('From: jane@example.com', 'Subject: Automatic reply: x', '', 'back 2026-11-30').replaceAll('\r\n', end),
      ),
    );
    expect([readMail(mail).from, classify(readMail(mail), '2026-11-21T10:00:00Z')]).toEqual([
      'jane@example.com',
      { class: 'out-of-office', evidence: 'subject of an automatic reply', until: '2026-12-01T00:00:00Z' },
    ]);
  });

  it('of SendGrid’s own documentation is read', async () => {
    const capture = readFileSync(
      new URL(
        '../../../../libs/providers/src/sendgrid/fixtures/inbound/raw_data_with_attachments.txt',
        import.meta.url,
      ),
      'latin1',
    );
    const form = Buffer.from(capture.replace(/\r?\n/g, '\r\n'), 'latin1');
    const mail = await parsedMail(
      await readInboundMail(
        Readable.from([form]),
        'multipart/form-data; boundary=xYzZY',
        (...room) => new Prefix(...room),
      ),
    );
    expect(mail).toMatchObject({
      fields: {
        subject: 'Inbound Parse Test Raw Data with Attachment',
        text: expect.stringContaining('Hello Twilio SendGrid!'),
        html: expect.stringContaining('<strong>'),
      },
    });
    expect(mail.attachments).toMatchObject([{ name: expect.stringMatching(/./), bytes: expect.any(Number) }]);
  });

  it('is unchanged when it was posted parsed', async () => {
    const parsed: InboundMail = { fields: { headers: 'From: a@b.co', text: 'hi' }, cut: [], attachments: [] };
    expect(await parsedMail(parsed)).toBe(parsed);
  });
});

describe('a message made to be expensive', () => {
  const HEAD = 'From: jane@example.com\r\nAuto-Submitted: auto-replied\r\n';
  const fill = (piece: string): string => piece.repeat(MIB / piece.length);
  const nested = (depth: number): string =>
    Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
      '',
    );
  const bombs: [string, string][] = [
    ['100,000 headers', `${HEAD}${'X-A: b\r\n'.repeat(100_000)}\r\nhi`],
    ['a header without end', `${HEAD}Subject: ${fill('=?utf-8?q?a?= ')}\r\n\r\n`],
    ['recipients without end', `${HEAD}To: ${fill('a:"<(')}\r\n\r\n`],
    ['nesting', HEAD + nested(10_000)],
    ['messages in messages', HEAD + 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000)],
    ['a million lines', `${HEAD}\r\n${fill('\n')}`],
    ['parts without end', `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${fill('--b\r\n\r\n')}`],
    ['a digest', `${HEAD}Content-Type: multipart/digest; boundary=b\r\n\r\n${fill('--b\n\nSubject: a\n\nx\n')}`],
    [
      'open links',
      `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n` +
        `--b\r\nContent-Type: text/html\r\n\r\n${fill('<a href="')}`,
    ],
    ['base64 that is none', `${HEAD}Content-Transfer-Encoding: base64\r\n\r\n${fill('=*Y')}`],
  ];

  it.each(bombs)('stops at its time limit, and is still read by its headers: %s', async (_, mime) => {
    const mail = await parsedMail(raw(mime), 300);
    expect(mail.problem ?? 'MIME: read').toMatch(/^MIME: /);
    expect(readMail(mail)).toMatchObject({ from: 'jane@example.com', recipients: ['r@acme.example'] });
    expect(classify(readMail(mail))).toMatchObject({ class: expect.stringMatching(/^(?:auto|out-of-office)$/) });
  });

  it('keeps two mails at most waiting: more of them come again later, and are read whole then', async () => {
    const slow = parsedMail(raw(bombs[8]![1]), 2_000);
    const others = await Promise.allSettled(Array.from({ length: 7 }, () => parsedMail(raw(TREE))));
    const refused = others.filter((one) => one.status === 'rejected');
    expect(refused.map(({ reason }) => reason as unknown)).toEqual(Array.from({ length: 5 }, () => expect.any(Retry)));
    expect((await slow).problem).toBe('MIME: not read within 2000 ms');
    const read = others.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const again = await Promise.all(refused.map(() => parsedMail(raw(TREE))));
    expect([...read, ...again].map(({ problem }) => problem)).toEqual(Array.from({ length: 7 }, () => undefined));
  });

  it('is no reason to shed a burst of ordinary mails', async () => {
    const mails = await Promise.all(Array.from({ length: 20 }, () => parsedMail(raw(TREE))));
    expect(mails.map(({ problem }) => problem)).toEqual(Array.from({ length: 20 }, () => undefined));
  });

  it('does not block the process: other work continues', async () => {
    let turns = 0;
    const ticking = setInterval(() => {
      turns++;
    }, 1);
    await parsedMail(raw(bombs[7]![1]), 300);
    clearInterval(ticking);
    // A parser in this process would block the event loop; a busy machine allows few turns.
    expect(turns).toBeGreaterThan(2);
  });

  it('adds its problem to an earlier one', async () => {
    expect((await parsedMail(raw(bombs[3]![1]))).problem).toBe(
      'MIME: Maximum MIME nesting depth of 64 levels exceeded',
    );
    expect((await parsedMail(raw(bombs[3]![1], { problem: 'the body ended too early' }))).problem).toBe(
      'the body ended too early',
    );
  });

  it('is parsed to a mail from any bytes', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .constantFrom(
          'Content-Type: multipart/mixed; boundary=b',
          'Content-Type: text/html; charset=',
          'Content-Transfer-Encoding: base64',
          '--b',
          '--b--',
          '\r\n',
          '\r\n\r\n',
          '\n',
          '=?utf-8?b?',
          '=',
          '"',
          'message/rfc822',
        )
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const mail = await parsedMail(raw(Buffer.concat(pieces).toString('latin1')));
        expect(inboundMail.safeParse(JSON.parse(JSON.stringify(mail))).success).toBe(true);
        expect(mail.problem).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });
});
