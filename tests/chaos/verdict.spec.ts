import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  completed,
  delivered,
  enrolled,
  failed,
  nextPlanned,
  plannedStep,
  replied,
  sent,
  stepDue,
  triaged,
  unknown,
} from '@leadstream/testing/builders';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import { documentOf } from '@leadstream/verify/testing/logs';
import { judge, unknowns, type Seen } from './verdict.ts';

const second = { step: 1, stepId: 'second' } as const;
const secondSent = (sendId: string): Past => ({
  type: 'lead.sent',
  data: {
    sendId,
    attempt: 1,
    runId: 'run-1',
    ...second,
    audience: 'lead',
    channel: 'email',
    provider: 'sendgrid',
    evidence: 'response',
  },
});
const first: Past[] = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a')];
const whole: Past[] = [
  ...first,
  delivered('a'),
  nextPlanned({ index: 1 }),
  stepDue(second),
  claimed('b', second),
  secondSent('b'),
  delivered('b'),
  completed,
];
/** And the rep was told. */
const ofNotice = { runId: 'answer', audience: 'staff' as const };
const answered: Past[] = [
  ...first,
  nextPlanned({ index: 1 }),
  { ...replied(), id: 'answer' },
  {
    type: 'lead.enrolled',
    data: { runId: 'answer', sequence: 'reply-notice', version: 1, planned: plannedStep({ audience: 'staff' }) },
  },
  stepDue(ofNotice),
  claimed('n', ofNotice),
  {
    type: 'lead.sent',
    data: {
      ...ofNotice,
      sendId: 'n',
      attempt: 1,
      step: 0,
      stepId: 'first',
      channel: 'email',
      provider: 'sendgrid',
      evidence: 'response',
    },
  },
  { type: 'lead.sequence-completed', data: { runId: 'answer', sequence: 'reply-notice', why: 'finished' } },
];

const seen = (past: Past[], over: Partial<Seen> = {}): Seen => ({
  leadId: LEAD_ID,
  email: 'jane@example.com',
  submitted: ['web/1'],
  events: recorded(past),
  mails: ['a', 'b'],
  told: [],
  document: past.length > 0 ? documentOf(past) : undefined,
  ...over,
});
const says = (it: Seen): string[] => judge(it).map(({ rule, says }) => `${rule}: ${says}`);

describe('a lead that got what it should', () => {
  it('has both mails of its sequence, once each', () => expect(says(seen(whole))).toEqual([]));
  it('got no second mail after it answered', () =>
    expect(says(seen(answered, { mails: ['a', 'n'], told: ['lead.replied'] }))).toEqual([]));
  it('is excused by an unknown outcome, and is counted', () => {
    const past = [triaged(), enrolled(), stepDue(), claimed('a'), unknown('a')];
    expect(says(seen(past, { mails: [] }))).toEqual([]);
    expect(unknowns(recorded(past)).map(({ sendId }) => sendId)).toEqual(['a']);
  });
  it('is not excused once the provider has reported the mail', () => {
    expect(unknowns(recorded([triaged(), enrolled(), stepDue(), claimed('a'), unknown('a'), delivered('a')]))).toEqual(
      [],
    );
  });
});

describe('it is a double', () => {
  it('when one claim made two mails', () =>
    expect(says(seen(whole, { mails: ['a', 'a', 'b'] }))).toEqual(['double: two mails for step 0 of run run-1']));
});

describe('it is lost', () => {
  it('when a submission was accepted and is not in the log', () =>
    expect(says(seen([], { mails: [] }))).toEqual(['lost: submission web/1 was accepted and is not in the log']));
  it('when a run was never begun', () =>
    expect(says(seen([triaged()], { mails: [] }))).toContain('lost: run run-1 was never begun'));
  it('when the second mail did not go out', () =>
    expect(says(seen([...first, completed], { mails: ['a'] }))).toEqual([
      'lost: no mail for step 1 of content-nurture',
    ]));
  it('when nothing is promised of its sequence: a new or a renamed one', () => {
    const renamed = { ...enrolled(), data: { ...enrolled().data, sequence: 'renamed' } } as Past;
    expect(says(seen([triaged(), renamed, ...whole.slice(2)]))).toContain('lost: renamed is in no promise');
  });
  it('when the first one failed for good although the provider did not refuse it for good', () => {
    expect(says(seen([triaged(), enrolled(), stepDue(), claimed('a'), failed('a')], { mails: [] }))).toEqual([
      'lost: no mail for step 0 of content-nurture',
      'lost: no mail for step 1 of content-nurture',
    ]);
  });
  it('when inbound took a reply and the log has none', () => {
    expect(says(seen(whole, { told: ['lead.replied'] }))).toEqual([
      'lost: inbound took the news of lead.replied, and it is not in the log',
    ]);
  });
  it('when the log has a mail that the ESP never had', () => {
    expect(says(seen(whole, { mails: ['a'] }))).toEqual([
      'lost: the log has b as sent, the ESP never had it',
      'lost: no mail for step 1 of content-nurture',
    ]);
  });
  it('when it still waits after all work has ended', () =>
    expect(says(seen(first, { mails: ['a'] }))).toContainEqual(
      expect.stringMatching(/^stuck: .* waits for what comes next/),
    ));
});

describe('the log is wrong', () => {
  it('when the verifier says so', () => {
    expect(
      says(
        seen([
          ...first,
          bounced,
          nextPlanned({ index: 1 }),
          stepDue(second),
          claimed('b', second),
          secondSent('b'),
          completed,
        ]),
      ),
    ).toEqual(['after stop: claim 90 comes after the stop 60']);
  });
  it('when the ESP has a mail without a claim, or with an outcome of not sent', () => {
    expect(says(seen([...answered], { mails: ['a', 'n', 'x'] }))).toEqual([
      'claim: a mail of x, which was not claimed',
    ]);
    expect(
      says(seen([triaged(), enrolled(), stepDue(), claimed('a'), failed('a'), bounced], { mails: ['a'] })),
    ).toEqual(['claim: the ESP has a, which the log calls failed']);
  });
});

describe('the read model is wrong', () => {
  it('when the lead is not in it', () =>
    expect(says(seen(whole, { document: undefined }))).toEqual([
      'projection: it has no document, and the projector has acknowledged 120',
    ]));
  it('when it is behind', () =>
    expect(says(seen(whole, { document: documentOf(whole.slice(0, -1)) }))).toEqual([
      'projection: its document ends with event 110, and the projector has acknowledged 120',
    ]));
  it('when it is not what the log folds to', () => {
    expect(says(seen(whole, { document: { ...documentOf(whole), status: 'active' } }))).toEqual([
      'projection: its document at event 120 is not what the log folds to: status',
    ]);
  });
});
