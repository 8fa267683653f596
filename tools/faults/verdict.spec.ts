import { describe, expect, it } from '@jest/globals';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { claimed, completed, delivered, enrolled, failed, nextPlanned, replied, sent, stepDue, triaged, unknown, bounced } from '@leadstream/testing/builders';
import { judge, unknowns, type Seen } from './verdict.ts';

/** The events as one lead's log: versions 1, 2, 3 …, every tenth sequence. */
const logOf = (past: readonly (Draft & { id?: string })[]): Recorded[] => past.map((event, index) => ({
  ...event, id: event.id ?? `event-${index + 1}`, leadId: 'jane', seq: (index + 1) * 10, version: index + 1, prevSeq: index * 10, at: '2026-11-23T09:00:00Z', source: 'test',
}));

const second = (sendId: string) => claimed(sendId, { step: 1, stepId: 'second' });
const secondSent = (sendId: string): Draft => ({ type: 'lead.sent', data: { sendId, attempt: 1, runId: 'run-1', step: 1, stepId: 'second', audience: 'lead', channel: 'email', provider: 'sendgrid', evidence: 'response' } });
const first = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a')];
const whole = [...first, delivered('a'), nextPlanned({ index: 1 }), stepDue({ step: 1 }), second('b'), secondSent('b'), delivered('b'), completed];

const seen = (past: readonly (Draft & { id?: string })[], over: Partial<Seen> = {}): Seen =>
  ({ leadId: 'jane', email: 'jane@example.com', submitted: ['web/1'], events: logOf(past), mails: ['a', 'b'], told: [], document: { version: 1 }, folded: { version: 1 }, ...over });
const says = (it: Seen): string[] => judge(it).map(({ rule, says }) => `${rule}: ${says}`);

describe('a lead that got what it should', () => {
  it('has both mails of its sequence, once each', () => expect(says(seen(whole))).toEqual([]));
  it('got no second mail after it answered', () => expect(says(seen([...first, replied()], { mails: ['a'], told: ['lead.replied'] }))).toEqual([]));
  it('may have been written to while its answer was on the way', () => {
    expect(says(seen([...first, nextPlanned({ index: 1 }), stepDue({ step: 1 }), second('b'), replied(), secondSent('b')]))).toEqual([]);
  });
  it('is excused by an outcome that nobody knows, and is counted', () => {
    const past = [triaged(), enrolled(), stepDue(), claimed('a'), unknown('a')];
    expect(says(seen(past, { mails: [] }))).toEqual([]);
    expect(unknowns(logOf(past)).map(({ sendId }) => sendId)).toEqual(['a']);
  });
  it('is not excused once the provider has reported the mail', () => {
    expect(unknowns(logOf([triaged(), enrolled(), stepDue(), claimed('a'), unknown('a'), delivered('a')]))).toEqual([]);
  });
});

describe('it is a double', () => {
  it('when one claim made two mails', () => expect(says(seen(whole, { mails: ['a', 'a', 'b'] }))).toEqual(['double: two mails for step 0 of run run-1']));
  it('when two claims of one step made a mail each', () => {
    expect(says(seen([...whole, claimed('c'), sent('c')], { mails: ['a', 'b', 'c'] }))).toEqual(['double: two mails for step 0 of run run-1']);
  });
});

describe('it is lost', () => {
  it('when a submission was accepted and is not in the log', () => expect(says(seen([], { mails: [] }))).toEqual(['lost: submission web/1 was accepted and is not in the log']));
  it('when a run was never begun', () => expect(says(seen([triaged()], { mails: [] }))).toEqual(['lost: run run-1 was never begun']));
  it('when the second mail did not go out', () => expect(says(seen(first, { mails: ['a'] }))).toEqual(['lost: no mail for step 1 of content-nurture']));
  it('when the first one failed for good although nobody refused it for good', () => {
    expect(says(seen([triaged(), enrolled(), stepDue(), claimed('a'), failed('a')], { mails: [] })))
      .toEqual(['lost: no mail for step 0 of content-nurture', 'lost: no mail for step 1 of content-nurture']);
  });
  it('when inbound took a reply and the log has none', () => {
    expect(says(seen(whole, { told: ['lead.replied'] }))).toEqual(['lost: inbound took the news of lead.replied, and it is not in the log']);
  });
  it('when the log has a mail that the ESP never had', () => {
    expect(says(seen(whole, { mails: ['a'] }))).toEqual(['lost: the log has b as sent, the ESP never had it', 'lost: no mail for step 1 of content-nurture']);
  });
});

describe('the log is wrong', () => {
  it('when a claim comes after a stop', () => {
    expect(says(seen([...first, bounced, second('b'), secondSent('b')]))).toEqual(['after stop: claim b (70) after lead.bounced (60)']);
  });
  it('when a claim has no outcome', () => expect(says(seen([...first, bounced, claimed('c', { audience: 'staff' })], { mails: ['a'] }))).toEqual(['claim: claim c has no outcome']));
  it('when an outcome is said twice', () => expect(says(seen([...whole, sent('a')]))).toEqual(['claim: claim a is accepted and accepted']));
  it('when the ESP has a mail that nobody claimed, or that was said not to be sent', () => {
    expect(says(seen([...first, bounced], { mails: ['a', 'x'] }))).toEqual(['claim: a mail of x, which nobody claimed']);
    expect(says(seen([triaged(), enrolled(), stepDue(), claimed('a'), failed('a'), bounced], { mails: ['a'] }))).toEqual(['claim: the ESP has a, which the log calls failed']);
  });
  it('when a report is in it twice', () => expect(says(seen([...whole, delivered('a')]))).toEqual(['fact: fact delivered/a is in the log twice']));
  it('when its chain is broken', () => {
    const events = logOf(whole).filter(({ version }) => version !== 6);
    expect(says({ ...seen(whole), events }).at(0)).toBe('chain: event 70 is version 7 after 60, and should be 6 after 50');
  });
});

it('the read model is wrong when it is not what the log folds to', () => {
  expect(says(seen(whole, { document: undefined }))).toEqual(['read model: the read model has undefined, the log folds to {"version":1}']);
});
