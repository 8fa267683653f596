import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { deliveryModes, FROM, freshEmail, hasVerdicts, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

/** Two days are 69 s: a busy machine takes some seconds for a story, and a scale of 0.001 as many more for all. */
const SLOW = { DELAY_SCALE: '0.0004' };
/** Of a mail to jane@example.com. */
const REPORT = readFileSync(new URL('../../apps/inbound/src/fixtures/dsn/postfix.eml', import.meta.url), 'latin1');

describe.each(deliveryModes)('with every message delivered %s', (delivery) => {
  let stack: Stack;
  const lines: string[] = [];
  const logTo = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ...SLOW, LOG_LEVEL: 'info' }, logTo });
  });
  afterAll(() => stack.stop());

  /** A lead that has its first mail, and waits for the second. */
  const written = async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    return { email, mail };
  };
  const stops = async (email: string, status: string, event: string) => {
    // After an answer the rep is told, and then there is nothing left to do.
    const stopped = await stack.lead(email, (shown) => shown['status'] === status && shown['nextActionAt'] === null);
    expect((await stack.types(email)).filter((type) => type === event)).toHaveLength(1);
    return stopped;
  };

  it('a reply between the first and the second mail stops the lead', async () => {
    const { email, mail } = await written();
    expect(
      (await stack.client.reply({ messageId: mail.id, text: 'I’m interested, but can we talk next week?' })).status,
    ).toBe(200);
    const stopped = await stops(email, 'responded', 'replied');
    expect(stopped['tags']).toContain('STOP_SEQUENCE');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('the rep is notified once that a person has answered', async () => {
    const { email, mail } = await written();
    await stack.client.reply({
      messageId: mail.id,
      text:
        'Can we talk next week?\n\nOn Mon, Nov 23, 2026 at 9:15 AM Sam of Acme ' +
        '<sales@acme.example> wrote:\n> You downloaded our guide.',
    });
    await stops(email, 'responded', 'replied');
    const told = mailsTo(stack.sandbox, REP).filter(({ custom_args: { lead_id: id } }) => id === stack.idOf(email));
    expect(told.map(({ subject, reply_to: to }) => [subject, to])).toEqual([['Jane has answered', email]]);
    expect(told[0]?.text).toContain('Can we talk next week?');
  });

  it('an unsubscribe by mail, as older mail programs send it, stops the lead for good', async () => {
    const { email, mail } = await written();
    const [, to] = /<mailto:(.+)\?subject=unsubscribe>/.exec(mail.headers['List-Unsubscribe'] ?? '') ?? [];
    await stack.client.mail({ from: email, to: to ?? '', subject: 'unsubscribe', text: '' });
    await stops(email, 'unsubscribed', 'replied');
  });

  it('an out-of-office that names a day holds the mails until that day', async () => {
    const { email, mail } = await written();
    const back = Temporal.Now.plainDateISO('UTC').add({ days: 10 });
    await stack.client.reply({
      messageId: mail.id,
      text: `I am away until ${back.toString()}.`,
      headers: { 'Auto-Submitted': 'auto-replied' },
    });
    const away = await stack.lead(email, (shown) => shown['awayUntil'] !== null);
    expect(away['status']).toBe('active');
    expect(
      Temporal.Instant.from(String(away['awayUntil'])).toZonedDateTimeISO('UTC').toPlainDate().until(back).days,
    ).toBeLessThanOrEqual(1);
    expect(Number(away['nextActionAt'])).toBe(Date.parse(String(away['awayUntil'])));
  });

  it('a mail without a token to the sender’s address stops the lead, or holds it without a proven writer', async () => {
    const { email } = await written();
    await stack.client.mail({
      from: `Jane Doe <${email.toUpperCase()}>`,
      to: FROM,
      subject: 'your guide',
      text: 'Call me.',
    });
    if (hasVerdicts) await stops(email, 'responded', 'replied');
    else await stack.lead(email, ({ status }) => status === 'paused');
  });

  it('a reply that was cut off in transit stops the lead, and is quarantined for an operator', async () => {
    const { email, mail } = await written();
    const field = (name: string, value: string) =>
      `--xYzZY\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body =
      field('envelope', JSON.stringify({ to: [mail.reply_to], from: email })) +
      field('from', email) +
      field('text', 'I am interested') +
      '--xYzZY\r\nContent-Disp';
    const answer = await fetch(`${stack.url('inbound')}/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=xYzZY' },
      body,
    });
    expect(answer.status).toBe(200);
    await stops(email, 'responded', 'replied');
    expect((await stack.jsm.streams.info('QUARANTINE')).state.messages).toBeGreaterThan(0);
  });

  it('an invalid event in a batch does not affect the other events', async () => {
    const { email, mail } = await written();
    // A stop with such a time would count from its arrival; an open is quarantined.
    const invalid = { messageId: mail.id, event: 'open', timestamp: 'yesterday' };
    expect((await stack.client.event(invalid)).status).toBe(200);
    await stack.client.event({ messageId: mail.id, event: 'spamreport' });
    await stops(email, 'complained', 'complained');
  });

  it('a reply to a lead’s own reply address stops the lead, also with the headers of a mailing list', async () => {
    const { email, mail } = await written();
    await stack.client.mail({
      from: 'colleague@other.example',
      to: mail.reply_to ?? '',
      subject: 'for you',
      text: 'She asked me to answer.',
      headers: { 'List-Unsubscribe': '<mailto:x@other.example>' },
    });
    await stops(email, 'responded', 'replied');
  });

  it('a complaint by mail to a lead’s own reply address stops the lead', async () => {
    const { email, mail } = await written();
    await stack.client.mail({
      from: 'abuse@provider.example',
      to: mail.reply_to ?? '',
      subject: 'FW: your guide',
      text: 'This is an abuse report.',
      headers: { 'Content-Type': 'multipart/report; report-type=feedback-report; boundary=x' },
    });
    await stops(email, 'complained', 'complained');
  });

  it('an automatic reply does not stop the lead', async () => {
    const { email, mail } = await written();
    await stack.client.reply({ messageId: mail.id, text: 'I am away.', headers: { 'Auto-Submitted': 'auto-replied' } });
    await eventually(async () => (await stack.types(email)).includes('replied'));
    expect(
      (await stack.lead(email, ({ history }) => history.some(({ type }) => type === 'lead.replied')))['status'],
    ).toBe('active');
  });

  it.each([
    ['bounce', { type: 'bounce', reason: '550 no such user', status: '5.1.1' }, 'bounced', 'bounced'],
    ['spamreport', {}, 'complained', 'complained'],
    ['unsubscribe', {}, 'unsubscribed', 'unsubscribed'],
  ])('the provider’s %s stops the lead', async (event, fields, status, type) => {
    const { email, mail } = await written();
    expect((await stack.client.event({ messageId: mail.id, event, ...fields })).status).toBe(200);
    await stops(email, status, type);
  });

  it('a full mailbox is no hard bounce', async () => {
    const { email, mail } = await written();
    await stack.client.event({
      messageId: mail.id,
      event: 'bounce',
      type: 'blocked',
      status: '5.2.2',
      reason: 'mailbox full',
    });
    expect(
      (await stack.lead(email, ({ history }) => history.some(({ type }) => type === 'lead.undelivered')))['status'],
    ).toBe('active');
  });

  /** A delivery status notification of a mail of ours that did not reach `failed`. */
  const report = async (
    failed: string,
    {
      to,
      mail,
      change = (text) => text,
    }: { to: string; mail: { headers: Record<string, string>; reply_to?: string }; change?: (text: string) => string },
  ) => {
    const form = new FormData();
    form.set(
      'email',
      change(REPORT.replaceAll(/jane@example\.com/gi, failed))
        .replaceAll('{to}', to)
        .replaceAll('{messageId}', mail.headers['Message-ID'] ?? '')
        .replaceAll('{replyTo}', mail.reply_to ?? ''),
    );
    form.set('envelope', JSON.stringify({ to: [to], from: '' }));
    expect(
      (
        await fetch(`${stack.url('inbound')}/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`, {
          method: 'POST',
          body: form,
        })
      ).status,
    ).toBe(200);
  };
  const logged = (msg: string, leadId: string) =>
    eventually(() => lines.find((text) => text.includes(`"${msg}"`) && text.includes(leadId)));

  it('a notification of an unknown recipient stops the lead; the provider’s later event changes nothing', async () => {
    const { email, mail } = await written();
    for (const to of [mail.reply_to ?? '', FROM]) await report(email, { to, mail });
    await stops(email, 'bounced', 'bounced');
    const [told] = (await stack.history(email)).filter(({ type }) => type === 'lead.bounced');
    expect(told?.data).toMatchObject({ sendId: mail.custom_args['send_id'], status: '5.1.1', classification: 'dsn' });
    await stack.client.event({ messageId: mail.id, event: 'bounce', type: 'bounce', status: '5.1.1' });
    await eventually(async () => (await stack.types(email)).filter((type) => type === 'bounced').length === 2);
    expect((await stack.lead(email))['status']).toBe('bounced');
  });

  it('a notification of a full mailbox is counted, and does not stop the lead', async () => {
    const { email, mail } = await written();
    await report(email, { to: mail.reply_to ?? '', mail, change: (text) => text.replaceAll('5.1.1', '5.2.2') });
    expect(await stack.lead(email, (shown) => shown['undelivered'] === 1)).toMatchObject({ status: 'active' });
  });

  it('a notification about a forwarding address, or without our ids, does not stop a lead', async () => {
    const [one, other] = [await written(), await written()];
    await report('forwarded@elsewhere.example', { to: one.mail.reply_to ?? '', mail: one.mail });
    await report(other.email, { to: one.mail.reply_to ?? '', mail: one.mail });
    await report(other.email, {
      to: FROM,
      mail: { headers: { 'Message-ID': '<1@elsewhere.example>' }, reply_to: FROM },
    });
    await logged('a mail did not reach a recipient other than its lead', stack.idOf(one.email));
    // Handled after the notifications.
    for (const { email, mail } of [one, other]) {
      await stack.client.event({ messageId: mail.id, event: 'open' });
      await eventually(async () => (await stack.types(email)).includes('opened'));
      expect([await stack.types(email), (await stack.lead(email))['status']]).toEqual([
        expect.not.arrayContaining(['bounced']),
        'active',
      ]);
    }
  });

  it('the one-click unsubscribe of a mail shows a page at GET and acts at POST', async () => {
    const { email, mail } = await written();
    const [, token] = /\/u\/([a-z2-7]{44})/.exec(mail.headers['List-Unsubscribe'] ?? '') ?? [];
    const page = `${stack.url('inbound')}/u/${token}`;
    expect(await (await fetch(page)).text()).toContain('<form method="post">');
    expect(await stack.types(email)).not.toContain('unsubscribed');
    const answer = await fetch(page, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(answer.status).toBe(200);
    await stops(email, 'unsubscribed', 'unsubscribed');
    const forged = await fetch(`${stack.url('inbound')}/u/${'a'.repeat(44)}`, { method: 'POST' });
    expect([forged.status, await forged.text()]).toEqual([200, await answer.text()]);
  });

  it('the link at the end of a mail shows a page, whose one button leaves the series and nothing else', async () => {
    const { email, mail } = await written();
    const [, path] =
      /No more mails: https:\/\/u\.acme\.example(\/u\/[a-z2-7]{44}\?sequence=content-nurture)\n$/.exec(
        mail.text ?? '',
      ) ?? [];
    expect(mail.html).toContain(`href="https://u.acme.example${path}"`);
    const page = `${stack.url('inbound')}${path}`;
    const asked = await (await fetch(page)).text();
    expect(asked.match(/<button[^>]*>[^<]*/g)).toEqual([
      '<button name="only" value="this-series">Stop this series',
      '<button>Stop all mails',
    ]);
    const german = await (await fetch(page, { headers: { 'accept-language': 'de-CH' } })).text();
    expect(german).toContain('<html lang="de" dir="ltr">');
    expect(german).toContain('>Diese Reihe abbestellen</button>');
    expect(await stack.types(email)).not.toContain('unsubscribed');
    const press = (to: string) =>
      fetch(to, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'only=this-series',
      });
    const answer = await (await press(page)).text();
    expect(answer).toContain('We will not send you more of this series.');
    expect(await (await press(page.replace(/\/u\/\w+/, `/u/${'a'.repeat(44)}`))).text()).toBe(answer);
    const left = await stops(email, 'completed', 'unsubscribed');
    expect(left).toMatchObject({ phase: 'completed', declined: ['content-nurture'], step: null });

    await stack.post(lead(email, 'demo_request'));
    await stack.lead(
      email,
      ({ sequence, status, version }) => sequence === 'sales-demo' && status === 'completed' && version > left.version,
    );
    expect(mailsTo(stack.sandbox, email).map(({ subject }) => subject)).toEqual(['About our guide', 'Your demo']);
    await stack.post(lead(email, 'whitepaper'));
    const back = await stack.lead(
      email,
      ({ sequence, status }) => sequence === 'returning-lead' && status === 'completed',
    );
    expect(
      mailsTo(stack.sandbox, REP).filter(
        ({ subject, custom_args: { lead_id: id } }) => id === back._id && subject.startsWith('Back again'),
      ),
    ).toHaveLength(1);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
  });

  it('the page’s other button, and a provider’s unsubscribe, stop all mails', async () => {
    for (const body of ['', 'List-Unsubscribe=One-Click', 'only=this-series&List-Unsubscribe=One-Click']) {
      const { email, mail } = await written();
      const [, path] = /(\/u\/[a-z2-7]{44}\?sequence=content-nurture)/.exec(mail.text ?? '') ?? [];
      const answer = await fetch(`${stack.url('inbound')}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      expect(await answer.text()).toContain('we will not write to you again.');
      expect(await stops(email, 'unsubscribed', 'unsubscribed')).toMatchObject({ declined: [] });
    }
  });

  it('a notification about a mail to the rep is a log line, and does not stop the lead, with any address', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'demo_request'));
    const notice = await eventually(() =>
      mailsTo(stack.sandbox, REP).find(({ custom_args: { lead_id: id } }) => id === stack.idOf(email)),
    );
    for (const failed of [REP, email]) await report(failed, { to: FROM, mail: notice });
    await logged('a mail to the rep did not arrive', stack.idOf(email));
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(await stack.types(email)).not.toContain('bounced');
  });

  // The last story with this mailbox: some providers take no mail to one that has bounced.
  it('a bounce of the rep’s mailbox is the same log line', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'demo_request'));
    const notice = await eventually(() =>
      mailsTo(stack.sandbox, REP).find(({ custom_args: { lead_id: id } }) => id === stack.idOf(email)),
    );
    await stack.client.event({ messageId: notice.id, event: 'bounce' });
    const line = await eventually(() =>
      lines.find((text) => text.includes('a mail to the rep did not arrive') && text.includes(stack.idOf(email))),
    );
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', kind: 'bounced', sendId: notice.custom_args['send_id'] });
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('a mail of an unknown address gets a 200 and a log line without the address', async () => {
    const stranger = freshEmail('stranger');
    const answer = await stack.client.mail({ from: stranger, to: FROM, subject: 'hello', text: 'Who are you?' });
    expect(answer.status).toBe(200);
    const line = await eventually(() =>
      lines.find((text) => text.includes('unknown lead') && text.includes(stack.idOf(stranger))),
    );
    expect(JSON.parse(line)).toMatchObject({ msg: 'feedback for an unknown lead', addressHash: expect.any(String) });
    expect(lines.join('')).not.toContain(stranger);
  });

  it('an unsigned body is refused and not stored', async () => {
    const before = await stack.jsm.streams.info('FEEDBACK');
    const answer = await fetch(`${stack.url('inbound')}/v1/sendgrid/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[]',
    });
    expect(answer.status).toBe(401);
    expect((await fetch(`${stack.url('inbound')}/v1/sendgrid/inbound/wrong`, { method: 'POST' })).status).toBe(404);
    expect((await stack.jsm.streams.info('FEEDBACK')).state.last_seq).toBe(before.state.last_seq);
  });
});

describe.each(deliveryModes)('between step-due and the claim, delivered %s', (delivery) => {
  it('a reply stops the lead, and the step is skipped with the reason', async () => {
    const stack = await startStack({ delivery, without: ['sender'] });
    try {
      const email = freshEmail();
      await stack.post(lead(email, 'whitepaper'));
      await eventually(async () => (await stack.types(email)).includes('step-due'));
      await stack.client.mail({ from: email, to: FROM, subject: 'Re: your form', text: 'Never mind, I found it.' });
      await eventually(async () => (await stack.types(email)).includes('replied'));
      await stack.add('sender');
      await eventually(async () => (await stack.types(email)).includes('send-skipped'));
      const [skipped] = (await stack.history(email)).filter(({ type }) => type === 'lead.send-skipped');
      expect(skipped?.data).toMatchObject({ guard: 'stopped' });
      expect(mailsTo(stack.sandbox, email)).toEqual([]);
      // The mail to the rep has a claim, too.
      const claimedFor = async () =>
        (await stack.history(email)).flatMap((event) =>
          event.type === 'lead.send-started' ? [event.data.audience] : [],
        );
      await eventually(async () => (await claimedFor()).length > 0);
      expect(await claimedFor()).not.toContain('lead');
    } finally {
      await stack.stop();
    }
  });
});
