import { describe, expect, it } from '@jest/globals';
import { triaged } from '@leadstream/testing/builders';
import { given, MONDAY } from '@leadstream/testing/given';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import fc from 'fast-check';
import type { Step } from './definition.ts';
import { decidePlan } from './plan.ts';
import { renderStep } from './render.ts';
import { variantOf } from './variants.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const step = { channel: 'email', audience: 'lead', window: 'none' };
const sequence = exampleSequence({
  steps: [
    { ...step, id: 'first', action: 'long', variants: ['short'] },
    { ...step, id: 'second', action: 'follow-up', thread: true },
  ],
  templates: {
    long: { subject: 'A long mail', body: 'long' },
    short: { subject: 'Short', body: 'short' },
    'follow-up': { body: 'again' },
  },
});
const [first] = sequence.steps as [Step, Step];

const later = { ...sequence, version: 2 };

describe('a variant', () => {
  it('is always the same one for a lead, also in another version', () => {
    fc.assert(
      fc.property(fc.uuid(), (leadId) => {
        const variant = variantOf(sequence, first, leadId);
        expect(variantOf(later, first, leadId)).toBe(variant);
      }),
    );
  });

  it('goes to an equal share of the leads, drawn anew for each step', () => {
    const of = (one: Step) => Array.from({ length: 2_000 }, (_, index) => variantOf(sequence, one, `lead-${index}`));
    const [here, there] = [of(first), of({ ...first, id: 'another' })];
    const share = here.filter((variant) => variant === 'short').length / here.length;
    const same = here.filter((variant, index) => variant === there[index]).length / here.length;
    for (const part of [share, same]) expect(Math.abs(part - 0.5)).toBeLessThan(0.05);
  });

  it('is the planned template of its step', () => {
    const { state, when } = given(triaged());
    when((lead) =>
      decidePlan(lead, {
        now: Temporal.Instant.from(MONDAY),
        draw: () => 0,
        delayScale: 1,
        hours: BUSINESS_HOURS,
        sequence: () => sequence,
      }),
    ).thenEvent('lead.enrolled', { planned: { id: 'first', action: variantOf(sequence, first, state.leadId) } });
  });

  it('gives its follow-up the subject that the lead has seen', () => {
    expect(renderStep(sequence, 'first', {}, { action: 'short' })).toMatchObject({ subject: 'Short', text: 'short' });
    fc.assert(
      fc.property(fc.uuid(), (leadId) => {
        const seen = sequence.templates[variantOf(sequence, first, leadId)]?.subject;
        expect(renderStep(sequence, 'second', {}, { leadId }).subject).toBe(`Re: ${seen}`);
      }),
    );
  });
});
