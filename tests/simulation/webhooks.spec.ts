import { expect, it } from '@jest/globals';
import { isLong } from '@leadstream/testing/long';
import { Choices } from './choices.ts';
import { simulateWebhooks } from './webhooks/run.ts';

const RUNS = isLong ? 20_000 : 150;

it('every event reaches a webhook, in the order of its lead, whatever fails', async () => {
  const wrong: string[] = [];
  for (let run = 0; run < RUNS && wrong.length < 5; run++) {
    const faults = await simulateWebhooks(Choices.seeded(1, run, { record: false }));
    wrong.push(...faults.map((fault) => `run ${run}: ${fault}`));
  }
  expect(wrong).toEqual([]);
}, 120_000);
