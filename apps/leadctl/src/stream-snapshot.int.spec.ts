import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startNats } from '@leadstream/testing/servers';
import { connect } from '@nats-io/transport-node';
import { dial } from './testing/backup.ts';
import { restoreSnapshot } from './stream-snapshot.ts';

/** The last line counts: the test answers in the place of a cluster's other server. */
const WITHOUT_JETSTREAM = ['jetstream: disabled'];
const LATE_MS = 300;

it('a chunk for which no server listens yet is sent again, and none is taken twice', async () => {
  await using opened = new AsyncDisposableStack();
  const nats = await startNats({ configLines: WITHOUT_JETSTREAM });
  opened.defer(() => nats.stop());
  const broker = await dial(nats.url);
  opened.defer(() => broker.close());
  const server = await connect({ servers: nats.url });
  opened.defer(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'leadstream-snapshot-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'LEADS');
  await writeFile(path, 'a'.repeat(300_000));

  const described = {
    config: { name: 'LEADS', num_replicas: 1 },
    state: { messages: 1, bytes: 1, first_seq: 1, last_seq: 1 },
  };
  let taken = 0;
  const takes = () =>
    server.subscribe('restore.leads', {
      callback: (_, message) => {
        taken += message.data.length;
        message.respond(message.data.length === 0 ? JSON.stringify(described) : '');
      },
    });
  server.subscribe('$JS.API.STREAM.RESTORE.LEADS', {
    callback: (_, message) => {
      message.respond(JSON.stringify({ deliver_subject: 'restore.leads' }));
      setTimeout(takes, LATE_MS);
    },
  });
  await server.flush();

  await restoreSnapshot(broker, described, path);
  expect(taken).toBe(300_000);
});
