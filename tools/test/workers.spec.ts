import { expect, it } from '@jest/globals';
import { workersFor } from './workers.ts';

it.each([
  [1, 1],
  [7.7, 3],
  [15.6, 6],
  [64, 6],
])('of %d GiB are for as many workers as fit: %d', (gib, workers) => {
  expect(workersFor(gib * 1024 ** 3)).toBe(workers);
});
