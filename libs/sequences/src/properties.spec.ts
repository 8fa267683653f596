import { describe, expect, it } from '@jest/globals';
import {
  decideClaim,
  decideGiveBack,
  decideOutcome,
  decideRetry,
  decideUnrenderable,
  recheckClaim,
} from '@leadstream/lead/claim';
import { decideCommand } from '@leadstream/lead/command';
import { decideFeedback } from '@leadstream/lead/feedback';
import { nextActionAt, statusOf, view } from '@leadstream/lead/state';
import { decideTriage } from '@leadstream/lead/triage';
import * as facts from '@leadstream/testing/builders';
import { demo, returning } from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import fc from 'fast-check';
import { decideDue, decidePlan } from './plan.ts';
import { exampleSequence } from './testing/example-sequence.ts';

/** Properties of whole runs are in tests/simulation; these hold even for events in an order that never occurs there. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 250);

const step = (id: string, audience: string) => ({
  id,
  action: 'mail',
  channel: 'email',
  audience,
  window: 'business-hours',
  latenessMax: 'PT4H',
});
const sequence = exampleSequence({
  steps: [step('first', 'lead'), step('second', 'staff')],
});

/** Every type of event, of two runs, three steps and three sends, in any order. */
const sendIds = ['send-1', 'send-2', 'send-3'];
const pool: Past[] = [
  facts.triaged(),
  { ...facts.triaged(), id: 'run-2' },
  facts.bounced,
  facts.complained,
  facts.unsubscribed,
  facts.declined(),
  facts.declined('sales-demo'),
  facts.paused,
  facts.resumed,
  facts.completed,
  ...(['human', 'auto', 'out-of-office', 'unsubscribe'] as const).map((kind) => facts.replied(kind)),
  ...([null, demo] as const).map((to): Past => ({
    ...facts.resubmitted(to),
    id: 'run-2',
  })),
  ...[0, 1, 7].flatMap((index): Past[] => [
    facts.enrolled({ index }),
    facts.enrolled({ index, audience: 'staff' }, 'run-2'),
    facts.stepDue({ step: index }),
    facts.nextPlanned({ index }),
    ...sendIds.flatMap((sendId) => [
      facts.claimed(sendId, { step: index }),
      facts.claimed(sendId, { step: index, attempt: 2, previous: { sendId: 'send-1', class: 'server-error' } }),
    ]),
  ]),
  ...sendIds.flatMap((sendId) => [
    facts.sent(sendId),
    facts.deferred(sendId),
    facts.failed(sendId),
    facts.unknown(sendId),
    facts.delivered(sendId),
    facts.skipped('late', sendId),
    facts.skipped('operator', sendId),
  ]),
  ...(['paused', 'window', 'unrenderable', 'operator', 'erased'] as const).map((guard) => facts.skipped(guard)),
  { type: 'lead.opened', data: { key: 'opened', provider: 'sendgrid', at: MONDAY, machine: true, sendId: 'send-2' } },
  { type: 'lead.clicked', data: { key: 'clicked', provider: 'sendgrid', at: MONDAY, sendId: 'nobody’s' } },
  facts.restarted(demo),
  { type: 'lead.moved', data: { by: 'olga', route: demo, step: 9 } },
  { type: 'lead.tagged', data: { by: 'olga', add: ['a'], remove: ['STOP_SEQUENCE'] } },
  facts.erased,
];

describe('events in any order', () => {
  it('fold to a state that can be stored, shown and decided on', () => {
    const now = Temporal.Instant.from('2026-12-01T10:00:00Z');
    const claimant = { now, sendId: 'send-9', deadlineMs: 1_000 };
    const planning = { now, draw: () => 0.5, delayScale: 1, hours: BUSINESS_HOURS, sequence: () => sequence };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pool), { maxLength: 40, size: 'max' }), (past) => {
        const { state, when } = given(facts.triaged(), ...past);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        expect(Object.values(view(state))).not.toContain(undefined);
        if (['active', 'new'].includes(statusOf(state))) expect(nextActionAt(state)).not.toBeNull();
        const { tags: _, ...rest } = facts.submission({ intake: { seq: 5, key: 'web/5' } });
        const about = {
          sendId: 'send-1',
          attempt: 1,
          runId: 'run-1',
          step: 0,
          stepId: 'first',
          audience: 'lead',
          channel: 'email',
          action: 'mail',
          deadline: MONDAY,
        } as const;
        for (const { decision, then } of [
          when((seen) => decidePlan(seen, planning)),
          when((seen) => decideDue(seen, planning)),
          when((seen) => decideTriage(seen, { ...rest, route: demo, returning, trusted: false }, facts.limits())),
          when((seen) => decideClaim(seen, claimant, { runId: 'run-1', step: 0 })),
          when((seen) => decideRetry(seen, { sendId: 'send-1', class: 'server-error' }, claimant)),
          when((seen) => decideUnrenderable(seen, 'a hole', { runId: 'run-1', step: 0 })),
          when((seen) => decideGiveBack(seen, 'send-2', now)),
          when((seen) => decideOutcome(seen, about, { kind: 'refused', class: 'unreachable' }, now)),
          when((seen) =>
            decideFeedback(seen, { kind: 'accepted', key: 'k', provider: 'sendgrid', at: MONDAY, sendId: 'send-2' }),
          ),
          when((seen) => decideCommand(seen, { kind: 'resolve', sendId: 'send-1', as: 'sent', by: 'olga' })),
        ]) {
          if ('type' in decision) then(decision);
        }
        recheckClaim(state, 'send-1', now);
      }),
      { numRuns: RUNS },
    );
  });
});
