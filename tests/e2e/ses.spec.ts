import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sesWire } from '@leadstream/sandbox-esp/sns-webhook';
import { expectCopiesToChangeNothing, stopped, withFirstMail } from './first-mail.ts';
import { deliveryModes, freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

const deep = (depth: number): unknown => (depth === 0 ? 'x' : { a: deep(depth - 1) });
const mail = { timestamp: '2026-11-05T16:33:50.000Z', messageId: 'm', destination: ['a@example.com'] };
/** Signed by the right topic, and no event that can be read, or one of no lead. */
const ODD_EVENTS: unknown[] = [
  ...[null, 1, 'x', [], {}, deep(200), { eventType: null }, { eventType: '' }, { eventType: 7 }, { mail }],
  ...['Send', 'Bounce', 'Complaint', 'Delivery', 'Open', 'Fax', 'constructor', 'Received'].map((eventType) => ({
    eventType,
  })),
  ...[null, 'x', {}, { destination: 5 }, { ...mail, destination: [] }, { ...mail, timestamp: 'soon' }].map((one) => ({
    eventType: 'Send',
    mail: one,
  })),
  ...[null, 5, [{}], [{ emailAddress: '' }], [{ emailAddress: '\ud800' }], [{ emailAddress: 'x'.repeat(50_000) }]].map(
    (bouncedRecipients) => ({ eventType: 'Bounce', mail, bounce: { bounceType: 'Permanent', bouncedRecipients } }),
  ),
  ...[null, 'x', [[]], { send_id: {}, lead_id: ['leads.>'] }, { send_id: [] }].map((tags) => ({
    eventType: 'Send',
    mail: { ...mail, tags },
  })),
];
/** Posted as mails: with the topic's signature, and raw. */
const ODD_MAILS: unknown[] = [
  ...[null, 1, 'x', [], {}, deep(200), { notificationType: 'Received' }, { eventType: 'Send', mail }],
  ...[{}, { recipients: 5 }, { recipients: [null] }, { action: 'x' }, { action: { type: 'S3' } }].map((receipt) => ({
    notificationType: 'Received',
    mail,
    receipt,
  })),
  ...['', '\u0000', '=?x', 'x'.repeat(100_000)].map((content) => ({
    notificationType: 'Received',
    mail,
    receipt: { action: { encoding: 'BASE64' } },
    content,
  })),
];
/** A post of the sandbox's topic, signed. */
const signed = (message: unknown) => {
  const [post] = sesWire.posts([{ event: 'x', sg_event_id: 'x', message }], SIGNS);
  if (!post) throw new Error('no post');
  return { method: 'POST', headers: post.headers, body: post.body.toString() };
};
const SIGNS = { key: { publicKey: '', sign: () => '' }, login: '', secret: '' };

describe.each(deliveryModes)('with SES, and every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ESP: 'ses', DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());
  const post = (path: string, init: RequestInit) => fetch(`${stack.url('inbound')}/v1/ses/${path}`, init);

  it('events of a blind copy change nothing of its lead, however they spell the address', () =>
    expectCopiesToChangeNothing(stack));

  it('a lead gets its mails, and a reply between them stops the lead and is told to the rep', async () => {
    const { email, mail } = await withFirstMail(stack);
    expect(mail).toMatchObject({ wire: 'ses', headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } });
    expect(mail.headers['References']).toContain(mail.custom_args['send_id']);
    await stack.client.reply({ messageId: mail.id, text: 'Yes, next week?' });
    await stopped(stack, email, 'responded');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const told = mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));
    expect(told).toMatchObject([{ wire: 'ses', text: expect.stringContaining('Yes, next week?') }]);
    const named = (await stack.history(email)).flatMap(({ data }) => ('provider' in data ? [data.provider] : []));
    expect(new Set(named)).toEqual(new Set(['ses']));
    expect(await stack.types(email)).toContain('delivered');
  });

  it.each([
    ['bounce', 'bounced'],
    ['spamreport', 'complained'],
    ['unsubscribe', 'unsubscribed'],
  ])('a %s stops the lead', async (event, status) => {
    const { email, mail } = await withFirstMail(stack);
    await stack.client.event({ messageId: mail.id, event });
    await stopped(stack, email, status);
    expect((await stack.types(email)).filter((type) => type === status)).toHaveLength(1);
  });

  it('a reply to the address of the sender finds its lead by the references, whose send it names', async () => {
    const { email, mail } = await withFirstMail(stack);
    const url = `inbound/${stack.settings['INBOUND_SECRET']}`;
    const headers = { References: `${mail.headers['References']} <${mail.id}@eu-west-1.amazonses.com>` };
    const written = { from: email, to: mail.from, subject: 'Re: x', text: 'Yes, please.', headers };
    const reply = sesWire.inbound(written, { secret: '' });
    expect((await post(url, { method: 'POST', ...reply })).status).toBe(200);
    await stopped(stack, email, 'responded');
    const [replied] = (await stack.history(email)).filter(({ type }) => type === 'lead.replied');
    expect(replied?.data).toMatchObject({ matchedBy: 'references', sendId: mail.custom_args['send_id'] });
  });

  it('a send of unknown outcome is settled by an event of its mail, its acceptance or its delivery', async () => {
    const email = freshEmail();
    await stack.client.faults({ drop: 'after', to: email });
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step }) => step === 1);
    const settled = (await stack.history(email)).find(({ type }) => type === 'lead.sent' || type === 'lead.delivered');
    // The delivery may be recorded before the acceptance, which is then settled by it.
    expect(settled?.data).toMatchObject({
      [settled?.type === 'lead.sent' ? 'feedbackKey' : 'key']: expect.any(String),
    });
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('odd posts are stored, or refused for their signature, and a lead’s event after them counts', async () => {
    const { email, mail: sent } = await withFirstMail(stack);
    const { INBOUND_SECRET: secret = '' } = stack.settings;
    expect(ODD_EVENTS.length + ODD_MAILS.length).toBeGreaterThanOrEqual(50);
    for (const event of ODD_EVENTS) expect((await post('events', signed(event))).status).toBe(200);
    for (const one of ODD_MAILS) expect((await post(`inbound/${secret}`, signed(one))).status).toBe(200);
    const complaint = {
      eventType: 'Complaint',
      mail: { ...mail, destination: [email], tags: { lead_id: [sent.custom_args['lead_id']] } },
      complaint: { timestamp: mail.timestamp, complainedRecipients: [{ emailAddress: email }] },
    };
    const good = signed(complaint);
    for (const body of ['', '[]', '{}', good.body.replace('Complaint', 'Delivery')])
      for (const path of ['events', `inbound/${secret}`])
        expect((await post(path, { ...good, body })).status).toBe(401);
    const raw = { ...good, headers: { ...good.headers, 'x-amz-sns-rawdelivery': 'true' } };
    expect((await post('events', raw)).status).toBe(401);
    expect((await post('events', { ...good, headers: {} })).status).toBe(401);
    expect((await post('inbound/guess', good)).status).toBe(404);
    expect(await stack.types(email)).not.toContain('complained');
    expect((await post(`events/${secret}`, { ...raw, body: JSON.stringify(complaint) })).status).toBe(200);
    await stopped(stack, email, 'complained');
  });
});
