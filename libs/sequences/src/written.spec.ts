import { expect, it } from '@jest/globals';
import { readFolder } from '@leadstream/service/sequence-store';
import { parseFolder } from './folder.ts';
import { written } from './written.ts';

const { sequences, routes } = parseFolder(await readFolder('sequences'));
const definitions = [...sequences, ...(routes ? [routes] : [])];

it('a written definition is read as the same one', () => {
  expect(definitions.length).toBeGreaterThan(3);
  const files = Object.fromEntries(definitions.flatMap((one) => Object.entries(written(one))));
  const again = parseFolder(files);
  expect([...again.sequences, again.routes]).toEqual(definitions);
  expect(again.problems).toEqual([]);
});
