import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { startNats, type Server } from '@leadstream/testing/servers';
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
});
