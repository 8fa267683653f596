import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { report } from '../../chaos/report.ts';
import { run } from '../../chaos/run.ts';

/** The short form of `npm run test:faults`, which takes the seed and the `--processes` that this one prints. */
it('each lead gets exactly its mails while every service, NATS and MongoDB are late, killed or frozen', async () => {
  const seed = randomInt(1_000_000_000);
  const processes = seed % 4 < 2 ? 'six' : 'one';
  const { summary, violations } = report(
    await run(
      { seed, processes, leads: 40, seconds: 12, frozen: 5, absent: 3, operators: seed % 8 < 4 },
      () => undefined,
      new AbortController().signal,
    ),
  );
  process.stderr.write(`${summary}\n`);
  expect(`${violations}\n${summary}`).toBe(`\n${summary}`);
});
