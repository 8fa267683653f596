import { describe, expect, it } from '@jest/globals';
import { Progress } from './bulk-progress.ts';
import { at, processTerminal } from './terminal.ts';

/** The number in each line that is written without a terminal. */
async function notedOf(done: number[], before = 0): Promise<string[]> {
  let said = '';
  await at({ ...processTerminal, isTTY: false, err: (text) => void (said += text) }, async () => {
    const progress = new Progress(1_000, before, 100);
    for (const one of done) progress.at(one);
  });
  return said.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

describe('progress without a terminal', () => {
  it('has a line at each hundred', async () => {
    expect(await notedOf(Array.from({ length: 250 }, (_, index) => index + 1))).toEqual(['100', '200']);
  });

  it('has a line behind each hundred that a step passes over', async () => {
    expect(await notedOf([97, 197, 198, 297, 500])).toEqual(['197', '297', '500']);
  });

  it('has none for what an earlier call did', async () => {
    expect(await notedOf([251, 299, 301], 250)).toEqual(['301']);
  });
});
