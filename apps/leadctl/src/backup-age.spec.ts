import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ageOf, datedFolder, forgetOld } from './backup-age.ts';

const now = Temporal.Instant.from('2026-11-28T13:45:00.900Z');
const days = (count: number) => Temporal.Duration.from({ hours: 24 * count });

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'leadstream-age-'));
});
afterEach(() => rm(parent, { recursive: true }));

const made = async (age: number): Promise<string> => {
  const folder = datedFolder(parent, now.subtract(days(age)));
  await mkdir(join(folder, 'keys'), { recursive: true });
  await writeFile(join(folder, 'LEADS.snapshot'), '');
  return folder;
};

it('a backup folder is named by its time, in order', () =>
  expect(datedFolder('/backups', now)).toBe('/backups/20261128T134500Z'));

it('forgetOld removes old backups and the keys of younger ones only', async () => {
  const [fresh, month, quarter] = [await made(0), await made(30), await made(91)];
  await mkdir(join(parent, 'of another program'));
  await mkdir(join(parent, '20261399T000000Z'));
  expect(await forgetOld(parent, { all: days(90), keys: days(29) }, now)).toEqual([
    { folder: quarter, what: 'all' },
    { folder: month, what: 'the keys' },
  ]);
  expect(await readdir(fresh)).toEqual(['LEADS.snapshot', 'keys']);
  expect(await readdir(month)).toEqual(['LEADS.snapshot']);
  expect((await readdir(parent)).sort()).toEqual([
    '20261029T134500Z',
    '20261128T134500Z',
    '20261399T000000Z',
    'of another program',
  ]);
  expect(await forgetOld(parent, { all: days(90), keys: days(29) }, now)).toEqual([]);
});

it('forgetOld keeps every backup, and no old keys, without an age', async () => {
  const folder = await made(400);
  await forgetOld(parent, { keys: days(29) }, now);
  expect(await readdir(folder)).toEqual(['LEADS.snapshot']);
});

it.each(['P0D', '-P1D', '30', ''])('ageOf refuses %j, an age that would remove the new backup', (text) => {
  expect(() => ageOf('--keep', text)).toThrow('--keep: ');
});
