import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { PARTITIONS } from '@leadstream/testing/partitions';
import { report } from '../../chaos/report.ts';
import { run } from '../../chaos/run.ts';

/**
 * The short form of `npm run test:faults`, which takes the seed and the options that this one prints. Six kinds of
 * process, two of each and each started twice, are half a minute of CPU: only there.
 */
it('each lead gets exactly its mails while every service, NATS and MongoDB are late, killed or frozen', async () => {
  const seed = randomInt(1_000_000_000);
  const processes = seed % 4 < 2 ? 'two' : 'one';
  const partitions = seed % 16 < 8 ? PARTITIONS : 4;
  const { summary, violations } = report(
    await run(
      { seed, processes, partitions, leads: 30, seconds: 8, frozen: 4, absent: 3, operators: seed % 8 < 4 },
      () => undefined,
      new AbortController().signal,
    ),
  );
  process.stderr.write(`${summary}\n`);
  expect(`${violations}\n${summary}`).toBe(`\n${summary}`);
});
