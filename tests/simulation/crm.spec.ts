import { expect, it } from '@jest/globals';
import { isLong } from '@leadstream/testing/long';
import { Choices } from './choices.ts';
import { simulateCrm } from './crm/run.ts';

const RUNS = isLong ? 5_000 : 100;

it('HubSpot has the newest state of each lead in the end, whatever fails', async () => {
  const wrong: string[] = [];
  for (let run = 0; run < RUNS && wrong.length < 5; run++) {
    const faults = await simulateCrm(Choices.seeded(1, run, { record: false }));
    wrong.push(...faults.map((fault) => `run ${run}: ${fault}`));
  }
  expect(wrong).toEqual([]);
}, 120_000);
