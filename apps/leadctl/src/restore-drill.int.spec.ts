import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { startNats, type Server } from '@leadstream/testing/servers';
import { fileOf } from './backup-folder.ts';
import { deleteStreams, dial, fill, flip, namesIn } from './testing/backup.ts';
import { makeBackup } from './backup.ts';
import { drill } from './restore-drill.ts';

let nats: Server;
let target: Broker;
let parent: string;
let folder: string;
beforeAll(async () => {
  nats = await startNats();
  target = await dial(nats.url);
  parent = await mkdtemp(join(tmpdir(), 'leadstream-drill-'));
  await fill(target);
  await makeBackup(target, join(parent, 'whole'), { withKeys: true });
  await deleteStreams(target);
});
afterAll(async () => {
  await target?.close();
  await nats?.stop();
  if (parent) await rm(parent, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(parent, 'copy-'));
  await cp(join(parent, 'whole'), folder, { recursive: true });
});

async function rewrite(change: (text: string) => string): Promise<void> {
  const path = join(folder, 'manifest.json');
  await writeFile(path, change(await readFile(path, 'utf8')));
}

describe('a drill', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['of no whole backup', () => rm(join(folder, 'manifest.json')), 'has no manifest.json'],
    [
      'with a stream under another name',
      () => rewrite((text) => text.replace('"name": "INTAKE"', '"name": "LEADS"')),
      'the configuration is of another stream',
    ],
    [
      'of another format',
      () => rewrite((text) => text.replace('"format": 1', '"format": 2')),
      'is a backup of format 2; this release reads format 1',
    ],
    [
      'of a manifest that says less',
      () => rewrite((text) => text.replace('"sha256"', '"sha1"')),
      'manifest.json cannot be read',
    ],
    ['with a file missing', () => rm(fileOf(folder, 'FEEDBACK')), 'FEEDBACK.snapshot is missing'],
    ['with a file cut short', () => truncate(fileOf(folder, 'LEADS'), 100), 'LEADS.snapshot has 100 bytes, not'],
    ['with a flipped byte', () => flip(fileOf(folder, 'LEADS')), 'LEADS.snapshot is not what was written'],
    [
      'whose keys were removed for their age',
      () => rm(join(folder, 'keys'), { recursive: true }),
      'KV_keys.snapshot is missing',
    ],
  ])('%s fails before anything is brought', async (_, spoil, words) => {
    await spoil();
    await expect(drill(target, folder)).rejects.toThrow(words);
    expect(await namesIn(target)).toEqual([]);
  });

  it('without keys judges the fields in clear, by its option', async () => {
    await rm(join(folder, 'keys'), { recursive: true });
    expect(await drill(target, folder, { withKeys: false })).toMatchObject({ proven: true, events: 4 });
  });
});
