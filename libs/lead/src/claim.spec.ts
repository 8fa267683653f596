import { describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import {
  claimed,
  deferred,
  delivered,
  enrolled,
  nextPlanned,
  paused,
  replied,
  resubmitted,
  resumed,
  sent,
  skipped,
  stepDue,
  triaged,
  unknown,
  unsubscribed,
  bounced,
} from '@leadstream/testing/builders';
import { given, MONDAY } from '@leadstream/testing/given';
import { decideClaim, decideGiveBack, decideOutcome, decideRetry, decideWait, recheckClaim } from './claim.ts';
import { NEWS_NOTICE } from './run.ts';
import { nextActionAt, statusOf, type LeadState } from './state.ts';

const now = Temporal.Instant.from(MONDAY).add({ seconds: 10 });
const claim =
  (at = now, written = { runId: 'run-1', step: 0 }) =>
  (state: LeadState) =>
    decideClaim(state, { now: at, sendId: 'new', deadlineMs: 90_000 }, written);
const retry =
  (sendId = 'send-1') =>
  (state: LeadState) =>
    decideRetry(state, { sendId, class: 'rate-limited' }, { now, sendId: 'new', deadlineMs: 90_000 });
const due = [triaged(), enrolled(), stepDue()];
const about = { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead', channel: 'email' } as const;

describe('a claim', () => {
  it('is made when the step is due', () => {
    given(...due)
      .when(claim())
      .then({
        type: 'lead.send-started',
        data: { ...about, sendId: 'new', attempt: 1, action: 'first', deadline: now.add({ seconds: 90 }).toString() },
      });
  });

  it.each([
    ['nothing is planned yet', [triaged()], 'enrolling'],
    ['the step is not due yet', [triaged(), enrolled()], 'planned'],
    ['a sender holds the claim, running or crashed (trace 2)', [...due, claimed()], 'claimed'],
    ['the step was sent', [...due, claimed(), sent()], 'settled'],
    ['its outcome is unknown', [...due, claimed(), unknown()], 'parked'],
    [
      'it was deferred and planned again, and the old step-due is redelivered (trace 3)',
      [...due, claimed(), deferred(), nextPlanned({ at: '2026-11-23T09:05:00Z' }, 'retry')],
      'planned',
    ],
  ])('is not made when %s', (_, past, phase) => {
    given(...past)
      .when(claim())
      .thenNothing('wrong-phase', phase);
  });

  it.each([
    ['a person has replied', replied(), 'stopped'],
    ['the lead has unsubscribed in words', replied('unsubscribe'), 'suppressed'],
    ['the lead has unsubscribed', unsubscribed, 'suppressed'],
    ['the address has bounced', bounced, 'suppressed'],
    ['an operator holds the lead', paused, 'paused'],
  ] as const)('is skipped by name when %s', (_, fact, no) => {
    given(...due, fact)
      .when(claim())
      .then({ type: 'lead.send-skipped', data: { ...about, guard: no } });
  });

  it('is not made for a mail composed for another step or run', () => {
    given(...due)
      .when(claim(now, { runId: 'run-1', step: 1 }))
      .thenNothing('another-step');
    given(...due)
      .when(claim(now, { runId: 'run-0', step: 0 }))
      .thenNothing('another-step');
  });

  it('is made after an automatic reply', () => {
    given(...due, replied('auto'))
      .when(claim())
      .thenEvent('lead.send-started');
  });

  it('is skipped while the lead is away, and planned again for its return', () => {
    const away = replied('out-of-office', { until: '2026-11-24T11:00:00Z' });
    given(...due, away)
      .when(claim())
      .thenEvent('lead.send-skipped', { guard: 'away' });
    given(...due, replied('out-of-office', { until: '2026-11-20T11:00:00Z' }))
      .when(claim())
      .thenEvent('lead.send-started');
  });

  it('is skipped outside the window of the lead’s zone', () => {
    given(...due)
      .when(claim(Temporal.Instant.from('2026-11-23T07:00:00Z')))
      .thenEvent('lead.send-skipped', { guard: 'window' });
  });

  it('is skipped when it comes too late, to be planned again instead of burst out', () => {
    given(...due)
      .when(claim(Temporal.Instant.from('2026-11-23T15:00:00Z')))
      .thenEvent('lead.send-skipped', { guard: 'late' });
  });

  it('is made for a step to staff whatever the lead’s stop, at any hour', () => {
    const staff = { audience: 'staff' as const, window: undefined };
    given(triaged(), enrolled(staff), stepDue({ audience: 'staff' }), replied(), paused)
      .when(claim(Temporal.Instant.from('2026-11-22T01:00:00Z')))
      .thenEvent('lead.send-started', { audience: 'staff' });
  });

  it('is open to the next process once a paused lead is resumed and planned', () => {
    const { state } = given(...due, paused, skipped('paused'), resumed, nextPlanned({}, 'resumed'), stepDue());
    expect(state.phase.kind).toBe('due');
  });
});

describe('a step that is due and that no sender claims', () => {
  const minutesUntilAsked = (times: number): number => {
    const { phase, ...state } = given(...due, ...Array.from({ length: times - 1 }, () => stepDue())).state;
    const since = phase.kind === 'due' ? Date.parse(phase.since) : Number.NaN;
    return (Date.parse(nextActionAt({ ...state, phase }) ?? '') - since) / 60_000;
  };
  // A sender that waits for its source acknowledges the message: only this brings the step back.
  it('is asked for again after 15 minutes, twice as long each time, every 6 hours at last', () =>
    expect([1, 2, 3, 6, 20].map(minutesUntilAsked)).toEqual([15, 30, 60, 360, 360]));
});

describe('a step that is due while its source is paused', () => {
  const waits = (state: LeadState) => decideWait(state, now, { runId: 'run-1', step: 0 }, 'source-paused');
  const news = [...due, { ...resubmitted(null, { tellRep: true, news: 'call me' }), id: 'news-1' }];

  it('stays due', () =>
    given(...due)
      .when(waits)
      .thenNothing('source-paused'));

  it('is another sender’s once it is claimed, or another run’s', () => {
    given(...news, claimed())
      .when(waits)
      .thenNothing('source-paused');
    given(...news)
      .when((state) => decideWait(state, now, { runId: 'run-2', step: 0 }, 'source-paused'))
      .thenNothing('source-paused');
  });

  it('is planned again when there is news for the rep, who is told at once', () => {
    const { decision } = given(...news).when(waits);
    expect(decision).toMatchObject({
      type: 'lead.send-skipped',
      data: { guard: 'window', until: '2026-11-23T09:15:10Z' },
    });
    const { state } = given(...news, decision as Draft);
    expect(state.phase).toMatchObject({
      kind: 'enrolling',
      runId: 'news-1',
      route: { sequence: NEWS_NOTICE.sequence },
    });
    expect(state.aside?.phase).toMatchObject({ kind: 'held', guard: 'window' });
  });

  it('is skipped after an answer, whose notice goes at once', () => {
    const answered = [...due, replied()];
    const { decision } = given(...answered).when(waits);
    expect(decision).toMatchObject({ type: 'lead.send-skipped', data: { guard: 'stopped' } });
    expect(given(...answered, decision as Draft).state.phase).toMatchObject({ kind: 'enrolling' });
  });

  it('is asked for at once when there is something to tell, and then as before', () => {
    expect(nextActionAt(given(...news).state)).toBe('2026-11-23T09:00:03Z');
    expect(nextActionAt(given(...due, replied()).state)).toBe('2026-11-23T09:00:03Z');
    expect(nextActionAt(given(...news, stepDue()).state)).toBe('2026-11-23T09:30:04Z');
  });
});

describe('a due text without a provider', () => {
  const phone = { email: 'jane@example.com', address: 'jane@example.com', phone: '+4915112345678' };
  const consent = { text: 'I agree to texts.', at: MONDAY };
  const zone = { id: 'Europe/Berlin', source: 'phone', confidence: 'high', evidence: '' } as const;
  const asked = { contact: phone, zone, trusted: true, number: 'one' };
  const dueText = (over: object = {}, step: object = {}) => [
    triaged({ ...asked, smsConsent: consent, ...over }),
    enrolled({ channel: 'sms', ...step }),
    stepDue({ channel: 'sms' }),
  ];
  const waits = (state: LeadState) => decideWait(state, now, { runId: 'run-1', step: 0, number: 'one' }, 'no-provider');

  it('stays due', () =>
    given(...dueText())
      .when(waits)
      .thenNothing('no-provider', 'sms'));

  it('is left out without a consent, so that the mails behind it go', () => {
    const past = dueText({ smsConsent: undefined });
    const { decision } = given(...past).when(waits);
    expect(decision).toMatchObject({ type: 'lead.send-skipped', data: { guard: 'no-consent' } });
    expect(given(...past, decision as Draft).state.phase.kind).toBe('settled');
  });

  it('is left out once it is late, so that the mails behind it go', () => {
    const past = dueText({}, { latenessMaxMs: 3_600_000, whenLate: 'skip' });
    const later = (ms: number) => (state: LeadState) =>
      decideWait(state, now.add({ milliseconds: ms }), { runId: 'run-1', step: 0, number: 'one' }, 'no-provider');
    given(...past)
      .when(later(0))
      .thenNothing('no-provider', 'sms');
    const { decision } = given(...past).when(later(2 * 3_600_000));
    expect(decision).toMatchObject({ type: 'lead.send-skipped', data: { guard: 'late' } });
    expect(given(...past, decision as Draft).state.phase.kind).toBe('settled');
  });

  it('is left out once it is late at night, too, and not in the lead’s absence or pause', () => {
    const past = dueText({}, { latenessMaxMs: 3_600_000, whenLate: 'skip' });
    const atNight = (state: LeadState) =>
      decideWait(state, now.add({ hours: 14 }), { runId: 'run-1', step: 0, number: 'one' }, 'no-provider');
    expect(given(...past).when(atNight).decision).toMatchObject({ data: { guard: 'late' } });
    given(...dueText(), stepDue({ channel: 'sms' }))
      .when(atNight)
      .thenNothing('no-provider', 'sms');
    expect(given(...past, paused).when(atNight).decision).toMatchObject({ data: { guard: 'paused' } });
  });

  it('is skipped after an answer, whose notice goes at once', () => {
    const { decision } = given(...dueText(), replied()).when(waits);
    expect(decision).toMatchObject({ type: 'lead.send-skipped', data: { guard: 'stopped' } });
    expect(given(...dueText(), replied(), decision as Draft).state.phase).toMatchObject({ kind: 'enrolling' });
  });
});

describe('a retry', () => {
  const inFlight = [...due, claimed()];

  it('is a claim of its own that names the attempt it repeats', () => {
    given(...inFlight)
      .when(retry())
      .thenEvent('lead.send-started', {
        attempt: 2,
        sendId: 'new',
        previous: { sendId: 'send-1', class: 'rate-limited' },
      });
  });

  it('is not made after a stop, and gives the claim back with the refusal before it (trace 6)', () => {
    given(...inFlight, replied())
      .when(retry())
      .thenEvent('lead.send-skipped', { guard: 'stopped', sendId: 'send-1', class: 'rate-limited' });
    const { sends } = given(...inFlight, replied(), skipped('stopped', 'send-1', { class: 'rate-limited' })).state;
    expect(sends['send-1']).toMatchObject({ outcome: 'skipped', refused: 'rate-limited' });
  });

  it('is not made when the claim was swept meanwhile', () => {
    given(...inFlight, unknown())
      .when(retry())
      .thenNothing('claim-closed');
  });

  it.each([
    ['given back', skipped('late', 'send-2')],
    ['deferred', deferred('send-2', { attempt: 2 })],
  ])('is not made when an earlier attempt got through, and the step is over when this one is %s', (_, end) => {
    const past = [
      ...inFlight,
      claimed('send-2', { attempt: 2, previous: { sendId: 'send-1', class: 'server-error' } }),
      delivered('send-1'),
    ];
    given(...past)
      .when(retry('send-2'))
      .thenEvent('lead.send-deferred', { sendId: 'send-2', attempt: 2, class: 'rate-limited' });
    expect(given(...past, end).state.phase.kind).toBe('settled');
  });

  it('is not made when the provider reports the attempt as accepted', () => {
    given(...inFlight, delivered())
      .when(retry())
      .thenNothing('claim-closed');
  });
});

describe('a claim in the log that is not its last event', () => {
  it('holds when later events do not concern it', () => {
    expect(recheckClaim(given(...due, claimed(), replied('auto')).state, 'send-1', now)).toBe(true);
  });

  it('does not hold after a pause (trace 4)', () => {
    expect(recheckClaim(given(...due, claimed(), paused).state, 'send-1', now)).toEqual({
      nothing: 'guarded',
      detail: 'paused',
    });
  });
});

describe('an outcome', () => {
  const data = claimed().data as Parameters<typeof decideOutcome>[1];
  const outcome =
    (answer: Parameters<typeof decideOutcome>[2], at = now) =>
    (state: LeadState) =>
      decideOutcome(state, data, answer, at);
  const accepted = { kind: 'accepted', provider: 'sendgrid', providerMessageId: 'm1' } as const;
  const refused = { kind: 'refused', class: 'server-error', reason: '500' } as const;
  const inFlight = [...due, claimed()];

  it('is recorded although the lead stopped meanwhile: it is a fact', () => {
    given(...inFlight, replied())
      .when(outcome(accepted))
      .thenEvent('lead.sent', { sendId: 'send-1', providerMessageId: 'm1' });
  });

  it('is recorded late, after the sweep recorded unknown', () => {
    given(...inFlight, unknown())
      .when(outcome(accepted))
      .thenEvent('lead.sent');
  });

  it('is not recorded twice when the provider’s own event came first', () => {
    given(...inFlight, delivered())
      .when(outcome(accepted))
      .thenNothing('send-known', 'accepted');
  });

  it('never turns an acceptance into a deferral (trace 8)', () => {
    given(...inFlight, delivered())
      .when(outcome(refused))
      .thenNothing('send-known', 'accepted');
  });

  it('unknown is not recorded twice', () => {
    given(...inFlight, unknown())
      .when(outcome({ kind: 'unknown', class: 'timeout' }))
      .thenNothing('send-known', 'unknown');
  });

  it('defers a refusal for minutes at first, for hours later, or for as long as the server says, within reason', () => {
    given(...inFlight)
      .when(outcome(refused))
      .thenEvent('lead.send-deferred', { retryAt: now.add({ minutes: 5 }).toString() });
    given(...inFlight)
      .when(outcome({ ...refused, retryAfterMs: 3_600_000 }))
      .thenEvent('lead.send-deferred', { retryAt: now.add({ hours: 1 }).toString() });
    given(...inFlight)
      .when(outcome({ ...refused, retryAfterMs: 80 * 3_600_000 }))
      .thenEvent('lead.send-deferred', { retryAt: now.add({ hours: 6 }).toString() });
  });

  it('is recorded with its claim when a restore removed the claim and a mail may have been sent', () => {
    const send = { runId: 'run-1', step: 0, outcome: 'accepted', startedAt: now.toString() };
    given(...due)
      .when(outcome(accepted))
      .thenEvent('lead.recovered', { witness: 'sender', sends: { 'send-1': expect.objectContaining(send) } });
    given(...due)
      .when(outcome({ kind: 'unknown', class: 'timeout' }))
      .thenEvent('lead.recovered', { sends: { 'send-1': expect.objectContaining({ outcome: 'unknown' }) } });
    given(...due)
      .when(outcome(refused))
      .thenNothing('claim-lost');
    given({ type: 'lead.erased', data: { by: 'olga', forgets: [1] } })
      .when(outcome(accepted))
      .thenEvent('lead.sent');
  });

  it('is a claim given back wherever its phase is by now, as long as its send is open or unknown', () => {
    const giveBack = (state: LeadState) => decideGiveBack(state, 'send-1', now);
    given(...inFlight)
      .when(giveBack)
      .thenEvent('lead.send-skipped', { sendId: 'send-1', guard: 'stalled' });
    given(...inFlight, unknown())
      .when(giveBack)
      .thenEvent('lead.send-skipped', { sendId: 'send-1', guard: 'stalled' });
    const phase = { kind: 'completed' } as const;
    const moved: Draft = { type: 'lead.recovered', data: { witness: 'projection', phase, run: null } };
    given(...inFlight, moved)
      .when(giveBack)
      .thenEvent('lead.send-skipped', { sendId: 'send-1', runId: 'run-1', step: 0, guard: 'stalled' });
    given(...inFlight, delivered())
      .when(giveBack)
      .thenNothing('send-known', 'accepted');
    given(...due)
      .when(giveBack)
      .thenNothing('claim-closed');
  });

  it('fails a step that was refused for 72 hours', () => {
    given(...inFlight)
      .when(outcome(refused, now.add({ hours: 73 })))
      .thenEvent('lead.send-failed');
  });
});

describe('the fold of outcomes', () => {
  it('keeps an acceptance that arrives before `sent` (trace 8)', () => {
    const { state } = given(...due, claimed(), delivered(), sent());
    expect([state.phase.kind, state.sends['send-1']?.outcome]).toEqual(['settled', 'accepted']);
  });

  it('settles an unknown send by the provider’s event (trace 9)', () => {
    expect(given(...due, claimed(), unknown(), delivered()).state.phase.kind).toBe('settled');
  });

  it('settles the step when an earlier attempt turns out accepted while the retry is deferred', () => {
    const second = claimed('send-2', { attempt: 2, previous: { sendId: 'send-1', class: 'server-error' } });
    const { state } = given(...due, claimed(), second, delivered('send-1'), deferred('send-2', { attempt: 2 }));
    expect(state.phase.kind).toBe('settled');
  });

  it('keeps a pause through every change of the run (trace 14)', () => {
    const { state } = given(...due, claimed(), paused, sent(), nextPlanned({ index: 1 }));
    expect([statusOf(state), nextActionAt(state)]).toEqual(['paused', null]);
  });

  it('leaves an open claim to the hunter at its deadline even under a stop (trace 5)', () => {
    expect(nextActionAt(given(...due, claimed(), replied()).state)).toBe('2026-11-23T09:02:00Z');
  });

  it('tags a lead that replied', () => {
    const { state } = given(...due, replied());
    expect([statusOf(state), state.tags.includes('STOP_SEQUENCE')]).toEqual(['responded', true]);
  });
});
