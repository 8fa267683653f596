import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { deliveryModes, freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

/** The second mail is days away: each story is about the first. */
const FIRST_ONLY = { DELAY_SCALE: '0.001', ESP_BREAKER_RESET_MS: '100' };

describe.each(deliveryModes)('with every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: FIRST_ONLY });
  });
  beforeEach(() => stack.client.clearFaults());
  afterAll(() => stack.stop());

  const submit = async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    return email;
  };
  const sends = async (email: string) => (await stack.types(email)).filter((type) => /^sen[dt]/.test(type));

  it('a 429 with a hint is waited for: one mail', async () => {
    await stack.client.faults({ status: 429, retryAfter: 1, count: 1 });
    const email = await submit();
    await stack.lead(email, ({ step }) => step === 1);
    expect(await sends(email)).toEqual(['send-started', 'send-started', 'sent']);
    const [first, second] = (await stack.history(email)).filter(({ type }) => type === 'lead.send-started');
    expect(second?.data).toMatchObject({ attempt: 2, previous: { class: 'rate-limited' } });
    expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(1_000);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('500 three times, then accepted: one mail, each attempt a claim of its own', async () => {
    await stack.client.faults({ status: 500, count: 3 });
    const email = await submit();
    await stack.lead(email, ({ step }) => step === 1);
    expect(await sends(email)).toEqual(['send-started', 'send-started', 'send-started', 'send-started', 'sent']);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('after six refusals the sender defers, and the scheduler plans the step again', async () => {
    await stack.client.faults({ status: 503, count: 6 });
    const email = await submit();
    const deferred = await stack.lead(
      email,
      ({ phase, history }) => phase === 'planned' && history.some(({ type }) => type === 'lead.send-deferred'),
    );
    expect((await sends(email)).slice(-2)).toEqual(['send-started', 'send-deferred']);
    expect(Number(deferred['nextActionAt'])).toBeGreaterThan(Date.now() + 60_000);
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
  });

  it('a 400 fails the mail, without another attempt', async () => {
    await stack.client.faults({ status: 400, count: 1 });
    const email = await submit();
    const parked = await stack.lead(email, ({ status }) => status === 'parked');
    expect(await sends(email)).toEqual(['send-started', 'send-failed']);
    expect(parked['nextActionAt']).toBeNull();
  });

  it('a reset after acceptance is unknown, is never sent again, and ends by the provider’s own event', async () => {
    await stack.client.faults({ drop: 'after', count: 1 });
    const email = await submit();
    await stack.lead(email, ({ step }) => step === 1);
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const types = await stack.types(email);
    expect(types.filter((type) => type === 'send-started')).toHaveLength(1);
    // Whichever of the two is first, the provider's word or the broken call: the mail is known to be sent, once.
    expect(types.filter((type) => type === 'sent' || type === 'delivered').length).toBeGreaterThan(0);
  });

  it('a reset before acceptance is unknown and stays unknown', async () => {
    await stack.client.faults({ drop: 'before', count: 1 });
    const email = await submit();
    await stack.lead(email, ({ status }) => status === 'parked');
    expect(await sends(email)).toEqual(['send-started', 'send-unknown']);
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
  });

  it('a 502 is unknown too', async () => {
    await stack.client.faults({ status: 502, body: '<html>Bad Gateway</html>', count: 1 });
    const email = await submit();
    await eventually(async () => (await stack.types(email)).includes('send-unknown'));
    expect(await sends(email)).toEqual(['send-started', 'send-unknown']);
  });
});
