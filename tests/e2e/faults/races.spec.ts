import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { PARTITIONS } from '@leadstream/testing/partitions';
import { race } from '../../chaos/races/race.ts';
import { figures, table } from '../../chaos/races/table.ts';

/**
 * The short form of `npm run test:races`; a seed that it prints can be given to that one, an odd one with
 * `--partitions 4`.
 */
it('a reply at any instant around a due step stops the lead, with one mail in flight at most', async () => {
  const seed = randomInt(1, 1_000_000_000);
  const partitions = seed % 2 === 0 ? PARTITIONS : 4;
  const seen = figures(
    await race({ seed, leads: 24, partitions, instances: 1 }, () => undefined, new AbortController().signal),
  );
  process.stderr.write(`${table(seen)}\n`);
  expect([`seed ${seen.seed}`, ...seen.violations]).toEqual([`seed ${seen.seed}`]);
});
