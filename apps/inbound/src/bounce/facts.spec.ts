import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { inboundMail, type InboundMail } from '@leadstream/contracts/feedback';
import { leadId } from '@leadstream/lead/identity';
import { replyAddress, signToken } from '@leadstream/lead/signed-token';
import PostalMime from 'postal-mime';
import { factsOfReport } from './facts.ts';
import { readMail } from '../mail/mail.ts';
import { parsedMail } from '../mail/mime.ts';
import { Prefix } from '@leadstream/service/prefix';
import { readInboundMail } from '@leadstream/providers/sendgrid/inbound-parse';
import { classify } from '../reply/class.ts';

const SECRETS = { LEAD_ID_SECRET: 'a secret of the tests', TOKEN_SECRET: ['another secret of the tests'] };
const AT = '2026-11-21T09:15:10Z';
const SEND = '0b9b1c1e-6d0f-4a4e-9c55-2f6a7d1e8b90';
const idOf = (address: string): string => leadId(SECRETS.LEAD_ID_SECRET, address);
const [JANE, JOE] = [idOf('jane@example.com'), idOf('joe@example.com')];
const tokenOf = (lead: string, secrets = SECRETS.TOKEN_SECRET) => signToken('reply', lead, secrets);
const addressOf = (lead: string, secrets = SECRETS.TOKEN_SECRET) =>
  replyAddress(tokenOf(lead, secrets), 'reply.acme.example');
const messageIdOf = (lead: string, send = SEND, secrets = SECRETS.TOKEN_SECRET) =>
  `<${send}.${tokenOf(lead, secrets)}@reply.acme.example>`;
const THEIRS = '<c2hpZXQ@geopod-ismtpd-7>';
const US = 'sam@acme.example';

interface Sent {
  to: string;
  messageId: string;
  replyTo: string;
}
const OF_JANE: Sent = { to: addressOf(JANE), messageId: messageIdOf(JANE), replyTo: addressOf(JANE) };
/** A report without any token of ours, as any stranger can write it. */
const FORGED: Sent = { to: US, messageId: THEIRS, replyTo: US };
const folder = new URL('../fixtures/dsn/', import.meta.url);
const NAMES = readdirSync(folder);
const eml = (name: string, sent: Sent = OF_JANE): string =>
  readFileSync(new URL(name, folder), 'latin1')
    .replaceAll('{to}', sent.to)
    .replaceAll('{messageId}', sent.messageId)
    .replaceAll('{replyTo}', sent.replyTo)
    .replaceAll('\n', '\r\n');

const part = (name: string, content: string | Uint8Array, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--xYzZY\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ]);
const posted = async (parts: Buffer[]): Promise<InboundMail> => {
  const mail = await readInboundMail(
    Readable.from([...parts, Buffer.from('--xYzZY--\r\n')]),
    'multipart/form-data; boundary=xYzZY',
    (...room) => new Prefix(...room),
  );
  // The JSON round trip of the FEEDBACK stream.
  return parsedMail(inboundMail.parse(JSON.parse(JSON.stringify(mail))));
};
const envelope = (to: string) => part('envelope', JSON.stringify({ to: [to], from: '' }));
const raw = (message: string, to: string) => posted([part('email', Buffer.from(message, 'latin1')), envelope(to)]);
/** A mail as Inbound Parse splits it: texts as fields, every other part as a file. */
const parsed = async (message: string, to: string) => {
  const { text, html, subject, attachments } = await PostalMime.parse(message, { forceRfc822Attachments: true });
  const files = attachments.map(({ filename, mimeType, content }, i) =>
    part(
      `attachment${i + 1}`,
      content instanceof ArrayBuffer ? new Uint8Array(content) : content,
      `; filename="${filename ?? `attachment${i + 1}`}"\r\nContent-Type: ${mimeType}`,
    ),
  );
  const [headers = ''] = message.split('\r\n\r\n', 1);
  return posted([
    part('headers', headers),
    part('subject', subject ?? ''),
    ...(text ? [part('text', text)] : []),
    ...(html ? [part('html', html)] : []),
    envelope(to),
    part('attachments', String(files.length)),
    ...files,
  ]);
};
const FORMS = [
  ['raw', raw],
  ['parsed', parsed],
] as const;
const facts = (mail: InboundMail) => factsOfReport(readMail(mail), SECRETS, { provider: 'sendgrid', at: AT });
const factsIn = async (name: string, sent: Sent, change: (message: string) => string = (message) => message) =>
  facts(await raw(change(eml(name, sent)), sent.to));

describe.each(FORMS)('a delivery status notification, posted %s', (form, post) => {
  it.each(NAMES)('is a bounce of the lead that it is about: %s', async (name) => {
    const mail = await post(eml(name), OF_JANE.to);
    expect(mail.problem).toBeUndefined();
    expect(classify(readMail(mail), AT)).toMatchObject({ notAReply: 'bounce' });
    expect(facts(mail)).toEqual([
      {
        leadId: JANE,
        isLeads: true,
        feedback: {
          kind: 'bounced',
          key: expect.stringMatching(/^dsn\/[0-9a-f]{64}$/),
          provider: 'sendgrid',
          at: AT,
          sendId: SEND,
          status: name.startsWith('exchange') ? '5.1.10' : '5.1.1',
          reason: expect.any(String),
          classification: 'dsn',
          recipient: JANE,
        },
      },
    ]);
  });

  it.each(NAMES)('is one fact, however often it arrives and at whichever of our addresses: %s', async (name) => {
    const again = eml(name, { ...OF_JANE, to: US }).replace(
      /^Message-I[dD]: <(?!0b9b).*$/m,
      'Message-ID: <another@mx.example.com>',
    );
    const keys = [await post(eml(name), OF_JANE.to), await post(again, US)]
      .flatMap(facts)
      .map(({ feedback }) => feedback.key);
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  it.each([
    ['is delayed', 'delayed', '4.4.1'],
    ['was delivered', 'delivered', '2.0.0'],
    ['was handed on', 'relayed', '2.0.0'],
    ['went to a list', 'expanded', '2.0.0'],
  ])('of a mail that %s has no effect', async (_, action, status) => {
    const mail = await post(
      eml('postfix.eml').replace('Action: failed', `Action: ${action}`).replace('Status: 5.1.1', `Status: ${status}`),
      OF_JANE.to,
    );
    expect([classify(readMail(mail), AT), facts(mail)]).toEqual([
      expect.objectContaining({ notAReply: 'receipt' }),
      [],
    ]);
  });

  it('keeps no text of the mail that it returns', async () => {
    const mail = await post(eml('exim.eml'), OF_JANE.to);
    expect(mail.report?.returned).toContain(OF_JANE.messageId);
    expect(JSON.stringify(mail.report)).not.toContain('here is your guide');
  });

  it(`that is ${form} and returns nothing is its lead’s by the address that it came to`, async () => {
    const bare = eml('postfix.eml').replace(
      /--4F1xQ10zXk.1795252503\/mx.example.com\r\nContent-Description: Undelivered Message Headers.*$/s,
      '--4F1xQ10zXk.1795252503/mx.example.com--',
    );
    const [fact, ...others] = facts(await post(bare, OF_JANE.to));
    expect([fact?.leadId, fact?.feedback.kind, fact?.feedback.sendId, others]).toEqual([
      JANE,
      'bounced',
      undefined,
      [],
    ]);
    expect(facts(await post(bare, OF_JANE.to))[0]?.feedback.key).toBe(fact?.feedback.key);
    expect(facts(await post(bare.replace('20261121091503', '20261122091503'), OF_JANE.to))[0]?.feedback.key).not.toBe(
      fact?.feedback.key,
    );
  });
});

describe('a delivery that failed', () => {
  it.each([
    ['the address that it came to', { ...FORGED, to: addressOf(JANE) }],
    ['the Message-ID of the mail that it returns', { ...FORGED, messageId: messageIdOf(JANE) }],
    [
      'the Reply-To of that mail, where the provider put a Message-ID of its own',
      { ...FORGED, replyTo: addressOf(JANE) },
    ],
  ])('is its lead’s by %s', async (_, sent) => {
    for (const name of NAMES)
      expect(await factsIn(name, sent)).toMatchObject([{ leadId: JANE, isLeads: true, feedback: { kind: 'bounced' } }]);
  });

  it('is its lead’s by what it answers, in a report that returns nothing', async () => {
    expect(
      await factsIn('gmail.eml', { ...FORGED, messageId: messageIdOf(JANE) }, (message) =>
        message.replaceAll(/^Message-ID: <0b9b.*\r\n/gm, ''),
      ),
    ).toMatchObject([{ leadId: JANE, feedback: { sendId: SEND } }]);
  });

  it.each([
    ['bears no token', FORGED],
    [
      'bears a token of another secret',
      {
        to: addressOf(JANE, ['a made-up secret']),
        messageId: messageIdOf(JANE, SEND, ['a made-up secret']),
        replyTo: addressOf(JANE, ['a made-up secret']),
      },
    ],
  ])('is no lead’s when the report %s', async (_, sent) => {
    for (const name of NAMES) expect(await factsIn(name, sent)).toEqual([]);
  });

  it('of a third party to whom the lead’s mail was forwarded is not the lead’s', async () => {
    const forwarded = (message: string) =>
      message
        .replace(/^(Final-Recipient: rfc822; ?)jane@example.com/m, '$1jane@home.example')
        .replace(/^<jane@example.com>:\r\nSorry/m, '<jane@home.example>:\r\nSorry');
    for (const name of NAMES)
      expect(await factsIn(name, OF_JANE, forwarded)).toMatchObject([
        { leadId: JANE, isLeads: false, feedback: { sendId: SEND } },
      ]);
  });

  it('of another lead has no effect: a token proves its own lead only', async () => {
    const of = (message: string) => message.replaceAll('jane@example.com', 'joe@example.com');
    for (const name of NAMES)
      expect((await factsIn(name, OF_JANE, of)).map(({ leadId, isLeads }) => [leadId, isLeads])).toEqual([
        [JANE, false],
      ]);
    expect(await factsIn('postfix.eml', { ...FORGED, to: addressOf(JANE) }, of)).toEqual([]);
  });

  it('is recorded for each lead that the report is proven for', async () => {
    const both = (message: string) =>
      message.replace(
        'Arrival-Date: Sat, 21 Nov 2026 09:15:02 +0000 (UTC)',
        'X-A: b\r\n\r\nFinal-Recipient: rfc822;joe@example.com\r\nAction: failed\r\nStatus: 5.2.2',
      );
    const mail = await posted([
      part('email', both(eml('postfix.eml', { ...FORGED, messageId: messageIdOf(JANE) }))),
      part('envelope', JSON.stringify({ to: [addressOf(JOE)], from: '' })),
    ]);
    expect(facts(mail).map(({ leadId, feedback }) => [leadId, feedback.kind, feedback.sendId])).toEqual([
      [JOE, 'undelivered', undefined],
      [JANE, 'bounced', SEND],
    ]);
  });

  it('permanently is another fact than temporarily, of the same mail', async () => {
    const full = (message: string) => message.replaceAll('5.1.1', '5.2.2');
    const [now, forGood] = [await factsIn('postfix.eml', OF_JANE, full), await factsIn('postfix.eml', OF_JANE)];
    expect([now[0]?.feedback.kind, forGood[0]?.feedback.kind]).toEqual(['undelivered', 'bounced']);
    expect(now[0]?.feedback.key).not.toBe(forGood[0]?.feedback.key);
  });

  it('has no send when the Message-ID before the token is not in our form', async () => {
    expect(await factsIn('postfix.eml', { ...OF_JANE, messageId: messageIdOf(JANE, 'x.y') })).toMatchObject([
      { leadId: JANE, feedback: expect.not.objectContaining({ sendId: expect.anything() }) },
    ]);
  });
});

describe('a bounce in prose', () => {
  const old = (body: string) =>
    raw(
      `From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\r\nTo: ${OF_JANE.to}\r\n` +
        `X-Failed-Recipients: jane@example.com\r\nSubject: Undeliverable: Your guide\r\nMessage-ID: ` +
        `<1@example.com>\r\nIn-Reply-To: ${OF_JANE.messageId}\r\n\r\n${body}`,
      OF_JANE.to,
    );

  it.each([
    [
      'Gmail’s of old',
      `Delivery to the following recipient failed permanently:\r\n\r\n     jane@example.com\r\n\r\nThe ` +
        `error that the other server returned was:\r\n550 5.1.1 <jane@example.com>... User Unknown\r\n\r\n` +
        `----- Original message -----\r\n\r\nMessage-ID: ${OF_JANE.messageId}\r\n`,
    ],
    [
      'Exchange’s',
      'Your message did not reach some or all of the intended recipients.\r\n\r\nThe following ' +
        'recipient(s) cannot be reached:\r\n\r\njane@example.com on 21/11/2026 09:15\r\nThe e-mail account ' +
        'does not exist at the organization this message was sent to. <mx.example.com #5.1.1>',
    ],
  ])('has no effect without a certain recipient and reason: %s', async (_, body) => {
    const mail = await old(body);
    expect([classify(readMail(mail), AT), facts(mail)]).toEqual([expect.objectContaining({ notAReply: 'bounce' }), []]);
  });
});
