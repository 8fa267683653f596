import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startNatsCluster } from '@leadstream/testing/cluster';
import { eventually } from '@leadstream/testing/eventually';
import { provision } from '@leadstream/eventlog/provision';
import { contentOf, dial, fill, namesIn, STREAMS } from './testing/backup.ts';
import { makeBackup } from './backup.ts';
import { loadBackup } from './restore-load.ts';

it('three servers back up their streams, and load them with three copies', async () => {
  await using opened = new AsyncDisposableStack();
  const cluster = await startNatsCluster();
  opened.defer(() => cluster.stop());
  const broker = await dial(cluster.url);
  opened.defer(() => broker.close());
  const folder = await mkdtemp(join(tmpdir(), 'leadstream-backup-'));
  opened.defer(() => rm(folder, { recursive: true }));
  await eventually(() => provision(broker, { replicas: cluster.nodes.length, streams: [...STREAMS] }).then(() => true));
  await fill(broker, cluster.nodes.length);
  const streams = (await namesIn(broker)).filter((name) => name !== 'KV_guard');
  // On a cluster, pending deliveries count as not delivered; they are redelivered either way.
  const acknowledged = ({ consumers, ...content }: Awaited<ReturnType<typeof contentOf>>) => ({
    ...content,
    consumers: consumers.map(({ name, floor }) => [name, floor]),
  });
  const contents = () => Promise.all(streams.map(async (name) => [name, acknowledged(await contentOf(broker, name))]));
  // Between two leaders of a stream a request is answered by a 503.
  const was = await eventually(contents);

  await makeBackup(broker, folder, { withKeys: true });
  const jsm = await broker.jsm();
  for (const name of await namesIn(broker)) await jsm.streams.delete(name);
  // The server of a request and the leader of a stream can differ.
  await eventually(async () => (await namesIn(broker)).length === 0);
  await loadBackup(broker, folder, { existing: 'refuse', withKeys: true });
  await eventually(async () => {
    expect(await contents()).toEqual(was);
    return true;
  });
  expect((await jsm.streams.info('LEADS')).config.num_replicas).toBe(3);
});
