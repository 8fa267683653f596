import { describe, expect, it } from '@jest/globals';
import { durationInWords, waitInWords } from './data.ts';

describe('the wait of a step', () => {
  it.each([
    ['P2D', '2 d'],
    ['PT3M', '3 min'],
    ['PT1H30M', '1 h 30 min'],
    ['P1W', '7 d'],
    ['later', 'later'],
  ])('%s is %s', (iso, words) => {
    expect(durationInWords(iso)).toBe(words);
  });

  it('says when the step goes', () => {
    expect(waitInWords({ wait: { min: 'PT3M', max: 'PT7M' }, window: 'business-hours' })).toBe(
      'after 3 min to 7 min, then in business hours',
    );
    expect(waitInWords({ wait: null, window: 'none' })).toBe('at once');
  });
});
