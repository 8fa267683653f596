import { describe, expect, it } from '@jest/globals';
import { compare, compared, mean } from './rounds.ts';

const taken =
  <T>(values: T[], name: string, order: string[]) =>
  () => {
    order.push(name);
    const [value] = values.splice(0, 1);
    return Promise.resolve(value as T);
  };

describe('a comparison', () => {
  it('lets each side go first in every other round, so that a slowing machine favours neither', async () => {
    const order: string[] = [];
    await compare(3, taken([1, 1, 1], 'ours', order), taken([1, 1, 1], 'reference', order));
    expect(order).toEqual(['ours', 'reference', 'reference', 'ours', 'ours', 'reference']);
  });

  it('is the median of the ratios of its rounds, with the least and the greatest', async () => {
    const rounds = await compare(4, taken([2, 6, 90, 3], 'ours', []), taken([1, 2, 3, 2], 'reference', []));
    expect(compared('ms', rounds, (ms) => ms)).toEqual({
      unit: 'ms',
      ours: 4.5,
      reference: 2,
      ratio: { median: 2.5, min: 1.5, max: 30, all: [2, 3, 30, 1.5] },
    });
  });
});

describe('a mean', () => {
  it('has a standard error, which four times as many values halve', () => {
    expect(mean([1, 3])).toEqual({ value: 2, error: 1 });
    const { value, error } = mean([1, 3, 1, 3, 1, 3, 1, 3]);
    expect(value).toBe(2);
    expect(error).toBeCloseTo(Math.sqrt(8 / 7 / 8), 9);
  });
});
