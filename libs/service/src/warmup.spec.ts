import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { field, loadConfig } from './config.ts';
import { dailyCap, parseWarmup, warmupCap, warmupDay, warmupText, type Warmup } from './warmup.ts';

const warmup: Warmup = { from: '2026-12-01', first: 50, factor: 1.5, max: 20_000 };

describe('a warm-up', () => {
  it('is read with and without blanks, and written as it is read', () => {
    expect(parseWarmup(' 2026-12-01: 50, x1.5/day, max 20000 ')).toEqual(warmup);
    expect(parseWarmup(warmupText(warmup))).toEqual(warmup);
  });

  it.each([
    ['2026-12-01:50', ['must be like 2026-12-01:50,x1.5/day,max 20000']],
    ['2026-12-01:50,+20/day,max 90', ['must be like 2026-12-01:50,x1.5/day,max 20000']],
    ['2026-02-30:50,x1.5/day,max 90', ['begins on a day that no calendar has']],
    [
      '2026-13-01:0,x1/day,max 0',
      [
        'begins on a day that no calendar has',
        'must begin with one call a day at least',
        'must grow by a factor above 1, of 10 at most',
      ],
    ],
    ['2026-12-01:50,x1.5/day,max 49', ['has a max below its first day']],
  ])('%s is refused, with all its problems', (text, problems) => {
    expect(parseWarmup(text)).toEqual({ problems });
  });

  it('is read from the environment, beside all other problems of it', () => {
    const schema = z.object({ ESP_WARMUP: field.warmup.optional(), FROM_EMAIL: z.email() });
    const env = { FROM_EMAIL: 'a@b.dev', ESP_WARMUP: warmupText(warmup) };
    expect(loadConfig(schema, env).ESP_WARMUP).toEqual(warmup);
    expect(loadConfig(schema, { ...env, ESP_WARMUP: '' }).ESP_WARMUP).toBeUndefined();
    expect(() => loadConfig(schema, { ESP_WARMUP: '2026-02-30:9,x1/day,max 9' })).toThrow(
      'ESP_WARMUP: begins on a day that no calendar has; must grow by a factor above 1, of 10 at most\n' +
        '  FROM_EMAIL: is required',
    );
  });

  it('grows by its factor each day (UTC), up to its max, and begins with its first day', () => {
    const caps = (...days: string[]) => days.map((day) => warmupCap(warmup, day));
    expect(
      caps('2026-11-30', '2026-12-01', '2026-12-02', '2026-12-03', '2026-12-16', '2026-12-17', '2036-12-01'),
    ).toEqual([50, 50, 75, 112, 20_000, 20_000, 20_000]);
    expect(warmupCap({ ...warmup, first: 100, factor: 1.1 }, '2026-12-02')).toBe(110);
    expect(['2026-11-30', '2026-12-01', '2027-01-01'].map((day) => warmupDay(warmup, day))).toEqual([0, 1, 32]);
  });

  it('is never above the daily cap, and stands alone without one', () => {
    expect(dailyCap(60, warmup, '2026-12-01')).toBe(50);
    expect(dailyCap(60, warmup, '2026-12-02')).toBe(60);
    expect(dailyCap(0, warmup, '2026-12-02')).toBe(75);
    expect(dailyCap(0, undefined, '2026-12-02')).toBe(0);
  });
});
