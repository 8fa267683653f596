import { expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import {
  claimed,
  deferred,
  enrolled,
  plannedStep,
  sent,
  skipped,
  stepDue,
  triaged,
} from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { judge } from './judge.ts';

const planned = plannedStep({ index: 1, action: 'first-again' });
const migrated = (over: Partial<Data<'lead.migrated'>> = {}): Past => ({
  type: 'lead.migrated',
  data: { by: 'olga', runId: 'run-1', sequence: 'content-nurture', from: 1, to: 2, planned, ...over },
  id: 'run-2',
});
const inRun2 = { runId: 'run-2', step: 1, action: 'first-again' };
const underWay = [triaged(), enrolled()];
const says = (...past: Past[]): string[] =>
  judge(recorded(past), { now: Temporal.Instant.from('2026-11-23T09:00:30Z'), overdueMs: 3_600_000 }).findings.map(
    ({ rule, says }) => `${rule}: ${says}`,
  );
const afterwards = (past: Past[]): Past[] => [...past, stepDue(inRun2), claimed('a', inRun2)];

it('a migrated run goes on with its own plan', () => {
  const sentInRun2 = { ...sent('a'), data: { ...sent('a').data, runId: 'run-2', step: 1 } } as Past;
  expect(says(...afterwards([...underWay, migrated()]), sentInRun2)).toEqual([]);
  expect(says(...afterwards([...underWay, stepDue(), migrated()]), sentInRun2)).toEqual([]);
});

it('a claim of the run that ended by a migration was not planned', () => {
  expect(says(...underWay, stepDue(), migrated(), claimed('a'))).toContainEqual(
    expect.stringMatching(/^unplanned: claim \d+ is of step 0 of run run-1/),
  );
});

it.each<[string, Past[], string]>([
  ['of a run that is not under way', [...underWay, migrated({ runId: 'run-0' })], 'is not under way'],
  ['from a version that the run is not of', [...underWay, migrated({ from: 2 })], 'it is of 1'],
  ['twice', [...underWay, migrated(), { ...migrated(), id: 'run-3' }], 'is not under way'],
  ['to another time', [...underWay, migrated({ planned: { ...planned, at: '2026-11-24T09:00:00Z' } })], 'another time'],
  ['to the rep', [...underWay, migrated({ planned: { ...planned, audience: 'staff' } })], 'another time or recipient'],
  ['of a step in flight', [...underWay, stepDue(), claimed('a'), migrated()], 'is not under way'],
  ['of a refused step', [...underWay, stepDue(), claimed('a'), deferred('a'), migrated()], 'has a claim'],
  [
    'of a step that was given back',
    [...underWay, stepDue(), claimed('a'), skipped('stalled', 'a'), migrated()],
    'has a claim',
  ],
])('no migration %s is allowed', (_, past, fault) => {
  expect(says(...past)).toContainEqual(expect.stringContaining(fault));
});
