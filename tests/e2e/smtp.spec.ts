import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxMessage } from '@leadstream/sandbox-esp/client';
import { headOf } from '@leadstream/sandbox-esp/inbound-parse';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { spellings, stopped, withFirstMail } from './first-mail.ts';
import { startMailbox } from './imap-mailbox.ts';
import { deliveryModes, freshEmail, FROM, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

/** A mail in a mailbox, behind the headers of the server that has put it there. */
const raw = (headers: Record<string, string>, body: string, delivered: Record<string, string> = {}): string =>
  Object.entries({ ...delivered, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('') + `\r\n${body}\r\n`;

const answerTo = (mail: SandboxMessage, text: string, headers: Record<string, string> = {}): string => {
  const to = mail.reply_to ?? '';
  const answered = { 'In-Reply-To': mail.headers['Message-ID'] ?? '', ...headers };
  const head = headOf({ from: mail.to, to, subject: `Re: ${mail.subject}`, text, headers: answered });
  return raw(head, text, { 'Return-Path': `<${mail.to}>`, 'Delivered-To': to });
};

/** A delivery report (RFC 3464), as Postfix writes it to the return path. */
const reportOf = (mail: SandboxMessage, failed = mail.to): string =>
  raw(
    {
      From: 'MAILER-DAEMON@mx.example.com',
      To: mail.reply_to ?? '',
      Subject: 'Undelivered Mail Returned to Sender',
      'Message-ID': `<${createHash('sha256')
        .update(mail.id + failed)
        .digest('hex')}@mx.example.com>`,
      'Auto-Submitted': 'auto-replied',
      'MIME-Version': '1.0',
      'Content-Type': 'multipart/report; report-type=delivery-status; boundary="b"',
    },
    [
      '--b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n',
      '--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n',
      `Final-Recipient: rfc822; ${failed}\r\nAction: failed\r\nStatus: 5.1.1\r\n`,
      'Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n',
      '--b\r\nContent-Type: text/rfc822-headers\r\n\r\n',
      `Message-ID: ${mail.headers['Message-ID']}\r\nFrom: ${FROM}\r\nTo: ${mail.to}\r\n\r\n--b--`,
    ].join(''),
    { 'Return-Path': '<>', 'Delivered-To': mail.reply_to ?? '' },
  );

describe.each(deliveryModes)('with a plain mail server, and every message delivered %s', (delivery) => {
  let stack: Stack;
  let mailbox: Awaited<ReturnType<typeof startMailbox>>;
  beforeAll(async () => {
    mailbox = await startMailbox();
    stack = await startStack({ delivery, env: { ESP: 'smtp', DELAY_SCALE: '0.0004', ...mailbox.env } });
  });
  afterAll(async () => {
    await stack.stop();
    await mailbox.stop();
  });

  it('a lead gets its mails, and an answer in the mailbox stops the lead and is told to the rep', async () => {
    const { email, mail } = await withFirstMail(stack);
    expect(mail).toMatchObject({ wire: 'smtp', headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } });
    expect(mail.headers['Message-ID']).toContain(mail.custom_args['send_id']);
    mailbox.deliver(answerTo(mail, 'Yes, next week?'));
    await stopped(stack, email, 'responded');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const [told] = await eventually(() => {
      const found = mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));
      return found.length > 0 && found;
    });
    expect(told).toMatchObject({ wire: 'smtp', text: expect.stringContaining('Yes, next week?') });
    const history = await stack.history(email);
    expect(history.find(({ type }) => type === 'lead.sent')?.data).toMatchObject({ provider: 'smtp' });
    expect(history.find(({ type }) => type === 'lead.replied')?.data).toMatchObject({
      provider: 'smtp',
      matchedBy: 'token',
      sendId: mail.custom_args['send_id'],
    });
    await eventually(() => mailbox.marks().every((marks) => marks.includes('$LeadstreamStored')));
  });

  if (!isLong) return;

  it('a delivery report in the mailbox stops the lead as bounced', async () => {
    const { email, mail } = await withFirstMail(stack);
    mailbox.deliver(reportOf(mail));
    await stopped(stack, email, 'bounced');
    expect((await stack.types(email)).filter((type) => type === 'bounced')).toHaveLength(1);
  });

  it.each(spellings('archive@acme.example'))('a report about a blind copy, %j, changes nothing', async (copy) => {
    const { email, mail } = await withFirstMail(stack);
    mailbox.deliver(reportOf(mail, copy));
    await eventually(() => mailbox.marks().every((marks) => marks.includes('$LeadstreamStored')));
    mailbox.deliver(answerTo(mail, 'Yes, next week?'));
    await stopped(stack, email, 'responded');
    expect(await stack.types(email)).not.toContain('bounced');
  });

  it.each(['<>', ' "Ann, of sales" <>'])('a report about the lead in brackets stops it: %j', async (around) => {
    const { email, mail } = await withFirstMail(stack);
    mailbox.deliver(reportOf(mail, around.replace('<>', `<${email.toUpperCase()}>`)));
    await stopped(stack, email, 'bounced');
  });

  it('a report settles a send of unknown outcome', async () => {
    const email = freshEmail();
    await stack.client.faults({ drop: 'after', to: email });
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'parked');
    mailbox.deliver(reportOf(await eventually(() => mailsTo(stack.sandbox, email)[0])));
    await stopped(stack, email, 'bounced');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('an answer counts that comes while the mailbox’s server is away, and twice', async () => {
    const { email, mail } = await withFirstMail(stack);
    const before = mailbox.marks().length;
    mailbox.cut();
    mailbox.deliver(answerTo(mail, 'Please stop.'));
    mailbox.cut();
    mailbox.deliver(answerTo(mail, 'Please stop.'));
    await stack.lead(email, ({ nextActionAt }) => nextActionAt === null);
    await eventually(() => mailbox.marks().length === before + 2 && mailbox.marks().every((marks) => marks.length > 0));
  });

  it('odd mails in the mailbox hold up no other', async () => {
    const { email, mail } = await withFirstMail(stack);
    for (const odd of [
      '',
      '\r\n',
      'x',
      'From: \r\n\r\n',
      `Subject: ${'x'.repeat(200_000)}\r\n\r\n`,
      '\u0000\r\n\r\n\u0000',
    ])
      mailbox.deliver(odd);
    mailbox.deliver(`${answerTo(mail, 'Yes?', { 'X-Long': 'x' })}${'long '.repeat(400_000)}`);
    await stopped(stack, email, 'responded');
  });

  it('an address that the server does not know is closed, and its lead gets no second mail', async () => {
    const email = freshEmail();
    await stack.client.faults({ to: email, status: 422, body: '550 5.1.1 no such user' });
    await stack.post(lead(email, 'whitepaper'));
    await stopped(stack, email, 'bounced');
    expect(await stack.types(email)).toEqual(expect.arrayContaining(['send-failed', 'bounced']));
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
  });

  it('a send of unknown outcome is not repeated, and waits for a person', async () => {
    const email = freshEmail();
    await stack.client.faults({ drop: 'after', to: email });
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'parked');
    expect(await stack.types(email)).toContain('send-unknown');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });
});
