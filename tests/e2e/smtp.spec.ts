import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stopped, withFirstMail } from './first-mail.ts';
import { deliveryModes, freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

describe.each(deliveryModes)('with a plain mail server, and every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ESP: 'smtp', DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());

  it('a lead gets its mails, and a reply between them stops the lead and is told to the rep', async () => {
    const { email, mail } = await withFirstMail(stack);
    expect(mail).toMatchObject({ wire: 'smtp', headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } });
    expect(mail.headers['Message-ID']).toContain(mail.custom_args['send_id']);
    await stack.client.reply({ messageId: mail.id, text: 'Yes, next week?' });
    await stopped(stack, email, 'responded');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const told = mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));
    expect(told).toMatchObject([{ wire: 'smtp', text: expect.stringContaining('Yes, next week?') }]);
    expect((await stack.history(email)).find(({ type }) => type === 'lead.sent')?.data).toMatchObject({
      provider: 'smtp',
    });
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
