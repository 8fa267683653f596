import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { provision } from '@leadstream/eventlog/provision';
import { claimed, erased, nextPlanned } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { readClaims } from '@leadstream/verify/claims';
import { heldClaims } from '@leadstream/verify/restored';
import { deleteStreams, dial, fill, holdOf, lastIn, leadOf, logOf } from './testing/backup.ts';
import { disturbed } from './testing/erasure.ts';
import { makeBackup } from './backup.ts';
import { erasedSinceHeld } from './restore-erased.ts';
import { loadBackup, type LoadOptions } from './restore-load.ts';
import { MarkWriter, mustBeWhole, openGuard } from './restore-mark.ts';

let nats: Server;
let target: Broker;
let folder: string;

beforeAll(async () => {
  nats = await startNats();
  target = await dial(nats.url);
  folder = await mkdtemp(join(tmpdir(), 'leadstream-load-'));
  await fill(target);
  await makeBackup(target, folder, { withKeys: true });
});
afterAll(async () => {
  await target?.close();
  await nats?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(() => deleteStreams(target));

const load = (options: Partial<LoadOptions> = {}) =>
  loadBackup(target, folder, { existing: 'refuse', withKeys: true, ...options });

describe('a load', () => {
  it('that has ended is a new load when it is repeated: existing streams are not its own', async () => {
    await load();
    await new GuardRecords(target, 1).change((now) => now && { ...now, hold: null });
    await expect(load()).rejects.toThrow('nothing was changed: KV_sequences, PUBLIC, LEADS, INTAKE are there');
    expect(await holdOf(target)).toBeNull();
    await logOf(target).decide(leadOf(2), 'of now', () => nextPlanned());
    await (await target.jsm()).streams.delete('INTAKE');
    expect((await load({ existing: 'keep' })).loaded).toContain('INTAKE');
    expect([await lastIn(target, 'LEADS'), await lastIn(target, 'INTAKE')]).toEqual([5, 6]);
    await load({ existing: 'replace' });
    expect(await lastIn(target, 'LEADS')).toBe(4);
  });

  it('that keeps LEADS holds it at its own end: claims since the backup are right, erasures known', async () => {
    await load();
    await new GuardRecords(target, 1).change((now) => now && { ...now, hold: null });
    await logOf(target).decide(leadOf(2), 'claim', () => claimed('send-1', { runId: 'run-2' }));
    await logOf(target).decide(leadOf(1), 'erasure', () => erased);
    await (await target.jsm()).streams.delete('INTAKE');
    await load({ existing: 'keep' });
    const hold = await holdOf(target);
    expect(hold).toMatchObject({ endSeq: 6, backupSeq: 4 });
    const confirms = [{ was: 'e-1', seq: 6, hold }];
    const record = { epoch: 'e-2', created: '', hold: null, confirms };
    const { claims } = readClaims(await logOf(target).history(leadOf(2)));
    expect(claims).toHaveLength(1);
    expect(heldClaims(leadOf(2), claims, { created: '', record, witnessed: [] })).toEqual([]);
    expect(await erasedSinceHeld(target, hold!)).toEqual([leadOf(1)]);
  });

  it('of PUBLIC alone has the projector publish again what the kept streams have caused since', async () => {
    await load();
    const { streams, consumers } = await target.jsm();
    for (const durable of ['outcomes', 'projector-1']) await durableConsumer(target, { stream: 'LEADS', durable });
    await durableConsumer(target, { stream: 'QUARANTINE', durable: 'refusals' });
    const left = async () => (await Promise.all(['LEADS', 'QUARANTINE'].map((name) => consumersOf(name)))).flat();
    const consumersOf = async (stream: string) => {
      const names: string[] = [];
      for await (const { name } of consumers.list(stream)) names.push(name);
      return names.sort();
    };
    await streams.delete('QUARANTINE');
    await load({ existing: 'keep' });
    expect(await left()).toEqual(['outcomes', 'projector-1', 'scheduler']);
    await streams.delete('PUBLIC');
    expect((await load({ existing: 'keep' })).loaded).toEqual(['PUBLIC', 'QUARANTINE', 'FEEDBACK']);
    expect(await left()).toEqual(['projector-1', 'scheduler']);
    expect((await consumers.info('PUBLIC', 'shop')).num_pending).toBe(2);
  });

  it('ends when another one continues the same mark, with an equal text', async () => {
    const guard = await openGuard(target, 1);
    const at = new Date().toISOString();
    const mark = { backup: crypto.randomUUID(), takenAt: at, at, cleared: [], done: [], finished: false };
    const [one, other] = [await MarkWriter.begin(target, guard), await MarkWriter.begin(target, guard)];
    await one.write(mark);
    await expect(other.write(mark)).rejects.toThrow('another load has begun meanwhile');
    await one.write(mark);
  });

  it('ends when another one begins, before any of its marks, so that no two backups are mixed', async () => {
    const other = await mkdtemp(join(tmpdir(), 'leadstream-load-'));
    await load();
    await logOf(target).decide(leadOf(2), 'later', () => nextPlanned());
    await makeBackup(target, other, { withKeys: true });
    // Its first write, the hold, follows its look at the other's mark at once.
    let writes = 1;
    for (let isReached = true; isReached; writes += 4) {
      await deleteStreams(target);
      const happens = async () => void (await loadBackup(target, other, { existing: 'replace', withKeys: true }));
      const { broker, reached } = disturbed(target, { at: writes, isWritten: false, happens });
      const first = await loadBackup(broker, folder, { existing: 'refuse', withKeys: true }).catch(String);
      isReached = reached();
      if (isReached) expect(first).toBe('Error: another load has begun meanwhile: this one ends');
      await mustBeWhole(target, 1);
      expect([await lastIn(target, 'LEADS'), (await holdOf(target))?.endSeq]).toEqual(isReached ? [5, 5] : [4, 4]);
    }
    expect(writes).toBeGreaterThan(10);
    await rm(other, { recursive: true });
  });

  it('that was interrupted loads again what was lost since, and counts as whole after its end', async () => {
    const { streams } = await target.jsm();
    await streams.add({ name: 'IN_THE_WAY', subjects: ['lead.created'] });
    await expect(load()).rejects.toThrow('INTAKE: restore failed');
    await expect(mustBeWhole(target, 1)).rejects.toThrow('was cut off: leadctl restore load again');
    await Promise.all(['IN_THE_WAY', 'LEADS'].map((name) => streams.delete(name)));
    // Created in the way of a running service.
    await provision(target, { replicas: 1, streams: ['LEADS'] });
    await load();
    expect([await lastIn(target, 'LEADS'), await lastIn(target, 'INTAKE')]).toEqual([4, 6]);
    await mustBeWhole(target, 1);
  });
});
