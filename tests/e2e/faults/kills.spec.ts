import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { report } from '../../chaos/report.ts';
import { run } from '../../chaos/run.ts';

/** The short form of `npm run test:faults`; a seed that it prints can be given to that one. */
it('while every service, NATS and MongoDB come late, are killed or frozen, each lead gets exactly its mails: none twice, none after a stop', async () => {
  const { summary, violations } = report(
    await run(
      { seed: randomInt(1_000_000_000), leads: 40, seconds: 12, frozen: 5, absent: 3 },
      () => undefined,
      new AbortController().signal,
    ),
  );
  process.stderr.write(`${summary}\n`);
  expect(`${violations}\n${summary}`).toBe(`\n${summary}`);
}, 300_000);
