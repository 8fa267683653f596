import { describe, expect, it } from '@jest/globals';
import type { EventType } from '@leadstream/contracts/events';
import {
  claimed,
  deferred,
  enrolled,
  nextPlanned,
  paused,
  replied,
  sent,
  skipped,
  stepDue,
  triaged,
} from '@leadstream/testing/builders';
import { fold, LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import { evolve } from '@leadstream/lead/evolve';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import type { Sequence } from './definition.ts';
import { decideGap, GAP } from './gap.ts';

const step = (id: string, days: number, audience: 'lead' | 'staff' = 'lead') => ({
  id,
  action: id,
  channel: 'email' as const,
  audience,
  wait: { fixed: `P${days}D` },
  window: 'none' as const,
});
const sequence = {
  id: 'content-nurture',
  version: 1,
  rank: 10,
  triggers: ['source:whitepaper'],
  steps: [step('first', 0), step('second', 3), step('third', 7)],
} as unknown as Sequence;
const planning = (now: string) => ({
  now: Temporal.Instant.from(now),
  draw: () => 0.9,
  delayScale: 1,
  hours: BUSINESS_HOURS,
  sequence: () => sequence,
});

/** The events that close the gap until `now`, in the order of their append. */
function closed(past: Past[], now: string): string[] {
  const events = recorded(past);
  let state = fold(events);
  let skippedLast = false;
  const made: string[] = [];
  for (let count = 0; count < 30; count++) {
    const decision = decideGap(state, planning(now), skippedLast);
    if ('nothing' in decision) return [...made, decision.nothing];
    skippedLast = decision.type === 'lead.send-skipped';
    const about =
      decision.type === 'lead.send-skipped' || decision.type === 'lead.step-due'
        ? decision.data.stepId
        : 'planned' in decision.data
          ? `${decision.data.planned.id} ${decision.data.planned.at}`
          : '';
    made.push(`${decision.type.slice(5)} ${about}`);
    state = evolve(state, {
      ...events[0]!,
      ...decision,
      id: `gap-${count}`,
      leadId: LEAD_ID,
      seq: 10_000 + count,
      at: now,
    });
  }
  return [...made, 'on and on'];
}
const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T09:00:00Z`;
const plannedFor = (when: string): Past => enrolled({ at: when, window: undefined, latenessMaxMs: undefined });

describe('after a restore', () => {
  it('a step whose time has passed is closed, and the next one keeps its own time', () => {
    expect(closed([triaged(), plannedFor(at(24))], at(25))).toEqual([
      'step-due first',
      'send-skipped first',
      'not-due',
    ]);
  });
  it('a long gap closes every step that the lost log may have sent', () => {
    expect(
      closed([triaged(), plannedFor(at(24))], '2026-12-20T09:00:00Z').filter((line) => line.startsWith('send-skipped')),
    ).toEqual(['send-skipped first', 'send-skipped second', 'send-skipped third']);
  });
  it('a run that had not begun begins at its earliest time', () => {
    expect(closed([triaged()], at(24))[0]).toBe('enrolled first 2026-11-23T09:00:00Z');
  });
  it('a step that was due, deferred or held is closed', () => {
    expect(closed([triaged(), plannedFor(at(23)), stepDue()], at(24))[0]).toBe('send-skipped first');
    expect(closed([triaged(), plannedFor(at(23)), stepDue(), claimed(), deferred()], at(24)).slice(0, 3)).toEqual([
      'step-planned first 2026-11-23T09:05:00Z',
      'step-due first',
      'send-skipped first',
    ]);
    expect(closed([triaged(), plannedFor(at(23)), stepDue(), skipped('window')], at(24)).slice(1, 3)).toEqual([
      'step-due first',
      'send-skipped first',
    ]);
  });
  it('a step in the future is left alone', () => {
    expect(closed([triaged(), plannedFor(at(26))], at(25))).toEqual(['not-due']);
    expect(closed([triaged(), plannedFor(at(23)), stepDue(), claimed(), sent()], at(24))).toEqual(['not-due']);
    expect(
      closed(
        [
          triaged(),
          plannedFor(at(23)),
          stepDue(),
          claimed(),
          sent(),
          nextPlanned({ index: 1, id: 'second', at: at(26) }),
        ],
        at(24),
      ),
    ).toEqual(['not-due']);
  });
  it.each<[string, Past]>([
    ['answered', replied()],
    ['was paused', paused],
  ])('nothing is closed for a lead that %s: nothing goes to it', (_, event) => {
    expect(
      closed([triaged(), plannedFor(at(23)), event], at(24)).filter((line) => line.includes('skipped first')),
    ).toEqual([]);
  });
  it('the skipped step has a reason', () => {
    const state = fold(recorded([triaged(), plannedFor(at(23)), stepDue()]));
    expect(decideGap(state, planning(at(24)), false)).toMatchObject({
      type: 'lead.send-skipped' satisfies EventType,
      data: { guard: 'operator', reason: GAP },
    });
  });
});
