import { describe, expect, it } from '@jest/globals';
import type { Data, Draft } from '@leadstream/contracts/events';
import {
  claimed,
  completed,
  demo,
  enrolled,
  nurture,
  returning,
  sent,
  stepDue,
  triaged,
  restarted,
  resubmitted,
} from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { judge } from './judge.ts';

const later = (days: number): string =>
  Temporal.Instant.from(MONDAY)
    .add({ minutes: Math.round(24 * 60 * days) })
    .toString();
let submissions = 0;
const again = (
  route: Data<'lead.resubmitted'>['route'],
  days: number,
  over: Partial<Data<'lead.resubmitted'>> = {},
): Past => ({
  ...resubmitted(route, { trusted: false, intake: { seq: 9, key: `web/${++submissions + 1}` }, ...over }),
  id: `run-${submissions + 1}`,
  at: later(days),
});
const says = (...past: Past[]): string[] => {
  submissions = 0;
  return judge(recorded(past), {
    now: Temporal.Instant.from(MONDAY),
    overdueMs: Infinity,
    reenrolAfterMs: 7 * 86_400_000,
  })
    .findings.filter(({ rule }) => rule === 'stranger')
    .map(({ seqs }) => seqs.join(' '));
};
const first = [triaged({ trusted: false }), enrolled(), stepDue(), claimed(), sent(), completed];

describe('the limits of strangers’ submissions', () => {
  it.each<[string, Past[], string[]]>([
    ['one run of a sequence in a week', [...first, again(nurture, 8)], []],
    ['no second one', [...first, again(nurture, 3)], ['10 70']],
    [
      'no second one soon after the end',
      [...first.slice(0, -1), { ...completed, at: later(2) }, again(nurture, 8)],
      ['60 70'],
    ],
    ['a run of another sequence', [...first, again(demo, 1)], []],
    ['what a trusted caller asks for', [...first, again(nurture, 1, { trusted: true })], []],
    ['what a log does not know who asked for', [...first, again(nurture, 1, { trusted: undefined })], []],
    ['that the rep is told', [...first, again(returning, 1)], []],
    ['that the rep is told once a day', [...first, again(returning, 1), again(returning, 1.5)], ['70 80']],
    [
      'that the rep is notified of another submission',
      [...first, again(returning, 1), again(returning, 1.5, { tags: ['source:webinar'] })],
      [],
    ],
  ])('is %s', (_case, past, found) => {
    submissions = 0;
    expect(says(...past)).toEqual(found);
  });

  it.each([
    [2, []],
    [3, [4]],
  ] as const)('are three mails a day: after %d others', (others, found) => {
    const mail = (run: string, hour: number): Past[] => [
      restarted(nurture, run),
      enrolled({}, run),
      stepDue({ runId: run }),
      { ...claimed(run, { runId: run }), at: `2026-11-23T1${hour}:00:00Z` },
      { ...sent(run), data: { ...sent(run).data, runId: run } as Draft['data'] } as Past,
    ];
    const before = Array.from({ length: others }, (_each, index) => mail(`old-${index}`, index)).flat();
    const own: Past[] = [
      { ...again(demo, 0.1), id: 'last' },
      enrolled({}, 'last'),
      stepDue({ runId: 'last' }),
      { ...claimed('last', { runId: 'last' }), at: '2026-11-23T16:00:00Z' },
    ];
    expect(says(triaged({ trusted: false }), ...before, ...own).map((seqs) => seqs.split(' ').length)).toEqual(found);
  });
});
