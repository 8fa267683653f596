import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { start } from '@leadstream/service/start';
import { expectCopiesToChangeNothing, stopped, withFirstMail } from './first-mail.ts';
import { deliveryModes, freshEmail, lead, mailsTo, REP, services, startStack, type Stack } from './stack.ts';

/** A webhook's body, signed over token and time as Mailgun signs. */
function signedBody(key: string, data: unknown): string {
  const [token, timestamp] = ['f'.repeat(50), '1770920772'];
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  return JSON.stringify({ signature: { token, timestamp, signature }, 'event-data': data });
}

const deep = (depth: number): unknown => (depth === 0 ? 'x' : { a: deep(depth - 1) });
const at = { timestamp: 1_770_920_772, recipient: 'a@example.com' };
/** Signed by the right key, and no event that can be read, or one of no lead. */
const ODD_EVENTS: unknown[] = [
  ...[null, 1, 'delivered', [], {}, deep(200), { event: null }, { event: '' }, { event: 7, ...at }, { event: [] }],
  ...['failed', 'opened', 'clicked', 'accepted', 'stored', 'list_uploaded', 'constructor'].map((event) => ({ event })),
  ...[-1, 'soon', 1e300, null, {}].map((timestamp) => ({ event: 'delivered', recipient: 'a@example.com', timestamp })),
  ...[null, 5, [], '', '\ud800', 'x'.repeat(500_000)].map((recipient) => ({ event: 'complained', ...at, recipient })),
  ...[null, 'x', [[]], { send_id: {}, lead_id: 'leads.>' }].map((ids) => ({
    event: 'opened',
    ...at,
    'user-variables': ids,
  })),
  ...[null, 'x', { code: {} }, { message: 5 }].map((status) => ({ event: 'failed', ...at, 'delivery-status': status })),
];
const FORM = 'application/x-www-form-urlencoded';
const ODD_MAILS: [string, string][] = [
  ['', FORM],
  ['&&&===', FORM],
  ['%', FORM],
  ['body-mime=%zz&recipient=%', FORM],
  ['body-mime=', FORM],
  ['recipient=a&message-url=x', FORM],
  ['message-headers=[[1]]&body-plain=x', FORM],
  [`${'a'.repeat(100_000)}=1`, FORM],
  ['recipient=r%2B@reply.acme.example&body-mime=%00%ff%fe', FORM],
  ['x', 'multipart/form-data'],
  ['--b\r\n', 'multipart/form-data; boundary=b'],
  ['{"event-data":{"event":"clicked"}}', 'application/json'],
  ['\u0000', 'text/plain'],
  ['x', 'a/b/c'],
];

describe.each(deliveryModes)('with Mailgun, and every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ESP: 'mailgun', DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());
  const post = (path: string, body: string, type = 'application/json') =>
    fetch(`${stack.url('inbound')}/v1/${path}`, { method: 'POST', headers: { 'content-type': type }, body });

  it('events of a blind copy change nothing of its lead, however they spell the address', () =>
    expectCopiesToChangeNothing(stack));

  it('a lead gets its mails, and a reply between them stops the lead and is told to the rep', async () => {
    const { email, mail } = await withFirstMail(stack);
    expect(mail).toMatchObject({ wire: 'mailgun', headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } });
    expect(mail.headers['Message-ID']).toContain(mail.custom_args['send_id']);
    await stack.client.reply({ messageId: mail.id, text: 'Yes, next week?' });
    await stopped(stack, email, 'responded');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const told = mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));
    expect(told).toMatchObject([{ wire: 'mailgun', text: expect.stringContaining('Yes, next week?') }]);
    const named = (await stack.history(email)).flatMap(({ data }) => ('provider' in data ? [data.provider] : []));
    expect(new Set(named)).toEqual(new Set(['mailgun']));
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

  it.each([
    ['the event of its acceptance', false],
    ['its record at Mailgun, where no event is posted', true],
  ])('a send of unknown outcome is settled by %s', async (_, silent) => {
    const email = freshEmail();
    await stack.client.faults({ drop: 'after', to: email, silent });
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step }) => step === 1);
    const settled = (await stack.history(email)).find(({ type }) => type === 'lead.sent' || type === 'lead.delivered');
    // The delivery may be recorded before the acceptance, which is then settled by it; a record has no delivery.
    expect(settled?.data).toMatchObject({
      provider: 'mailgun',
      ...(settled?.type === 'lead.sent' ? { evidence: 'provider-event' } : {}),
      ...(silent ? { feedbackKey: expect.stringMatching(/^lookup\//) } : {}),
    });
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('odd webhooks are stored, or refused for their signature, and a lead’s event after them counts', async () => {
    const { email, mail } = await withFirstMail(stack);
    const { MAILGUN_SIGNING_KEYS: key = '', INBOUND_SECRET: secret = '' } = stack.settings;
    expect(ODD_EVENTS.length + ODD_MAILS.length).toBeGreaterThanOrEqual(50);
    for (const data of ODD_EVENTS) expect((await post('mailgun/events', signedBody(key, data))).status).toBe(200);
    for (const [body, type] of ODD_MAILS)
      for (const path of ['', '/mime'])
        expect((await post(`mailgun/inbound/${secret}${path}`, body, type)).status).toBe(200);
    for (const body of ['', '[]', '{}', '{"signature":5}', signedBody(`${key}x`, { event: 'complained', ...at })])
      expect((await post('mailgun/events', body)).status).toBe(401);
    expect((await post('mailgun/inbound/guess', 'x', FORM)).status).toBe(404);
    expect((await post('mailgun/events/guess', '{}')).status).toBe(404);
    const complaint = { event: 'complained', ...at, recipient: email, 'user-variables': mail.custom_args };
    expect((await post(`mailgun/events/${secret}`, signedBody(key, complaint))).status).toBe(200);
    await stopped(stack, email, 'complained');
  });

  it('another provider takes over by configuration, and late events of the old one still count', async () => {
    const { email, mail } = await withFirstMail(stack);
    const another = await start(services.sender, { ...stack.settings, ESP: 'sendgrid', SENDGRID_API_KEY: 'SG.tests' });
    await another.ready;
    const others = await Promise.all(Array.from({ length: 4 }, () => withFirstMail(stack)));
    await another.stop();
    for (const each of others) expect(mailsTo(stack.sandbox, each.email)).toHaveLength(1);
    await stack.client.event({ messageId: mail.id, event: 'bounce' });
    await stopped(stack, email, 'bounced');
  });
});
