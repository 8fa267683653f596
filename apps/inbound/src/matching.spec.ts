import { describe, expect, it } from '@jest/globals';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { replyAddress, signToken } from '@leadstream/lead/signed-token';
import { readMail } from './mail/mail.ts';
import { isOurs, whose } from './matching.ts';

const SECRETS = ['a secret of the tests'];
const [JANE, JOE] = ['5f0c3a52-2a0e-8f3b-9d6e-0123456789ab', '5f0c3a52-2a0e-8f3b-9d6e-ba9876543210'] as const;
const tokenOf = (lead: string, secret = SECRETS) => signToken('reply', lead, secret);
const addressOf = (lead: string, secret = SECRETS) => replyAddress(tokenOf(lead, secret), 'reply.acme.example');
const messageId = (lead: string, secret = SECRETS) =>
  `<0b9b1c1e-6d0f-8a4e-9c55-2f6a7d1e8b90.${tokenOf(lead, secret)}@reply.acme.example>`;
const mail = (
  headers: Record<string, string>,
  to: string[] = ['sales@acme.example'],
  from = 'jane@example.com',
): InboundMail => ({
  fields: {
    headers: Object.entries({ From: from, ...headers })
      .map((header) => header.join(': '))
      .join('\n'),
    envelope: JSON.stringify({ to, from }),
  },
  cut: [],
  attachments: [],
});
const found = (...given: Parameters<typeof mail>) => whose(readMail(mail(...given)), SECRETS);

describe('a reply belongs to', () => {
  it.each([
    ['the lead whose address it was sent to', [{}, [addressOf(JANE)]], [JANE]],
    [
      'that lead, from any sender: a colleague was forwarded our mail',
      [{}, [addressOf(JANE)], 'boss@example.com'],
      [JANE],
    ],
    [
      'that lead, although the copy came to another of our addresses',
      [{ To: 'sales@acme.example', Cc: `Jane <${addressOf(JANE).toUpperCase()}>` }],
      [JANE],
    ],
    ['every lead whose address it was sent to', [{}, [addressOf(JANE), addressOf(JOE), addressOf(JANE)]], [JANE, JOE]],
    [
      'the lead of the address rather than the one of the mail it answers',
      [{ 'In-Reply-To': messageId(JOE) }, [addressOf(JANE)]],
      [JANE],
    ],
    ['the lead of the mail it answers', [{ 'In-Reply-To': messageId(JANE) }, undefined, 'boss@example.com'], [JANE]],
    [
      'the lead of that mail, in any case, among others, folded or without brackets',
      [{ References: `<a@b.co>\n ${messageId(JANE).replaceAll(/[<>]/g, '').toUpperCase()} <c@d.co>` }],
      [JANE],
    ],
    [
      'the lead of the latest mail of a thread',
      [{ References: `${messageId(JOE)} ${messageId(JANE)} <x@example.com>` }],
      [JANE],
    ],
    [
      'the lead of the mail it answers, whatever the thread was before',
      [{ 'In-Reply-To': messageId(JANE), References: messageId(JOE) }],
      [JANE],
    ],
  ] as const)('%s', (_, [headers, to, from], leadIds) => {
    const matchedBy = to || 'Cc' in headers ? 'token' : 'references';
    expect(found(headers, to && [...to], from)).toEqual({ leadIds, matchedBy });
  });

  it.each([
    ['has another secret’s signature', addressOf(JANE, ['another secret']), messageId(JANE, ['another secret'])],
    [
      'was signed to unsubscribe',
      `r+${signToken('unsubscribe', JANE, SECRETS)}@reply.acme.example`,
      messageId(JANE).replace(tokenOf(JANE), signToken('unsubscribe', JANE, SECRETS)),
    ],
  ])('its writer where the token is one that %s', (_, address, id) => {
    expect(found({ 'In-Reply-To': id }, [address])).toEqual({ addresses: ['jane@example.com'], matchedBy: 'address' });
  });

  it.each([
    ['Jane@Example.com', ['jane@example.com']],
    ['jane+news@example.com', ['jane+news@example.com', 'jane@example.com']],
    ['jane+a+b@gmail.com', ['jane+a+b@gmail.com', 'jane+a+b@googlemail.com', 'jane@gmail.com', 'jane@googlemail.com']],
    ['jane@googlemail.com', ['jane@googlemail.com', 'jane@gmail.com']],
    ['+jane@example.com', ['+jane@example.com']],
    ['jane.doe@example.com', ['jane.doe@example.com']],
    [
      'j.doe+a@googlemail.com',
      [
        'j.doe+a@googlemail.com',
        'j.doe+a@gmail.com',
        'j.doe@googlemail.com',
        'j.doe@gmail.com',
        'jdoe@googlemail.com',
        'jdoe@gmail.com',
      ],
    ],
  ])('the lead of its writer’s address %s, or of another spelling of that', (from, addresses) => {
    expect(found({}, undefined, from)).toEqual({ addresses, matchedBy: 'address' });
  });

  it('the envelope’s sender when From is no lead’s', () => {
    expect(
      whose(
        readMail({
          ...mail({}),
          fields: {
            headers: 'From: Jane Private <private@example.com>',
            envelope: '{"to":[],"from":"jane@example.com"}',
          },
        }),
        SECRETS,
      ),
    ).toEqual({ addresses: ['private@example.com', 'jane@example.com'], matchedBy: 'address' });
  });

  it('no lead that only Reply-To names: otherwise a form’s notice to us would be the lead’s reply', () => {
    expect(found({ 'Reply-To': 'jane@example.com' }, undefined, 'website@acme.example')).toEqual({
      addresses: ['website@acme.example'],
      matchedBy: 'address',
    });
  });

  it('no lead when no header names one', () => {
    expect(whose(readMail({ fields: { text: 'hi' }, cut: [], attachments: [] }), SECRETS)).toBeUndefined();
  });
});

describe('our own mail', () => {
  const ours = (headers: Record<string, string>, from: string) =>
    isOurs(readMail(mail(headers, [addressOf(JANE)], from)), 'Sales@acme.example', SECRETS);

  it('is recognised by From or its Message-ID, through any loop', () => {
    expect([
      ours({}, 'Sam of Acme <SALES@ACME.example>'),
      ours({ 'Message-ID': messageId(JANE) }, 'list@example.com'),
    ]).toEqual([true, true]);
  });

  it('is not a mail that a group’s members wrote, or that quotes ours', () => {
    expect([
      ours({ 'X-Original-From': 'jane@example.com' }, 'Jane via Sales <sales@acme.example>'),
      ours({ 'In-Reply-To': messageId(JANE), 'Message-ID': '<a@example.com>' }, 'jane@example.com'),
      ours({}, 'sales@acme.example.evil.example'),
    ]).toEqual([false, false, false]);
  });
});
