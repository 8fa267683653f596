import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { provenWriters } from './authentication.ts';
import { readMail } from './mail.ts';
import { parsedMail } from './mime.ts';

const JANE = 'jane@example.com';
const STRANGER = 'eve@evil.example';
interface Given {
  from?: string;
  envelope?: string | null;
  SPF?: string;
  dkim?: string;
  headers?: string;
}
/** One signature for each verdict. */
const signatures = (dkim: string): string =>
  [...dkim.matchAll(/@([^\s@]+) :/g)].map(([, domain]) => `DKIM-Signature: v=1; d=${domain}\n`).join('');
const mail = ({
  from = JANE,
  envelope = STRANGER,
  SPF = 'fail',
  dkim = 'none',
  headers = signatures(dkim),
}: Given): InboundMail => ({
  fields: {
    headers: `From: ${from}\n${headers}`,
    from,
    SPF,
    dkim,
    ...(envelope === null ? {} : { envelope: JSON.stringify({ to: ['sales@acme.example'], from: envelope }) }),
  },
  cut: [],
  attachments: [],
});
const proven = (given: Given): string[] => provenWriters(readMail(mail(given)));

describe('a mail proves its From', () => {
  it.each<[string, Given]>([
    ['a signature of its domain', { dkim: '{@example.com : pass}' }],
    ['a signature of its domain among others', { dkim: '{@mailer.example : pass, @example.com : pass}' }],
    [
      'one signature that is valid where another is not',
      { dkim: '{@mailer.example : fail (body has been altered), @Example.COM : Pass}' },
    ],
    ['a signature of a subdomain: relaxed alignment', { dkim: '{@mail.example.com : pass}' }],
    [
      'a signature of the organisation, for an address below it',
      { from: 'jane@sales.example.co.uk', dkim: '{@example.co.uk : pass}' },
    ],
    [
      'as many verdicts as signatures',
      {
        dkim: '{@mailer.example : pass, @example.com : pass}',
        headers: 'DKIM-Signature: d=mailer.example\nDKIM-Signature: d=example.com\n',
      },
    ],
    [
      'a signature with an identity of a bounce address',
      {
        dkim: '{@example.com : pass}',
        headers:
          'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; ' +
          'i=bounce=17@mail.example.com; h=from:to:subject; bh=AbC=; ' +
          'b=d=D+i=\n',
      },
    ],
    ['SPF for an envelope of its organisation', { SPF: 'pass', envelope: 'bounce-17@mail.example.com' }],
    ['SPF, in whatever case', { SPF: ' Pass ', envelope: JANE }],
    [
      'a signature in the other spelling of an international domain',
      { from: 'jane@bücher.example', dkim: '{@xn--bcher-kva.example : pass}' },
    ],
  ])('by %s', (_, given) => {
    expect(proven(given)).toContain(given.from?.replace('bücher', 'xn--bcher-kva') ?? JANE);
  });

  it.each<[string, Given]>([
    ['nothing at all', {}],
    ['no verdict, as of a mail whose fields are missing', { SPF: '', dkim: '' }],
    ['a signature of the stranger’s own domain', { dkim: '{@evil.example : pass}' }],
    ['a signature that fails', { dkim: '{@example.com : fail}' }],
    ['a verdict that only begins like pass', { dkim: '{@example.com : passed-over}' }],
    ['a domain that ends like it', { dkim: '{@notexample.com : pass}' }],
    ['its domain as a part of the stranger’s', { dkim: '{@example.com.evil.example : pass}' }],
    ['another customer of the same registry', { from: 'jane@victim.co.uk', dkim: '{@evil.co.uk : pass}' }],
    ['the registry itself', { from: 'jane@victim.co.uk', dkim: '{@co.uk : pass}' }],
    [
      'another customer of a host that gives its names away',
      { from: 'jane@victim.github.io', dkim: '{@evil.github.io : pass}' },
    ],
    ['an identity that reads like a verdict', { dkim: '{x@example.com : pass}' }],
    [
      'an identity that reads like two',
      {
        dkim: '{@example.com : pass, @evil.example : pass}',
        headers: 'DKIM-Signature: d=evil.example; i=@example.com : pass, @evil.example\n',
      },
    ],
    [
      'an identity that reads like two, beside an unverified signature',
      {
        dkim: '{@example.com : pass, @evil.example : pass}',
        headers: 'DKIM-Signature: d=evil.example; i=@example.com : pass, @evil.example\nDomainKey-Signature: none\n',
      },
    ],
    [
      'an identity whose signs are spelled in quoted-printable',
      {
        dkim: '{@example.com : pass, @evil.example : pass}',
        headers: 'DKIM-Signature: d=evil.example; i==40example.com=20=3A=20pass=2C@evil.example\nDKIM-Signature: v=1\n',
      },
    ],
    [
      'an identity that is there twice',
      {
        dkim: '{@example.com : pass, @evil.example : pass}',
        headers:
          'DKIM-Signature: d=evil.example; i=@evil.example;\n\tI = ' +
          '@example.com : pass, @evil.example\nDKIM-Signature: v=1\n',
      },
    ],
    [
      'an identity behind more headers than are read',
      {
        dkim: '{@example.com : pass, @evil.example : pass}',
        headers:
          `X-Filler: ${'x'.repeat(256 * 1024)}\nDKIM-Signature: ` +
          `d=evil.example; i=@example.com : pass, @evil.example\n`,
      },
    ],
    ['a verdict without a signature', { dkim: '{@example.com : pass}', headers: '' }],
    [
      'more verdicts than signatures',
      { dkim: '{@example.com : pass, @evil.example : pass}', headers: 'DKIM-Signature: d=evil.example\n' },
    ],
    ['braces in an identity', { dkim: '{@example.com : pass}@evil.example : pass}' }],
    ['SPF for the stranger’s own envelope', { SPF: 'pass' }],
    ['SPF that is soft', { SPF: 'softfail', envelope: JANE }],
    ['SPF without an envelope', { SPF: 'pass', envelope: null }],
    ['SPF for the null sender', { SPF: 'pass', envelope: '' }],
    [
      'headers that any sender can write',
      {
        headers:
          'Authentication-Results: mx.sendgrid.net; dkim=pass header.d=example.com; spf=pass\nReceived-SPF: pass\n',
      },
    ],
  ])('not by %s', (_, given) => {
    expect(proven(given)).not.toContain(given.from ?? JANE);
  });

  it('not when it names several authors: a signature covers only one of them', () => {
    const dkim = '{@example.com : pass}';
    expect(proven({ dkim, headers: `${signatures(dkim)}From: other@example.com\n` })).toEqual([]);
    expect(proven({ dkim, from: `${JANE}, other@example.com` })).toEqual([]);
  });
});

describe('a mail does not prove', () => {
  it('an author whose address is only a group’s or a display name’s', () => {
    expect(
      proven({
        from: 'eve@example.com',
        dkim: '{@example.com : pass}',
        headers: `DKIM-Signature: d=example.com\nX-Original-From: ${JANE}\nX-Original-Sender: ${JANE}\n`,
      }),
    ).toEqual(['eve@example.com']);
  });

  it('its envelope’s sender by a signature: DKIM does not cover the envelope', () => {
    expect(proven({ from: 'eve@example.com', envelope: JANE, dkim: '{@example.com : pass}' })).toEqual([
      'eve@example.com',
    ]);
  });
});

it('a mail that is posted raw is judged by the From of its message', async () => {
  const mime = Buffer.from(`From: ${JANE}\r\nDKIM-Signature: v=1; d=example.com; b=x\r\n\r\nCall me.`).toString(
    'base64',
  );
  const fields = {
    from: STRANGER,
    SPF: 'fail',
    dkim: '{@example.com : pass}',
    envelope: JSON.stringify({ to: [], from: STRANGER }),
  };
  expect(provenWriters(readMail(await parsedMail({ fields, cut: [], attachments: [], mime })))).toEqual([JANE]);
  expect(
    provenWriters(
      readMail(
        await parsedMail({ fields: { ...fields, dkim: '{@evil.example : pass}' }, cut: [], attachments: [], mime }),
      ),
    ),
  ).toEqual([]);
});

it('a mail proves its envelope’s sender by SPF, independently of From', () => {
  expect(proven({ from: STRANGER, envelope: JANE, SPF: 'pass' })).toEqual([JANE]);
});
