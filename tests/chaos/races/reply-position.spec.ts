import { describe, expect, it } from '@jest/globals';
import { claimed, enrolled, nextPlanned, replied, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { fallOf } from './reply-position.ts';

const begun: Past[] = [triaged(), enrolled(), stepDue(), claimed('a'), sent('a'), nextPlanned({ index: 1 })];
const second = { step: 1, stepId: 'second' } as const;
const due = stepDue(second);
const claim = claimed('b', second);
const outcome: Past = {
  type: 'lead.sent',
  data: {
    sendId: 'b',
    attempt: 1,
    runId: 'run-1',
    ...second,
    audience: 'lead',
    channel: 'email',
    provider: 'sendgrid',
    evidence: 'response',
  },
};
const skip = (guard: 'stopped' | 'paused'): Past => ({
  type: 'lead.send-skipped',
  data: { runId: 'run-1', ...second, audience: 'lead', channel: 'email', guard },
});
const heldBack = skip('stopped');

const fall = (...past: Past[]) => fallOf(recorded([...begun, ...past]), 1);

describe('a reply', () => {
  it.each([
    ['before its step was due, which then never is', 'before due', [replied()]],
    ['before its step was due, and is all the same', 'before due', [replied(), due, heldBack]],
    ['before the claim', 'before claim', [due, replied(), heldBack]],
    ['between claim and outcome', 'in flight', [due, claim, replied(), outcome]],
    ['after a claim that has no outcome yet', 'in flight', [due, claim, replied()]],
    ['after the outcome', 'after outcome', [due, claim, outcome, replied()]],
  ] as const)('%s', (_, place, past) => {
    expect(fall(...past)?.place).toBe(place);
  });

  it('before a claim has no claim, since that one came later', () => {
    expect(fall(due, replied(), claim)).toMatchObject({ place: 'before claim', claim: undefined });
  });

  it('between two attempts belongs to the last claim before it', () => {
    const again = claimed('c', { ...second, attempt: 2, previous: { sendId: 'b', class: 'rate-limited' } });
    expect(fall(due, claim, again, replied())).toMatchObject({ place: 'in flight', claim: { sendId: 'c' } });
  });
});

describe('a step that was held back', () => {
  it('says that the reply did it', () => expect(fall(due, replied(), heldBack)?.skipped).toBe(true));
  it('does not say so by an older skip, or another guard', () => {
    expect(fall(heldBack, due, replied())?.skipped).toBe(false);
    expect(fall(due, replied(), skip('paused'))?.skipped).toBe(false);
  });
});

it('there is no place without a person’s answer', () => {
  expect(fall(due, replied('auto'))).toBeUndefined();
});
