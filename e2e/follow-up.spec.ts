import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { BOOKING_URL, freshEmail, mailsTo, REP, startStack, type Stack } from './stack.ts';

describe.each([['once', false], ['twice at once', true]])('with every message delivered %s', (_, twice) => {
  let stack: Stack;
  beforeAll(async () => { stack = await startStack({ twice }); });
  afterAll(() => stack.stop());

  const post = (lead: object, headers: Record<string, string> = {}) =>
    fetch(`${stack.url('ingest')}/v1/leads`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(lead) });
  const lead = (email: string, source: string, over: object = {}) => ({ email, firstName: 'Jane', leadData: { source }, ...over });

  it('a whitepaper gets two follow-ups, in order, that name its content', async () => {
    const email = freshEmail();
    const response = await post(lead(email, 'content_download_kubernetes_guide'));
    expect([response.status, Object.keys(await response.json() as object)]).toEqual([202, ['id']]);
    await stack.lead(email, ({ status }) => status === 'completed');
    const mails = mailsTo(stack.sandbox, email);
    expect(mails.map(({ subject }) => subject.startsWith('Re: '))).toEqual([false, true]);
    for (const { text } of mails) expect(text).toMatch(/Kubernetes/i);
    expect((await stack.types(email)).filter((type) => type !== 'delivered')).toEqual([
      'triaged', 'enrolled', 'step-due', 'send-started', 'sent', 'step-planned', 'step-due', 'send-started', 'sent', 'sequence-completed',
    ]);
  });

  it('a demo request tells the rep at once and confirms with the booking link', async () => {
    const email = freshEmail();
    await post(lead(email, 'demo_request', { lastName: 'Doe', phone: '(030) 901820' }));
    await stack.lead(email, ({ status }) => status === 'completed');
    const [confirmation, ...more] = mailsTo(stack.sandbox, email);
    expect(more).toEqual([]);
    expect(confirmation?.text).toContain(BOOKING_URL);
    const notice = mailsTo(stack.sandbox, REP).find(({ custom_args: { lead_id: id } }) => id === stack.idOf(email));
    expect(notice?.text).toContain('+4930901820');
    expect(Date.parse(notice?.at ?? '')).toBeLessThanOrEqual(Date.parse(confirmation?.at ?? ''));
  });

  it('a mail to a lead has its reply address, its way out and an opaque id', async () => {
    const email = freshEmail();
    await post(lead(email, 'whitepaper'));
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]) as SandboxMessage;
    expect(mail.reply_to).toMatch(/^r\+[a-z2-7]{44}@reply\.acme\.example$/);
    expect(mail.headers['List-Unsubscribe']).toMatch(/^<https:\/\/u\.acme\.example\/u\/[a-z2-7]{44}>$/);
    expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(mail.custom_args).toEqual({ send_id: expect.any(String), lead_id: stack.idOf(email) });
  });
});
