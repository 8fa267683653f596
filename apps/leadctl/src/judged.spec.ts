import { describe, expect, it } from '@jest/globals';
import { hasSeenMore } from './judged.ts';

describe('MongoDB has seen more than a restored log', () => {
  const given = (highSeq: number, there?: string) => ({
    witness: { epoch: 'e', created: 'c', highSeq, highId: 'seen', at: new Date(0) },
    name: 'log',
    lastSeq: 12,
    ids: new Map(there === undefined ? [] : [[highSeq, there]]),
  });

  it.each([
    ['an event beyond its end', 11, 'added since'],
    ['another event at its place', 7, 'of a fork'],
  ])('by %s', (_, seq, id) => {
    expect(hasSeenMore(given(seq, id), 10)).toBe(true);
  });

  it.each([
    ['the last event of both', 10, 'seen'],
    ['one that is deleted', 7, undefined],
    ['nothing at all', 0, undefined],
  ])('not by %s', (_, seq, id) => {
    expect(hasSeenMore(given(seq, id), 10)).toBe(false);
  });

  it('not when it is empty or unreachable', () => {
    expect([null, undefined].map((witness) => hasSeenMore({ ...given(1), witness }, 10))).toEqual([false, false]);
  });
});
