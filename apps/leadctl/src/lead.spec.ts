import { expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { stateAfter } from '@leadstream/lead/evolve';
import { storyOf } from '@leadstream/lead/story';
import { claimed, deferred, enrolled, stepDue, triaged } from '@leadstream/testing/builders';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import { titleOf } from './lead.ts';
import { storyLines } from './lead-story.ts';

const of = (events: readonly Recorded[]): string => titleOf(LEAD_ID, stateAfter(events), events);
const erased = (data: object = {}): Past => ({
  type: 'lead.erased',
  at: '2026-11-23T10:00:00Z',
  data: { by: 'olga', ...data },
});

it('a lead is shown under its name and address', () => {
  expect(of(recorded([triaged()]))).toMatch(new RegExp(`<.+@.+>  ${LEAD_ID}$`));
});

it.each<[string, Past[], string]>([
  ['after its other events', [triaged(), enrolled(), erased()], `erased at 2026-11-23T10:00:00Z by olga  ${LEAD_ID}`],
  [
    'with a reason',
    [triaged(), erased({ reason: 'ticket 12' })],
    `erased at 2026-11-23T10:00:00Z by olga: ticket 12  ${LEAD_ID}`,
  ],
])('an erased lead is shown with who erased it, and when: %s', (_, past, title) => {
  expect(of(recorded(past))).toBe(title);
});

it('a lead’s runs are shown with their steps, in the lead’s own time', () => {
  const events = recorded([triaged(), enrolled(), stepDue(), claimed(), deferred()]);
  const told = { name: 'Nurture', steps: ['first', 'second'].map((id) => ({ id, audience: 'lead' as const })) };
  expect(
    storyLines(
      storyOf(events, () => told),
      'Europe/Berlin',
    ),
  ).toEqual([
    'content-nurture v1, by lead.triaged at 2026-11-23 10:00 Europe/Berlin',
    '  next      "first", 2026-11-23 10:05 Europe/Berlin',
    '  later     "second"',
  ]);
});
