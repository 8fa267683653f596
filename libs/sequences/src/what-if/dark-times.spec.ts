import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { afterDark, DarkTimes } from './dark-times.ts';

const START_MS = Date.parse('2026-12-07T09:00:00Z');
const at = (seconds: number): string => Temporal.Instant.fromEpochMilliseconds(START_MS + seconds * 1_000).toString();
const step = { runId: 'run', step: 0, stepId: 'first', audience: 'lead', channel: 'email' } as const;
let seq = 0;
const event = (leadId: string, seconds: number, draft: Pick<Recorded, 'type' | 'data'>): Recorded =>
  ({ ...draft, id: `${++seq}`, leadId, seq, version: seq, prevSeq: 0, at: at(seconds), source: 'test' }) as Recorded;
const due = (leadId: string, seconds: number, lagMs = 0): Recorded =>
  event(leadId, seconds, {
    type: 'lead.step-due',
    data: { ...step, action: 'first-mail', plannedAt: at(seconds), lagMs },
  });
const claimed = (leadId: string, seconds: number): Recorded =>
  event(leadId, seconds, {
    type: 'lead.send-started',
    data: { ...step, sendId: leadId, attempt: 1, action: 'first-mail', deadline: at(seconds + 90) },
  });

function darkOf(...events: Recorded[]): [number, number][] {
  const dark = new DarkTimes();
  for (const one of events) dark.add(one);
  return dark.found.map(({ fromMs, toMs }) => [(fromMs - START_MS) / 1_000, (toMs - START_MS) / 1_000]);
}

describe('a dark time', () => {
  it('is one in which a due step waits and no other is claimed', () => {
    expect(
      darkOf(due('a', 0), claimed('a', 1), due('b', 10), due('c', 40), claimed('b', 100), claimed('c', 101)),
    ).toEqual([[10, 100]]);
  });

  it('is one in which a planned step waits and none is found due', () => {
    expect(darkOf(due('a', 0), claimed('a', 1), due('b', 300, 200_000), claimed('b', 301))).toEqual([[100, 300]]);
  });

  it('is none while others go on, however long one waits', () => {
    const others = Array.from({ length: 20 }, (_, n) => [due(`x${n}`, 10 * n), claimed(`x${n}`, 10 * n + 5)]).flat();
    expect(darkOf(due('a', 0), ...others, claimed('a', 200))).toEqual([]);
  });

  it('lets work that becomes due in it wait for its end', () => {
    const times = [
      { fromMs: 10, toMs: 20 },
      { fromMs: 50, toMs: 90 },
    ];
    expect([5, 10, 19, 20, 60, 90, 100].map((ms) => afterDark(times, ms))).toEqual([5, 20, 20, 20, 90, 90, 100]);
  });
});
