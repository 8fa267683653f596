import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  complained,
  deferred,
  delivered,
  enrolled,
  nextPlanned,
  replied,
  resumed,
  sent,
  skipped,
  stepDue,
  triaged,
  undelivered,
  unknown,
  unsubscribed,
  erased,
} from '@leadstream/testing/builders';
import { given, LEAD_ID, MONDAY, type Past } from '@leadstream/testing/given';
import type { EventType } from '@leadstream/contracts/events';
import { decideFeedback, missesRep, type Feedback } from './feedback.ts';
import { nextActionAt, statusOf, type LeadState } from './state.ts';

const say = (feedback: Partial<Feedback> & Pick<Feedback, 'kind'>) => (state: LeadState) =>
  decideFeedback(state, { key: 'new', provider: 'sendgrid', at: MONDAY, ...feedback } as Feedback);
const due = [triaged(), enrolled(), stepDue()];

describe('feedback', () => {
  it('for an unknown lead is not recorded', () => {
    given()
      .when(say({ kind: 'bounced' }))
      .thenNothing('unknown-lead');
  });

  it('is recorded once, whatever id a repetition has (trace 11)', () => {
    given(...due, claimed(), sent(), delivered('send-1', 'event/1'))
      .when(say({ kind: 'delivered', key: 'event/1', sendId: 'send-1' }))
      .thenNothing('known-already');
  });

  it('that the provider has the mail settles a send of unknown outcome', () => {
    given(...due, claimed(), unknown())
      .when(say({ kind: 'accepted', sendId: 'send-1', providerMessageId: 'm1' }))
      .thenEvent('lead.sent', {
        sendId: 'send-1',
        evidence: 'provider-event',
        providerMessageId: 'm1',
        feedbackKey: 'new',
      });
  });

  it('of a search names the time of the record, and the provider that the claim was for is remembered', () => {
    const { state } = given(...due, claimed('send-1', { provider: 'mailgun' }), unknown());
    expect(state.sends['send-1']).toMatchObject({ outcome: 'unknown', provider: 'mailgun' });
    const fact = { kind: 'accepted', provider: 'mailgun', key: 'lookup/send-1', sendId: 'send-1', foundAt: MONDAY };
    const { data } = decideFeedback(state, { ...fact, at: MONDAY } as Feedback) as { data: object };
    expect(data).toMatchObject({ provider: 'mailgun', evidence: 'provider-event', foundAt: MONDAY });
  });

  it('that the provider has the mail prevents a second one after an error response', () => {
    const refused = [...due, claimed(), deferred()];
    given(...refused)
      .when(say({ kind: 'accepted', sendId: 'send-1' }))
      .thenEvent('lead.sent', { sendId: 'send-1', evidence: 'provider-event' });
    expect(given(...refused, nextPlanned({}, 'retry'), stepDue(), sent()).state.phase.kind).toBe('settled');
  });

  it('that the provider has the mail is not recorded after its response', () => {
    given(...due, claimed(), sent())
      .when(say({ kind: 'accepted', sendId: 'send-1' }))
      .thenNothing('send-known', 'accepted', true);
  });

  it('settles a send in the send’s own channel', () => {
    const { state } = given(...due, claimed());
    const bySms: LeadState = {
      ...state,
      sends: Object.fromEntries(
        Object.entries(state.sends).map(([id, send]) => [id, { ...send, channel: 'sms' as never }]),
      ),
    };
    expect(say({ kind: 'accepted', sendId: 'send-1' })(bySms)).toMatchObject({
      type: 'lead.sent',
      data: { channel: 'sms' },
    });
  });

  it('about a send that is not this lead’s settles nothing', () => {
    given(...due, claimed())
      .when(say({ kind: 'accepted', sendId: 'somebody-else' }))
      .thenNothing('unknown-send', 'somebody-else');
  });

  it.each(['bounced', 'complained'] as const)('that the mail to a rep has %s changes nothing for the lead', (kind) => {
    const staff = [
      triaged(),
      enrolled({ audience: 'staff' }),
      stepDue({ audience: 'staff' }),
      claimed('send-1', { audience: 'staff' }),
    ];
    given(...staff, sent())
      .when(say({ kind, sendId: 'send-1' }))
      .thenNothing('send-known', 'accepted', true);
    given(...staff, unknown())
      .when(say({ kind, sendId: 'send-1' }))
      .thenEvent('lead.sent', { audience: 'staff', evidence: 'provider-event' });
  });

  it.each<[Feedback['kind'], boolean]>([
    ['bounced', true],
    ['undelivered', true],
    ['complained', true],
    ['unsubscribed', true],
    ['delivered', false],
    ['opened', false],
    ['accepted', false],
  ])('of a mail to a rep that has %s needs an operator: %s', (kind, isMissed) => {
    const heard = {
      key: 'k',
      provider: 'sendgrid',
      at: MONDAY,
      kind,
      sendId: 'send-1',
      machine: false,
      via: 'provider',
    } as Feedback;
    expect(
      missesRep(
        given(
          triaged(),
          enrolled({ audience: 'staff' }),
          stepDue({ audience: 'staff' }),
          claimed('send-1', { audience: 'staff' }),
          sent(),
        ).state,
        heard,
      ),
    ).toBe(isMissed);
    expect(missesRep(given(...due, claimed(), sent()).state, heard)).toBe(false);
  });

  it('of repeated clicks on “no more mails” is recorded once', () => {
    given(...due, unsubscribed)
      .when(say({ kind: 'unsubscribed', via: 'page' }))
      .thenNothing('unsubscribed-already');
    given(...due, replied())
      .when(say({ kind: 'unsubscribed', via: 'page' }))
      .thenEvent('lead.unsubscribed', { via: 'page' });
  });

  it.each<Feedback['kind']>(['delivered', 'opened', 'clicked', 'bounced', 'undelivered', 'complained', 'unsubscribed'])(
    'that a copy of the mail has %s is not the lead’s',
    (kind) => {
      const past = given(...due, claimed(), sent());
      const heard = { kind, sendId: 'send-1', machine: false, via: 'provider' } as unknown as Feedback;
      past.when(say({ ...heard, recipient: 'of an archive' })).thenNothing('other-recipient');
      past.when(say({ ...heard, recipient: LEAD_ID })).thenEvent(`lead.${kind}` as EventType, { recipient: LEAD_ID });
      past.when(say(heard)).thenEvent(`lead.${kind}` as EventType);
      past.when(say({ ...heard, sendId: 'forgotten', recipient: 'of an archive' })).thenNothing('other-recipient');
    },
  );

  it('about the rep’s mail names the rep, whose delivery is recorded', () => {
    given(
      triaged(),
      enrolled({ audience: 'staff' }),
      stepDue({ audience: 'staff' }),
      claimed('send-1', { audience: 'staff' }),
    )
      .when(say({ kind: 'delivered', sendId: 'send-1', recipient: 'of an archive' }))
      .thenEvent('lead.delivered');
  });

  it('of a reply names the claim of a mail to the lead, and moves no send', () => {
    const reply = say({ kind: 'replied', class: 'human', matchedBy: 'token', sendId: 'send-1' });
    const sendIdIn = (...past: Past[]) => (given(...past).when(reply).decision as { data: { sendId?: string } }).data;
    expect(sendIdIn(...due, claimed(), unknown()).sendId).toBe('send-1');
    expect(sendIdIn(...due).sendId).toBeUndefined();
    const toStaff = claimed('send-1', { audience: 'staff' });
    expect(sendIdIn(triaged(), enrolled({ audience: 'staff' }), stepDue({ audience: 'staff' }), toStaff).sendId).toBe(
      undefined,
    );
    expect(given(...due, claimed(), unknown(), replied('human', { sendId: 'send-1' })).state).toMatchObject({
      stop: { why: 'responded' },
      sends: { 'send-1': { outcome: 'unknown' } },
    });
  });

  it('that a person replied is a stop, in any phase', () => {
    for (const past of [[triaged()], due, [...due, claimed()], [...due, claimed(), unknown()]]) {
      given(...past)
        .when(say({ kind: 'replied', class: 'human', matchedBy: 'token' }))
        .thenEvent('lead.replied', { class: 'human' });
      expect(statusOf(given(...past, replied()).state)).toBe('responded');
    }
  });
});

describe('an unsubscribe', () => {
  const asks = say({ kind: 'unsubscribed', via: 'page' });

  it('is a stop of its own after a reply', () => {
    given(...due, replied())
      .when(asks)
      .thenEvent('lead.unsubscribed');
  });

  it.each([
    ['unsubscribed', unsubscribed],
    ['bounced', bounced],
    ['complained', complained],
  ])('adds nothing for a lead that is %s already, however often', (_, stop) => {
    given(...due, stop)
      .when(asks)
      .thenNothing('unsubscribed-already');
  });
});

const notice = {
  ...enrolled({ audience: 'staff' }, 'answer'),
  data: { ...enrolled({ audience: 'staff' }, 'answer').data, sequence: 'reply-notice' },
} as Past;

describe('a stop', () => {
  it.each([
    ['bounced', bounced],
    ['complained', complained],
    ['unsubscribed', unsubscribed],
  ])('%s leaves nothing to be hunted', (status, stop) => {
    const { state } = given(triaged(), enrolled(), stop);
    expect([statusOf(state), nextActionAt(state)]).toEqual([status, null]);
  });

  it('by a reply notifies the rep once, and then the run is over', () => {
    const answered = [triaged(), enrolled(), { ...replied('human', { text: 'Call me.' }), id: 'answer' }];
    expect(given(...answered).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'answer', route: { sequence: 'reply-notice' } },
      answer: { text: 'Call me.' },
      untold: [],
    });
    const told = [
      ...answered,
      notice,
      {
        type: 'lead.sequence-completed' as const,
        data: { runId: 'answer', sequence: 'reply-notice', why: 'finished' as const },
      },
    ];
    expect([statusOf(given(...told).state), nextActionAt(given(...told).state)]).toEqual(['responded', null]);
  });

  it('by a reply while a mail is in flight notifies the rep after the mail’s outcome', () => {
    const answered = [...due, claimed(), replied()];
    expect(given(...answered).state.phase.kind).toBe('claimed');
    expect(
      given(...answered, sent(), {
        type: 'lead.sequence-completed',
        data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' },
      }).state.phase,
    ).toMatchObject({ kind: 'enrolling', route: { sequence: 'reply-notice' } });
    expect(given(...answered, unknown()).state.phase).toMatchObject({
      kind: 'enrolling',
      route: { sequence: 'reply-notice' },
    });
  });

  it('by a reply while a step is due notifies the rep once the sender has skipped the step', () => {
    expect(nextActionAt(given(...due, replied()).state)).not.toBeNull();
    expect(given(...due, replied(), skipped('stopped')).state.phase).toMatchObject({
      kind: 'enrolling',
      route: { sequence: 'reply-notice' },
    });
  });

  it('of an erased lead is not recorded, and the rep is not notified', () => {
    given(...due, erased)
      .when(say({ kind: 'replied', class: 'human', matchedBy: 'token', text: 'private' }))
      .thenNothing('erased');
    given(...due, erased)
      .when(say({ kind: 'complained' }))
      .thenNothing('erased');
    expect(given(...due, replied(), erased).state).toMatchObject({ answer: null, untold: [] });
  });

  it('by more replies than UNTOLD_MAX is kept without further notices', () => {
    const many = Array.from({ length: 5 }, (_, index) => ({
      ...replied('human', { key: String(index) }),
      id: String(index),
    }));
    const { decision } = given(...due, ...many).when(
      say({ kind: 'replied', class: 'human', matchedBy: 'token', text: 'Again!' }),
    );
    expect(decision).toMatchObject({ type: 'lead.replied', data: { class: 'human' } });
    expect(JSON.stringify(decision)).not.toMatch(/tellRep|Again/);
  });

  it('by a reply recorded before notices existed is folded without a notice', () => {
    expect(given(triaged(), enrolled(), replied('human', { tellRep: false })).state.phase.kind).toBe('planned');
  });

  it('by a second reply during the notice of the first notifies the rep next', () => {
    const answered = [
      triaged(),
      enrolled(),
      { ...replied(), id: 'answer' },
      notice,
      { ...replied('human', { key: 'reply/2' }), id: 'again' },
    ];
    expect(given(...answered).state).toMatchObject({
      phase: { kind: 'planned' },
      answer: { id: 'answer' },
      untold: [{ id: 'again' }],
    });
    expect(
      given(...answered, {
        type: 'lead.sequence-completed',
        data: { runId: 'answer', sequence: 'reply-notice', why: 'finished' },
      }).state.phase,
    ).toMatchObject({ kind: 'enrolling', runId: 'again' });
  });

  it('is not weakened by a later one', () => {
    expect(statusOf(given(...due, complained, replied()).state)).toBe('complained');
    expect(statusOf(given(...due, replied(), complained).state)).toBe('complained');
  });

  it('of the address outlasts a stop in words, so that no restart lifts it', () => {
    expect(statusOf(given(...due, unsubscribed, bounced).state)).toBe('bounced');
    expect(statusOf(given(...due, bounced, unsubscribed).state)).toBe('bounced');
  });
});

describe('an out-of-office', () => {
  const BACK = '2026-12-07T08:00:00Z';
  const away = replied('out-of-office', { until: BACK });

  it('holds the lead’s mails until the day it names', () => {
    const { state } = given(triaged(), enrolled(), away);
    expect([statusOf(state), nextActionAt(state)]).toEqual(['active', BACK]);
  });

  it('that names an earlier day shortens nothing', () => {
    expect(
      given(triaged(), enrolled(), away, replied('out-of-office', { key: '2', until: MONDAY })).state.awayUntil,
    ).toBe(BACK);
  });

  it('holds none of the rep’s mails', () => {
    expect(nextActionAt(given(triaged(), enrolled({ audience: 'staff' }), away).state)).toBe(MONDAY);
  });

  it('is over when the lead submits a form, or an operator resumes it', () => {
    expect(given(triaged(), enrolled(), away, resumed).state.awayUntil).toBeNull();
  });
});

describe('a mail that did not arrive', () => {
  it('is no bounce: the address may work', () => {
    given(...due, claimed(), sent())
      .when(say({ kind: 'undelivered', sendId: 'send-1', classification: 'blocked' }))
      .thenEvent('lead.undelivered', { classification: 'blocked' });
    expect(
      statusOf(
        given(...due, claimed(), sent(), undelivered('a', '1'), undelivered('b', '2'), undelivered('c', '2')).state,
      ),
    ).toBe('active');
  });

  it('is counted until one arrives', () => {
    expect(given(...due, undelivered('a', '1'), undelivered('b', '2')).state.undelivered).toBe(2);
    expect(
      given(...due, undelivered('a', '1'), undelivered('b', '2'), delivered(), undelivered('c', '3')).state.undelivered,
    ).toBe(1);
  });
});
