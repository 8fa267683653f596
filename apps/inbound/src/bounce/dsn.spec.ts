import { describe, expect, it } from '@jest/globals';
import { readMail, type Mail } from '../mail/mail.ts';
import { readReport } from './dsn.ts';

const mail = (status: string, text = ''): Mail =>
  readMail({ fields: { text }, cut: [], attachments: [], ...(status ? { report: { status } } : {}) });
const group = (...fields: string[]): string =>
  ['Reporting-MTA: dns; mx.example.com', '', 'Final-Recipient: rfc822; jane@example.com', ...fields, ''].join('\r\n');
const failures = (status: string, text?: string) => readReport(mail(status, text)).failures;
const kindOf = (...fields: string[]) => failures(group('Action: failed', ...fields))[0]?.kind;

describe('a delivery that failed', () => {
  it.each(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.1.1 (bad destination mailbox address)'])(
    'blames the address with %s',
    (status) => {
      expect(kindOf(`Status: ${status}`)).toBe('bounced');
    },
  );

  it.each([
    ['has no information', '5.0.0'],
    ['has little information', '5.1.0'],
    ['blames an ambiguity', '5.1.4'],
    ['blames our own address', '5.1.8'],
    ['blames the pace', '5.1.90'],
    ['is of a mailbox that is closed, temporarily or permanently', '5.2.1'],
    ['is of a full mailbox', '5.2.2'],
    ['blames a route', '5.4.4'],
    ['hides who is there', '5.4.1'],
    ['is of a policy', '5.7.1'],
    ['is of our sender identity', '5.7.515'],
    ['has tried long enough', '4.4.7'],
    ['has tried long enough for an address', '4.1.1'],
    ['is no code', 'failed'],
    ['begins like another', '5.1.11'],
  ])('does not where it %s: %s', (_, status) => {
    expect(kindOf(`Status: ${status}`)).toBe('undelivered');
  });

  it.each([
    ['bounced', '5.0.0', 'smtp; 550 5.1.1 <jane@example.com>: no such user'],
    ['bounced', '5.0.0', 'smtp;550-5.1.10 RESOLVER.ADR.RecipientNotFound'],
    ['bounced', '5.1.1', 'X-Postfix; unknown user: "jane"'],
    ['bounced', '5.1.1', '550 5.1.1 jane'],
    ['bounced', '5.0.0', 'smtp; 550 5.1.1.'],
    ['bounced', '5.1.1', 'smtp; 550 User unknown'],
    ['undelivered', '5.0.0', 'smtp; 550 User unknown'],
    ['undelivered', '5.1.1', 'smtp; 550 5.7.1 Access denied'],
    ['undelivered', '5.1.1', 'smtp; 550-5.2.2 mailbox full'],
    ['undelivered', '5.0.0', "smtp; 5.1.0 - Unknown address error 550-'5.2.2 Mailbox Full'"],
    ['undelivered', '5.1.1', 'smtp; 450 4.1.1 try again'],
    ['undelivered', '5.1.1', 'smtp; 450 greylisted'],
    ['undelivered', '5.7.1', 'smtp; 550 5.1.1 no such user'],
    ['undelivered', '5.0.0', 'smtp; 5.1.1.4 refused the connection'],
  ])('is %s by %s and %s: server and report have to agree', (kind, status, diagnostic) => {
    expect(kindOf(`Status: ${status}`, `Diagnostic-Code: ${diagnostic}`)).toBe(kind);
  });

  it('has the deciding code and the server’s own words as its reason', () => {
    expect(
      failures(group('Action: FAILED', 'Status: 5.0.0', 'Diagnostic-Code: smtp; 550 5.1.1 no', '  such user')),
    ).toEqual([
      { address: 'jane@example.com', kind: 'bounced', status: '5.1.1', reason: 'smtp; 550 5.1.1 no such user' },
    ]);
    expect(failures(group('Action: failed'))).toEqual([{ address: 'jane@example.com', kind: 'undelivered' }]);
    expect(failures(group('Action: failed', `Diagnostic-Code: smtp; ${'x'.repeat(5_000)}`))[0]?.reason).toHaveLength(
      2_000,
    );
  });

  it.each(['delayed', 'delivered', 'relayed', 'expanded', '', 'failed-not', 'not failed'])(
    'is none where the action is %j',
    (action) => {
      expect(failures(group(`Action: ${action}`, 'Status: 5.1.1'))).toEqual([]);
    },
  );

  it.each([
    ['RFC822;Jane@Example.COM', 'jane@example.com'],
    ['rfc822; <jane@example.com>', 'jane@example.com'],
    ['jane@example.com', 'jane@example.com'],
    ['rfc822; jane@example.com.', 'jane@example.com'],
    ['utf-8; jane@bücher.example', 'jane@xn--bcher-kva.example'],
    ['rfc822;"jane"@example.com', 'jane@example.com'],
  ])('is of the recipient %s', (recipient, address) => {
    expect(failures(`Final-Recipient: ${recipient}\nAction: failed\nStatus: 5.1.1`)).toMatchObject([{ address }]);
  });

  it('belongs to the original recipient only when the final one is no address', () => {
    const of = (final: string) =>
      failures(
        `Final-Recipient: ${final}\nOriginal-Recipient: rfc822;jane@example.com\nAction: failed\nStatus: 5.1.1`,
      ).map(({ address }) => address);
    expect([of('rfc822;jane@home.example'), of('X-LOCAL;jane'), of('rfc822;')]).toEqual([
      ['jane@home.example'],
      ['jane@example.com'],
      ['jane@example.com'],
    ]);
    expect(failures('Action: failed\nStatus: 5.1.1')).toEqual([]);
  });

  it('is one for each failed recipient of a report', () => {
    const status = [
      'Reporting-MTA: dns; a',
      '',
      'Final-Recipient: rfc822;a@example.com\nAction: delayed\nStatus: 4.4.1',
      ' ',
      'Final-Recipient: rfc822;b@example.com\nAction: failed\nStatus: 5.1.1',
      '',
      '',
      'Final-Recipient: rfc822;c@example.com\nAction: failed\nStatus: 5.2.2',
    ].join('\n');
    expect(failures(status).map(({ address, kind }) => [address, kind])).toEqual([
      ['b@example.com', 'bounced'],
      ['c@example.com', 'undelivered'],
    ]);
  });
});

describe('a bounce of qmail', () => {
  const INTRO =
    "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message to " +
    "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n";
  const said = (words: string) =>
    failures(
      '',
      `${INTRO}<jane@example.com>:\n${words}\n\n--- Below this line is a copy ` +
        `of the message.\n\nMessage-ID: <1@acme.example>\n\nHello.`,
    );

  it.each([
    ['bounced', 'Sorry, no mailbox here by that name. (#5.1.1)'],
    [
      'bounced',
      '192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.',
    ],
    ['undelivered', 'Remote host said: 550 no such user'],
    ['undelivered', 'User disk quota exceeded. (#5.2.2)'],
    ['undelivered', 'This address no longer accepts mail.'],
    ['undelivered', 'Remote host said: 550 5.7.1 blocked (#5.1.1)'],
  ])('is %s: %s', (kind, words) => {
    expect(said(words)).toMatchObject([{ address: 'jane@example.com', kind }]);
  });

  it('is recognised when the copy of the mail is cut off', () => {
    expect(failures('', `${INTRO}<jane@example.com>:\nno. (#5.1.1)`)).toMatchObject([
      { address: 'jane@example.com', kind: 'bounced' },
    ]);
  });

  it('has the returned mail’s headers', () => {
    expect(
      readReport(
        mail(
          '',
          `${INTRO}<jane@example.com>:\nno. (#5.1.1)\n\n--- Below this line is a copy of the ` +
            `message.\n\nMessage-ID: <1@acme.example>\nX: y\n\nMessage-ID: <2@acme.example>`,
        ),
      ).returned.get('message-id'),
    ).toEqual(['<1@acme.example>']);
  });

  it.each([
    ['that is quoted', `I got this:\n${INTRO}<jane@example.com>:\nno. (#5.1.1)`],
    ['of which only the intro is left', INTRO],
    [
      'that a person has begun to write',
      'Hi. This is the number that I promised (#5.1.1).\n\n<jane@example.com>:\n(#5.1.1)',
    ],
    [
      'whose copy has addresses',
      `${INTRO}--- Below this line is a copy of the message.\n\n<jane@example.com>:\n(#5.1.1)`,
    ],
  ])('is none %s', (_, text) => {
    expect(failures('', text)).toEqual([]);
  });
});

describe('a hostile report', () => {
  const n = 100_000;
  it.each([
    ['blank lines', '\n'.repeat(n)],
    ['blanks', `\n${' \t'.repeat(n)}`],
    ['lines of blanks', '\n \n\t'.repeat(n)],
    ['recipients', 'Final-Recipient: rfc822;a@example.com\nAction: failed\n\n'.repeat(n / 10)],
    ['colons', ':'.repeat(n)],
    ['codes', `Final-Recipient: a@b.co\nAction: failed\nDiagnostic-Code: ${'5.1.1 '.repeat(n)}`],
  ])('of %s is read in time linear in its length', (_, text) => {
    for (let i = 0; i < 20; i++)
      expect(
        failures(text).length + failures('', `Hi. This is the qmail-send program at a.\n\n${text}`).length,
      ).toBeLessThanOrEqual(200);
  });
});
