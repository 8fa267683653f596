import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '@leadstream/leadctl/testing/command';
import { freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

let stack: Stack;
const folder = mkdtempDisposableSync(join(tmpdir(), 'suppressed-'));
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => {
  await stack?.stop();
  folder.remove();
});

const suppress = (addresses: string[], why = 'unsubscribed') => {
  const path = join(folder.path, `${addresses[0]}.csv`);
  writeFileSync(path, ['email', ...addresses].join('\n'));
  return stack.leadctl('leads', 'import', path, '--suppress', why, '--by', 'ana');
};
/** Of the whole installation: no claim after a stop. */
const isProven = async () =>
  expect(await command(['verify'], stack.settings)).toMatchObject({ code: 0, out: expect.stringMatching(/^PROVEN/m) });

describe('an address that a list from elsewhere names gets no automated mail', () => {
  it.each(['unsubscribed', 'bounced'])('although its lead comes later, in any spelling: %s', async (why) => {
    const email = freshEmail('later');
    await suppress([email.toUpperCase()], why);
    expect(await stack.lead(email)).toMatchObject({ status: 'suppressed', email: null });
    await stack.post(lead(`  ${email.replace('later', 'Later')} `, 'demo_request', { phone: '+4930901820' }));
    await stack.lead(email, ({ status, phase }) => status === why && phase === 'completed');
    await stack.post(lead(`"${email.split('@')[0]}"@EXAMPLE.com`, 'whitepaper'));
    await stack.lead(email, ({ version }) => version > 6);
    expect((await stack.types(email)).slice(0, 2)).toEqual(['suppressed', 'triaged']);
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
    expect(mailsTo(stack.sandbox, REP).some(({ text = '' }) => text.toLowerCase().includes(email))).toBe(true);
    await isProven();
  });

  it('although it is a lead already', async () => {
    const [email, other] = [freshEmail('known'), freshEmail('other')];
    await stack.post(lead(email, 'whitepaper'));
    await stack.post(lead(other, 'whitepaper'));
    await stack.lead(other, ({ status }) => status === 'completed');
    await stack.lead(email, ({ status }) => status === 'completed');
    await suppress([email]);
    await stack.post(lead(email, 'demo_request'));
    await stack.lead(
      email,
      ({ status, version, phase }) => status === 'unsubscribed' && version > 14 && phase === 'completed',
    );
    expect(mailsTo(stack.sandbox, email)).toHaveLength(mailsTo(stack.sandbox, other).length);
    await isProven();
  });

  it('while another spelling of the mailbox is another lead, as everywhere', async () => {
    const email = freshEmail('tagged');
    await suppress([email.replace('@', '+fair@')]);
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ status }) => status === 'completed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(2);
  });

  it('although its person is erased, before the lead comes or after', async () => {
    const [before, after] = [freshEmail('before'), freshEmail('after')];
    await suppress([before, after]);
    await stack.leadctl('lead', 'erase', before, '--by', 'ana', '--reason', 'asked for it');
    for (const email of [before, after]) await stack.post(lead(email, 'demo_request'));
    await stack.lead(after, ({ phase }) => phase === 'completed');
    await stack.leadctl('lead', 'erase', after, '--by', 'ana', '--reason', 'asked for it');
    await stack.post(lead(after, 'demo_request'));
    await stack.lead(after, ({ status }) => status === 'erased');
    for (const email of [before, after]) expect(mailsTo(stack.sandbox, email)).toEqual([]);
    await isProven();
  });
});
