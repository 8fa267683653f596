import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccountStore } from '@leadstream/service/account';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

describe('all services in one process', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ together: true, env: { DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());

  it('stop a lead that has replied after its first mail', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    await stack.client.reply({ messageId: mail.id, text: 'Can we talk next week?' });
    await stack.lead(email, ({ status, nextActionAt }) => status === 'responded' && nextActionAt === null);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    expect(await stack.leadctl('verify')).toContain('PROVEN');
  });

  it('triage, plan and show leads while the account is paused, and send once it is resumed', async () => {
    const account = new AccountStore(stack.broker, 1, 'sendgrid');
    await account.pause({ why: 'a test', by: 'olga' });
    const email = freshEmail();
    await stack.post(lead(email, 'demo_request'));
    await stack.lead(email, ({ phase }) => phase === 'due');
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
    await account.resume({ by: 'olga' });
    await eventually(() => mailsTo(stack.sandbox, email)[0]);
  });
});
