import { describe, expect, it } from '@jest/globals';
import { newerDelayMs, NewerMessages, NEWER_MS_MAX } from './newer.ts';
import { memoryLog } from './testing/small-lead.ts';

const placed = (seq: number, stream = 'LEADS') => ({ seq, info: { stream } });

describe('a message of a newer build', () => {
  it('is redelivered after 1 s at first, after a minute at most', () => {
    for (const [deliveries, min, max] of [
      [0, 500, 1_000],
      [1, 500, 1_000],
      [4, 4_000, 8_000],
      [7, 30_000, 60_000],
      [100_000, 30_000, 60_000],
    ] as const) {
      for (let draw = 0; draw < 100; draw++) {
        expect(newerDelayMs(deliveries)).toBeGreaterThanOrEqual(min);
        expect(newerDelayMs(deliveries)).toBeLessThanOrEqual(max);
      }
    }
  });

  it('waits a day from its own first delivery, and anew after it was handled', () => {
    const newer = new NewerMessages('sender', memoryLog());
    const [one, another] = [placed(1, 'LEADS-0of2'), placed(1, 'LEADS-1of2')];
    expect(newer.add(one, 'lead.scored', 0)).toBe(false);
    expect(newer.add(another, 'lead.scored', 1_000)).toBe(false);
    expect(newer.add(one, 'lead.scored', NEWER_MS_MAX - 1)).toBe(false);
    expect(newer.add(another, 'lead.scored', NEWER_MS_MAX)).toBe(false);
    expect(newer.add(one, 'lead.scored', NEWER_MS_MAX)).toBe(true);
    newer.clear(one);
    expect(newer.add(one, 'lead.scored', NEWER_MS_MAX)).toBe(false);
  });

  it('is logged with all others in one line a minute', () => {
    const log = memoryLog();
    const newer = new NewerMessages('sender', log);
    for (let seq = 0; seq < 100; seq++) newer.add(placed(seq), 'lead.scored', seq * 500);
    newer.add(placed(100), 'lead.moved', 59_999);
    newer.add(placed(100), 'lead.moved', 60_000);
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { consumer: 'sender', deliveries: { 'lead.scored': 1 }, waiting: 1 },
      { consumer: 'sender', deliveries: { 'lead.scored': 99, 'lead.moved': 2 }, waiting: 101 },
    ]);
  });
});
