import { describe, expect, it } from '@jest/globals';
import { after, batches, nothingYet } from './giving.ts';

describe('a command to many leads', () => {
  it('counts what changed, what was so before, and the refusals by their reason', () => {
    const one = after(
      { ...nothingYet, of: 4 },
      {
        results: [
          { id: 'a', outcome: 'changed' },
          { id: 'b', outcome: 'refused', reason: 'stopped', says: 'the lead is bounced' },
        ],
      },
    );
    const two = after(one, {
      results: [
        { id: 'c', outcome: 'before' },
        { id: 'd', outcome: 'refused', reason: 'stopped', says: 'the lead is bounced' },
      ],
    });
    expect(two).toEqual({ done: 4, of: 4, changed: 1, unchanged: 1, refused: new Map([['the lead is bounced', 2]]) });
  });

  it('goes to each lead once, 200 a request', async () => {
    const ids = Array.from({ length: 401 }, (_, index) => String(index));
    const sizes: number[] = [];
    for await (const batch of batches(ids)) sizes.push(batch.length);
    expect(sizes).toEqual([200, 200, 1]);
  });
});
