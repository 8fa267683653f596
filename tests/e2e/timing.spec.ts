import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { deliveryModes, BOOKING_URL, freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

describe.each(deliveryModes)('in real time, with every message delivered %s', (delivery) => {
  let stack: Stack;
  /** A clock that the stories set: it stands still in between. */
  let now = Temporal.Instant.from('2026-11-21T01:00:00Z');
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { DELAY_SCALE: '1' }, clock: () => now });
  });
  afterAll(() => stack.stop());

  it('a lead of Saturday 2:00 in its zone is written to on Monday at 9:15:00', async () => {
    now = Temporal.Instant.from('2026-11-21T07:00:00Z');
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper', { timeZone: 'America/New_York' }));
    const planned = await stack.lead(email, ({ phase }) => phase === 'planned');
    expect(planned['nextActionAt']).toEqual(new Date('2026-11-23T14:15:00Z'));
    expect(planned['zone']).toMatchObject({ id: 'America/New_York', source: 'explicit', confidence: 'high' });
    now = Temporal.Instant.from('2026-11-23T14:14:59Z');
    const [, enrolled] = await stack.history(email);
    expect(enrolled?.data).toMatchObject({ planned: { local: '2026-11-23T09:15:00-05:00[America/New_York]' } });
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
    now = Temporal.Instant.from('2026-11-23T14:15:00Z');
    await eventually(() => mailsTo(stack.sandbox, email)[0]);
    const next = await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    expect(next['nextActionAt']).toEqual(new Date('2026-11-25T14:15:00Z'));
  });

  it('a demo request at night notifies the rep at once and holds the confirmation until business hours', async () => {
    now = Temporal.Instant.from('2026-11-23T22:30:00Z');
    const email = freshEmail();
    await stack.post(lead(email, 'demo_request', { timeZone: 'Europe/Berlin' }));
    await eventually(() =>
      mailsTo(stack.sandbox, REP).find(({ custom_args: { lead_id: id } }) => id === stack.idOf(email)),
    );
    const held = await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    expect(held['nextActionAt']).toEqual(new Date('2026-11-24T08:15:00Z'));
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
    now = Temporal.Instant.from('2026-11-24T08:15:00Z');
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    expect(mail.text).toContain(BOOKING_URL);
  });

  it('in business hours the delay is drawn between three and seven minutes', async () => {
    now = Temporal.Instant.from('2026-11-24T10:00:00Z');
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper', { timeZone: 'Europe/Berlin' }));
    const planned = await stack.lead(email, ({ phase }) => phase === 'planned');
    const waitMs = Number(planned['nextActionAt']) - now.epochMilliseconds;
    expect(waitMs).toBeGreaterThanOrEqual(180_000);
    expect(waitMs).toBeLessThanOrEqual(420_000);
  });

  it('a step that comes far too late is planned again instead of sent at once', async () => {
    now = Temporal.Instant.from('2026-11-24T10:00:00Z');
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper', { timeZone: 'Europe/Berlin' }));
    await stack.lead(email, ({ phase }) => phase === 'planned');
    now = Temporal.Instant.from('2026-11-24T23:00:00Z');
    const again = await stack.lead(email, ({ version, phase }) => Number(version) > 3 && phase === 'planned');
    expect(again['nextActionAt']).toEqual(new Date('2026-11-25T08:15:00Z'));
    expect(mailsTo(stack.sandbox, email)).toEqual([]);
  });
});

describe('an account with one call a day', () => {
  let stack: Stack;
  let now = Temporal.Instant.from('2026-11-23T10:00:00Z');
  beforeAll(async () => {
    stack = await startStack({ env: { DELAY_SCALE: '1', ESP_DAILY_MAX: '1' }, clock: () => now });
  });
  afterAll(() => stack.stop());

  it('keeps its call while a mail is held until business hours', async () => {
    const [held, called] = [freshEmail(), freshEmail()];
    await stack.post(lead(held, 'whitepaper', { timeZone: 'Europe/Berlin' }));
    await stack.lead(held, ({ phase }) => phase === 'planned');
    await stack.leadctl('account', 'pause', '--by', 'test', '--reason', 'test');
    now = Temporal.Instant.from('2026-11-23T16:00:00Z');
    await stack.lead(held, ({ phase }) => phase === 'due');
    now = Temporal.Instant.from('2026-11-23T23:00:00Z');
    await stack.leadctl('account', 'resume', '--by', 'ana');
    await stack.lead(
      held,
      ({ phase, nextActionAt }) => phase === 'planned' && Number(nextActionAt) > +now.epochMilliseconds,
    );
    expect(await stack.types(held)).toContain('send-skipped');
    await stack.post(lead(called, 'demo_request', { timeZone: 'Europe/Berlin' }));
    await eventually(() => mailsTo(stack.sandbox, REP)[0]);
  });
});
