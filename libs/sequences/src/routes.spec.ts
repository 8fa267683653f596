import { describe, expect, it } from '@jest/globals';
import type { Sequence } from './definition.ts';
import { matchSource, routeByTag } from './routes.ts';

describe('a source pattern', () => {
  it('that is exact wins over a wildcard, and the longer wildcard over the shorter, in any order', () => {
    const entries = [
      ['web*', 'short'],
      ['webinar*', 'long'],
      ['webinar_x', 'exact'],
    ] as const;
    for (const order of [entries, entries.toReversed()]) {
      expect(['webinar_x', 'webinar_y', 'website', 'other'].map((source) => matchSource(source, order))).toEqual([
        'exact',
        'long',
        'short',
        undefined,
      ]);
    }
  });
});

describe('a tag', () => {
  const sequence = (id: string, rank: number): Sequence => ({
    id,
    rank,
    version: 1,
    name: id,
    description: id,
    triggers: ['source:x'],
    steps: [],
    templates: {},
  });

  it('leads to the sequence it triggers, to the highest rank should there be several', () => {
    expect(routeByTag('source:x', [sequence('low', 1), sequence('high', 2)])).toEqual({
      sequence: 'high',
      tag: 'source:x',
      rank: 2,
    });
  });

  it('that triggers nothing is an error, not a lead without a sequence', () => {
    expect(() => routeByTag('source:y', [sequence('low', 1)])).toThrow('source:y');
  });
});
