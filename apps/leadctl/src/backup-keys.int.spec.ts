import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { startNats, type Server } from '@leadstream/testing/servers';
import { newestBackup } from './backup-age.ts';
import { readManifest } from './backup-folder.ts';
import { dial, fill, leadOf, valueOf } from './testing/backup.ts';
import { command } from './testing/command.ts';

let source: Server;
let target: Server;
let brokers: Broker[];
let parent: string;
beforeAll(async () => {
  [source, target] = await Promise.all([startNats(), startNats()]);
  brokers = await Promise.all([dial(source.url), dial(target.url)]);
  parent = await mkdtemp(join(tmpdir(), 'leadstream-backup-'));
  if (brokers[0]) await fill(brokers[0]);
});
afterAll(async () => {
  await Promise.all((brokers ?? []).map((broker) => broker.close()));
  await rm(parent, { recursive: true, force: true });
  await Promise.all([source, target].map((server) => server?.stop()));
});

/** The options as the command line's parser names them. */
async function leadctl({ url }: Server, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await command([...args, '--json'], { NATS_URL: url });
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}
const shell = (cwd: string, script: string, word: string) =>
  promisify(execFile)('sh', ['-c', script, 'sh', word], { cwd });
const streamsIn = async (folder: string) => (await readManifest(folder)).parts.map(({ stream }) => stream);

describe('leadctl', () => {
  it('omits the keys with --without-keys, and includes them otherwise', async () => {
    const [full, without] = [join(parent, 'full'), join(parent, 'without')];
    await leadctl(source, 'backup', without, '--without-keys');
    expect(await streamsIn(without)).not.toContain(KEYS);
    await leadctl(source, 'backup', full);
    expect(await streamsIn(full)).toContain(KEYS);
    const { loaded } = await leadctl(target, 'restore', 'load', full);
    expect(loaded).toContain(KEYS);
    expect(brokers[1] && (await valueOf(brokers[1], 'keys', leadOf(1)))).toMatchObject({ value: 'then' });
  });

  it('completes a backup, names the older one that it cannot remove and ends with 2', async () => {
    const [dated, stuck, old] = ['dated', 'dated/20260101T000000Z', 'dated/20260102T000000Z'].map((name) =>
      join(parent, name),
    ) as [string, string, string];
    await Promise.all([stuck, old].map((folder) => mkdir(folder, { recursive: true })));
    // Deeper than a path may be long, which stops root too.
    await shell(stuck, 'for _ in $(seq 18); do mkdir "$1" && cd -P "$1" || exit; done', 'd'.repeat(250));
    const { code, out } = await command(['backup', dated, '--dated', '--keep', 'P29D', '--json'], {
      NATS_URL: source.url,
    });
    expect([code, JSON.parse(out)]).toEqual([
      2,
      expect.objectContaining({
        forgotten: [
          { folder: stuck, what: 'all', failed: 'ENAMETOOLONG' },
          { folder: old, what: 'all' },
        ],
      }),
    ]);
    expect(await newestBackup(dated)).toBe((JSON.parse(out) as { folder: string }).folder);
    await shell(parent, 'rm -r -- "$1"', stuck);
  });
});
