import { describe, expect, it } from '@jest/globals';
import { Rate } from './rate.ts';

describe('a rate', () => {
  it('admits up to its limit, then returns the seconds to wait, and resets after a minute', () => {
    const rate = new Rate(2);
    expect([0, 1_000, 30_500, 59_999, 60_000].map((nowMs) => rate.secondsToWait('shop', nowMs))).toEqual([
      0, 0, 30, 1, 0,
    ]);
  });

  it('counts each caller by itself', () => {
    const rate = new Rate(1);
    expect(['shop', 'webinars', 'shop'].map((caller) => rate.secondsToWait(caller, 0))).toEqual([0, 0, 60]);
  });

  it('keeps a frequent caller’s count, however many others come once', () => {
    const rate = new Rate(1);
    for (let other = 0; other < 20_000; other++) {
      rate.secondsToWait(`other ${other}`, 0);
      if (other % 1_000 === 0) rate.secondsToWait('shop', 0);
    }
    expect([rate.secondsToWait('shop', 0), rate.secondsToWait('other 0', 0)]).toEqual([60, 0]);
  });
});
