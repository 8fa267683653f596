import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { eventually } from '@leadstream/testing/eventually';
import { deliveryModes, BOOKING_URL, freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

const ways = [
  ...deliveryModes.map((delivery) => ({ delivery, partitions: 1 })),
  { delivery: 'once', partitions: 4 } as const,
];

describe.each(ways)('with every message delivered $delivery, in a log of $partitions partitions', (way) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(way);
  });
  afterAll(() => stack.stop());

  it('a whitepaper gets two follow-ups, in order, that name its content', async () => {
    const email = freshEmail();
    const response = await stack.post(lead(email, 'content_download_kubernetes_guide'));
    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([202, ['id']]);
    await stack.lead(email, ({ status }) => status === 'completed');
    const mails = mailsTo(stack.sandbox, email);
    expect(mails.map(({ subject }) => subject.startsWith('Re: '))).toEqual([false, true]);
    for (const { text } of mails) expect(text).toMatch(/Kubernetes/i);
    // A mail program shows them as one conversation.
    const [first] = mails.map(({ headers }) => headers['Message-ID']);
    expect(mails.map(({ headers }) => [headers['In-Reply-To'], headers['References']])).toEqual([
      [undefined, undefined],
      [first, first],
    ]);
    expect((await stack.types(email)).filter((type) => type !== 'delivered')).toEqual([
      'triaged',
      'enrolled',
      'step-due',
      'send-started',
      'sent',
      'step-planned',
      'step-due',
      'send-started',
      'sent',
      'sequence-completed',
    ]);
  });

  it('a demo request notifies the rep at once and confirms with the booking link', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'demo_request', { lastName: 'Doe', phone: '(030) 901820' }));
    await stack.lead(email, ({ status }) => status === 'completed');
    const [confirmation, ...more] = mailsTo(stack.sandbox, email);
    expect(more).toEqual([]);
    expect(confirmation?.text).toContain(BOOKING_URL);
    const notice = mailsTo(stack.sandbox, REP).find(({ custom_args: { lead_id: id } }) => id === stack.idOf(email));
    expect(notice?.text).toContain('+4930901820');
    expect(Date.parse(notice?.at ?? '')).toBeLessThanOrEqual(Date.parse(confirmation?.at ?? ''));
  });

  it('a mail to a lead has its reply address, its unsubscribe link and an opaque id', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    expect(mail.reply_to).toMatch(/^r\+[a-z2-7]{44}@reply\.acme\.example$/);
    expect(mail.headers['List-Unsubscribe']).toMatch(
      new RegExp(
        String.raw`^<https://u\.acme\.example/u/[a-z2-7]{44}>, ` +
          String.raw`<mailto:r\+[a-z2-7]{44}@reply\.acme\.example\?subject=unsubscribe>$`,
      ),
    );
    expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(mail.custom_args).toEqual({ send_id: expect.any(String), lead_id: stack.idOf(email) });
  });

  it('a missing name never shows a hole', async () => {
    const email = freshEmail();
    await stack.post({ email, firstName: '  ', leadData: { source: 'something nobody has heard of' } });
    await stack.lead(email, ({ status }) => status === 'completed');
    const mails = mailsTo(stack.sandbox, email);
    expect(mails).toHaveLength(2);
    for (const { subject, text, html } of mails)
      expect(`${subject}\n${text}\n${html}`).not.toMatch(/Hi\s*,|\{\{|undefined|null|\s,/);
  });

  it('a lead that another service publishes goes the same way, binary and structured', async () => {
    const [binary, structured] = [freshEmail('binary'), freshEmail('structured')];
    const head = headers();
    for (const [name, value] of Object.entries({
      'ce-id': binary,
      'ce-type': 'lead.created',
      'ce-source': 'crm',
      'ce-specversion': '1.0',
    }))
      head.set(name, value);
    const js = jetstream(stack.nc);
    await js.publish('lead.created', JSON.stringify(lead(binary, 'webinar_scaling')), { headers: head });
    await js.publish(
      'lead.created',
      JSON.stringify({
        specversion: '1.0',
        id: structured,
        type: 'lead.created',
        source: 'crm',
        data: lead(structured, 'whitepaper'),
      }),
    );
    for (const email of [binary, structured]) {
      await stack.lead(email, ({ status }) => status === 'completed');
      expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
    }
    expect(mailsTo(stack.sandbox, binary)[0]?.text).toMatch(/webinar/i);
  });

  it('the same submission five times at once, both ways in, is one lead with one sequence', async () => {
    const email = freshEmail();
    const js = jetstream(stack.nc);
    const published = lead(email.toUpperCase(), 'whitepaper');
    await Promise.all([
      stack.post(lead(email, 'whitepaper')),
      stack.post(lead(` ${email} `, 'whitepaper')),
      stack.post(lead(email, 'whitepaper'), { 'idempotency-key': email }),
      stack.post(lead(email, 'whitepaper'), { 'idempotency-key': email }),
      js.publish(
        'lead.created',
        JSON.stringify({ specversion: '1.0', id: email, type: 'lead.created', source: 'crm', data: published }),
      ),
    ]);
    await stack.lead(email, ({ status }) => status === 'completed');
    const types = await stack.types(email);
    expect(types.filter((type) => type === 'triaged' || type === 'enrolled')).toEqual(['triaged', 'enrolled']);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
  });

  it('is one trace through all of a lead’s events, the hunter’s included', async () => {
    const email = freshEmail();
    const response = await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'completed');
    const traces = new Set((await stack.history(email)).map(({ traceparent }) => traceparent?.split('-')[1]));
    expect([...traces]).toEqual([response.headers.get('traceresponse')?.split('-')[1]]);
  });
});
