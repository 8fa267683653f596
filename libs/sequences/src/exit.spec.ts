import { describe, it } from '@jest/globals';
import type { PlannedStep } from '@leadstream/contracts/events';
import { claimed, enrolled, nextPlanned, sent, skipped, stepDue, tagged, triaged } from '@leadstream/testing/builders';
import { given, MONDAY } from '@leadstream/testing/given';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { decideDue, decidePlan, type Planning } from './plan.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const when = { notHappened: ['booked' as const] };
const exits = ['customer'];
const step = (id: string) => ({ id, action: 'mail', channel: 'email', audience: 'lead', window: 'none', when });
const definition = exampleSequence({
  stopWhen: exits,
  steps: [step('first'), step('second')],
});
const planning: Planning = {
  now: Temporal.Instant.from(MONDAY).add({ hours: 1 }),
  draw: () => 0.5,
  delayScale: 1,
  hours: BUSINESS_HOURS,
  sequence: () => definition,
};
const plan = (state: Parameters<typeof decidePlan>[0]) => decidePlan(state, planning);
const customer = tagged(['customer']);
const ended = {
  type: 'lead.sequence-completed',
  data: { runId: 'run-1', sequence: 'content-nurture', why: 'exit', tag: 'customer' },
} as const;
const planned: Partial<PlannedStep> = { exits };

describe('a tag that ends a sequence', () => {
  it('ends the run of a lead that waits for its step, at once', () => {
    given(triaged(), enrolled(planned), customer).when(plan).then(ended);
    given(triaged(), enrolled(planned), customer)
      .when((state) => decideDue(state, planning))
      .then(ended);
  });

  it('ends the run before the next step is planned', () => {
    given(triaged(), enrolled(planned), stepDue(), claimed(), sent(), customer).when(plan).then(ended);
    given(triaged(), enrolled(planned), stepDue(), customer, skipped('condition')).when(plan).then(ended);
  });

  it('ends a run before it begins', () => {
    given(triaged({ tags: ['customer'] }))
      .when(plan)
      .then(ended);
  });

  it('leaves a mail in flight to its sender', () => {
    given(triaged(), enrolled(planned), stepDue(), claimed(), customer)
      .when(plan)
      .thenNothing('wrong-phase', 'claimed');
  });

  it('changes nothing when another tag comes', () => {
    given(triaged(), enrolled(planned), tagged(['vip']))
      .when(plan)
      .thenNothing('wrong-phase', 'planned');
  });
});

describe('a plan', () => {
  it('has the condition of its step and the tags that end the run', () => {
    given(triaged()).when(plan).thenEvent('lead.enrolled', { planned: { when, exits } });
  });

  it('of the step after one that was left out is the next one', () => {
    given(triaged(), enrolled({ when }), stepDue(), skipped('condition'))
      .when(plan)
      .thenEvent('lead.step-planned', { why: 'next', planned: { id: 'second' } });
    given(triaged(), enrolled(), stepDue(), skipped('condition'), nextPlanned({ index: 1 }))
      .when(plan)
      .thenNothing('wrong-phase', 'planned');
  });
});
