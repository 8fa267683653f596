import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { dial, fill, logOf } from './testing/backup.ts';
import { makeBackup } from './backup.ts';
import { drill } from './restore-drill.ts';
import { loadBackup } from './restore-load.ts';
import { withBrokerAt } from './session.ts';

let source: Server;
let target: Server;
let brokers: [Broker, Broker];
let folder: string;
beforeAll(async () => {
  [source, target] = await Promise.all([startNats(), startNats()]);
  brokers = await Promise.all([dial(source.url), dial(target.url)]);
  folder = await mkdtemp(join(tmpdir(), 'leadstream-live-'));
  await fill(brokers[0]);
});
afterAll(async () => {
  await Promise.all((brokers ?? []).map((broker) => broker.close()));
  await Promise.all([source, target].map((server) => server?.stop()));
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  source.thaw();
});

describe('a backup', () => {
  it('that is made during writes ends at its manifest’s event, and has all events acknowledged before', async () => {
    const [from, to] = brokers;
    const log = logOf(from);
    let isOver = false;
    let count = 0;
    const append = () =>
      log.decide(`00000000-0000-8000-9000-${String(++count).padStart(12, '0')}`, `live-${count}`, () => ({
        type: 'lead.triaged',
        data: submission(),
      }));
    const write = async () => {
      while (!isOver) await append();
    };
    await append();
    const before = (await (await from.jsm()).streams.info('LEADS')).state.last_seq;
    const writing = write();
    const made = await makeBackup(from, folder, { withKeys: true });
    isOver = true;
    await writing;
    const { state } = made.parts.find(({ stream }) => stream === 'LEADS') ?? { state: { last_seq: 0 } };
    expect(state.last_seq).toBeGreaterThan(before);
    expect((await (await from.jsm()).streams.info('LEADS')).state.last_seq).toBeGreaterThan(state.last_seq);
    expect(made.lastEvent?.seq).toBe(state.last_seq);
    expect(await drill(to, folder)).toMatchObject({ proven: true, events: state.last_seq });
    await loadBackup(to, folder, { existing: 'refuse', withKeys: true });
    const { streams, consumers } = await to.jsm();
    expect((await streams.info('LEADS')).state.last_seq).toBe(state.last_seq);
    // No event counts as delivered that the backup lacks.
    expect((await consumers.info('LEADS', 'scheduler')).delivered.stream_seq).toBeLessThanOrEqual(state.last_seq);
  });
});

describe('a command', () => {
  it('ends when its NATS is gone, at any step', async () => {
    const waits = withBrokerAt(
      source.url,
      async (broker) => {
        const { promise } = Promise.withResolvers<never>();
        await source.kill();
        void broker.js();
        return promise;
      },
      300,
    );
    await expect(waits).rejects.toThrow(
      `NATS at ${source.url} gives no answer any more. What was done until now stays; call the command again`,
    );
    await source.restart();
  });

  it('continues when its NATS is back in time', async () => {
    const went = withBrokerAt(source.url, async (broker) => {
      await source.kill();
      await source.restart();
      await broker.ready();
      return (await (await broker.jsm()).streams.info('LEADS')).config.name;
    });
    expect(await went).toBe('LEADS');
  });
});
