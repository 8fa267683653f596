import { mkdtemp, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ACCOUNTS_BUCKET, GUARD_BUCKET, KEYS, SEQUENCES_BUCKET } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { OperationsStream } from '@leadstream/eventlog/operations-stream';
import { provision } from '@leadstream/eventlog/provision';
import { openBucket } from '@leadstream/eventlog/bucket';
import { nextPlanned } from '@leadstream/testing/builders';
import { startProxy } from '@leadstream/testing/proxy';
import { startNats, type Server } from '@leadstream/testing/servers';
import { newestBackup } from './backup-age.ts';
import { fileOf, readManifest, type Manifest } from './backup-folder.ts';
import {
  contentOf,
  deleteStreams,
  dial,
  fill,
  flip,
  holdOf,
  lastIn,
  leadOf,
  logOf,
  namesIn,
  operated,
  put,
  STREAMS,
  valueOf,
} from './testing/backup.ts';
import { makeBackup } from './backup.ts';
import { drill } from './restore-drill.ts';
import { loadBackup, type LoadOptions } from './restore-load.ts';
import { LOAD_KEY } from './restore-mark.ts';

let servers: { source: Server; target: Server };
let source: Broker;
let target: Broker;
let parent: string;
let folder: string;

beforeAll(async () => {
  const [one, other] = await Promise.all([startNats(), startNats()]);
  servers = { source: one, target: other };
  [source, target] = await Promise.all([dial(one.url), dial(other.url)]);
  parent = await mkdtemp(join(tmpdir(), 'leadstream-backup-'));
  await fill(source);
});
afterAll(async () => {
  await Promise.all([source, target].map((broker) => broker?.close()));
  await rm(parent, { recursive: true, force: true });
  await Promise.all([servers?.source, servers?.target].map((server) => server?.stop()));
});
let backups = 0;
beforeEach(() => {
  folder = join(parent, String(++backups));
});
afterEach(() => deleteStreams(target));

const backup = (withKeys = true) => makeBackup(source, folder, { withKeys });
const load = (options: Partial<LoadOptions> = {}) =>
  loadBackup(target, folder, { existing: 'refuse', withKeys: true, ...options });
const mark = async () =>
  JSON.parse((await valueOf(target, GUARD_BUCKET, LOAD_KEY))?.value ?? 'null') as { done: string[] } | null;

describe('a backup', () => {
  it('restores every message, header, time, gap and revision, and the consumers’ acknowledgements', async () => {
    const { parts } = await backup();
    expect(parts.map(({ stream }) => stream)).toEqual([
      'KV_guard',
      'KV_accounts',
      'KV_sequences',
      'OPERATIONS',
      'INTAKE',
      'FEEDBACK',
      'QUARANTINE',
      'LEADS',
      'PUBLIC',
      'KV_keys',
    ]);
    await load();
    for (const { stream } of parts.filter(({ stream: name }) => name !== 'KV_guard')) {
      expect([stream, await contentOf(target, stream)]).toEqual([stream, await contentOf(source, stream)]);
    }
    expect(await valueOf(target, SEQUENCES_BUCKET, 'nurture.active')).toEqual({ value: 'then', revision: 3 });
    expect(await valueOf(target, GUARD_BUCKET, 'epoch')).toEqual(await valueOf(source, GUARD_BUCKET, 'epoch'));
    expect((await contentOf(target, 'LEADS')).consumers).toEqual([
      { name: 'scheduler', delivered: 2, floor: 1, num_pending: 2 },
    ]);
    // The log continues at the same sequence.
    const { version } = await logOf(target).load(leadOf(2));
    expect(version).toBe(2);
    expect(await logOf(target).decide(leadOf(2), 'next', () => nextPlanned())).toMatchObject({
      event: { seq: 5, version: 3 },
    });
  });

  it('is refused into a folder that is not empty', async () => {
    await backup();
    await expect(backup()).rejects.toThrow('is not empty');
  });

  it('of no log is refused', async () => {
    await expect(makeBackup(target, folder, { withKeys: true })).rejects.toThrow('there is no stream LEADS');
    await expect(stat(folder)).rejects.toThrow();
  });

  /** A backup whose connection is cut at the first bytes of INTAKE, so many times. */
  const cutOff = async (times: number): Promise<Manifest> => {
    const proxy = await startProxy(servers.source.port);
    const broker = await dial(`nats://127.0.0.1:${proxy.port}`);
    let left = times;
    let isCut = false;
    const onProgress = (stream: string, bytes: number): void => {
      // The bytes of the snapshot that was cut off are taken back before the next one begins.
      if (bytes < 0) isCut = false;
      else if (stream === 'INTAKE' && !isCut && left > 0) {
        left--;
        isCut = true;
        proxy.cut();
        proxy.heal();
      }
    };
    try {
      return await makeBackup(broker, folder, { withKeys: true, onProgress });
    } finally {
      await broker.close();
      await proxy.stop();
    }
  };

  it('takes a stream again whose snapshot lost its connection', async () => {
    const { parts } = await cutOff(1);
    expect(parts.map(({ stream }) => stream)).toEqual(expect.arrayContaining(['INTAKE', 'LEADS']));
    await load();
  });

  it('that loses its connection three times is incomplete', async () => {
    await expect(cutOff(3)).rejects.toThrow('INTAKE: the snapshot was cut off: the connection was lost');
    await expect(load()).rejects.toThrow('has no manifest.json, which is written last');
    expect(await namesIn(target)).toEqual([]);
  });
});

describe('a backup is refused before anything is changed when', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['it was cut off', () => rm(join(folder, 'manifest.json')), 'has no manifest.json'],
    ['its manifest was', () => truncate(join(folder, 'manifest.json'), 300), 'manifest.json cannot be read'],
    ['a file is missing', () => rm(fileOf(folder, 'LEADS')), 'LEADS.snapshot is missing'],
    ['a file is too short', () => truncate(fileOf(folder, 'LEADS'), 100), 'LEADS.snapshot has 100 bytes, not'],
    ['a byte is another one', () => flip(fileOf(folder, 'INTAKE')), 'INTAKE.snapshot is not what was written'],
    ['it is not there', () => rename(folder, `${folder}-elsewhere`), 'there is no folder'],
    ['its keys are gone', () => rm(join(folder, 'keys'), { recursive: true }), 'KV_keys.snapshot is missing'],
  ])('%s', async (_, spoil, words) => {
    await backup();
    await spoil();
    await expect(load()).rejects.toThrow(words);
    expect(await namesIn(target)).toEqual([]);
  });

  it('a stream exists', async () => {
    await backup();
    await provision(target, { replicas: 1, streams: ['LEADS'] });
    await logOf(target).decide(leadOf(9), 'another log', () => nextPlanned());
    await expect(load()).rejects.toThrow('nothing was changed: LEADS are there, and have messages');
    expect([await namesIn(target), await holdOf(target)]).toEqual([['KV_guard', 'LEADS'], null]);
  });
});

describe('a load', () => {
  it('replaces streams that services created empty', async () => {
    await backup();
    await provision(target, { replicas: 1, streams: [...STREAMS] });
    await openBucket(target, SEQUENCES_BUCKET, 1);
    expect(await load()).toMatchObject({
      kept: ['KV_guard'],
      loaded: expect.arrayContaining([...STREAMS, 'KV_sequences']),
    });
    expect(await lastIn(target, 'LEADS')).toBe(4);
  });

  it('keeps or replaces existing streams, by its option', async () => {
    await backup();
    await provision(target, { replicas: 1, streams: [...STREAMS] });
    for (let count = 0; count < 9; count++) await target.js().publish('feedback.test.event', 'of now');
    expect((await load({ existing: 'keep' })).kept).toEqual(['KV_guard', 'FEEDBACK']);
    expect([await lastIn(target, 'FEEDBACK'), await lastIn(target, 'LEADS')]).toEqual([9, 4]);
    await (await target.jsm()).streams.delete('KV_guard');
    expect((await load({ existing: 'replace' })).loaded).toEqual(expect.arrayContaining(['FEEDBACK']));
    expect([await lastIn(target, 'FEEDBACK'), await lastIn(target, 'LEADS')]).toEqual([0, 4]);
  });

  it('never replaces keys, the guard, the account or its history: the backup’s are outdated', async () => {
    await backup();
    await put(target, 'keys', [leadOf(7)], 'now');
    await put(target, GUARD_BUCKET, ['epoch'], 'now');
    await put(target, ACCOUNTS_BUCKET, ['sendgrid.paused'], 'now');
    await provision(target, { replicas: 1, streams: ['OPERATIONS'] });
    await operated(target, 'now');
    expect((await load({ existing: 'replace' })).kept).toEqual(['KV_guard', 'KV_accounts', 'OPERATIONS', 'KV_keys']);
    expect(await new OperationsStream(target).last('sendgrid', 5)).toMatchObject([{ why: 'now' }]);
    expect(await valueOf(target, 'keys', leadOf(1))).toBeNull();
    expect([
      await valueOf(target, GUARD_BUCKET, 'epoch'),
      await valueOf(target, ACCOUNTS_BUCKET, 'sendgrid.paused'),
    ]).toMatchObject([{ value: 'now' }, { value: 'now' }]);
  });

  it('replaces the guard’s bucket that services created empty', async () => {
    await backup();
    await openBucket(target, GUARD_BUCKET, 1);
    expect((await load()).loaded).toContain('KV_guard');
    expect(await valueOf(target, GUARD_BUCKET, 'epoch')).toMatchObject({ value: 'then' });
  });

  it('reports each step before it deletes anything', async () => {
    await backup();
    await load();
    await (await target.jsm()).streams.delete('KV_guard');
    const seen: string[] = [];
    for (const subject of ['$KV.guard.>', '$JS.API.STREAM.DELETE.*'])
      target.connection().subscribe(subject, { callback: (_error, message) => void seen.push(message.subject) });
    await load({ existing: 'replace' });
    expect(seen.slice(0, 4)).toEqual([
      '$KV.guard.log',
      '$KV.guard.load',
      '$KV.guard.load',
      '$JS.API.STREAM.DELETE.KV_sequences',
    ]);
  });

  it('holds all sending, and records its progress, before it loads anything else', async () => {
    await backup();
    // Equivalent to a crash: the first stream after the mark cannot be created.
    await (await target.jsm()).streams.add({ name: 'IN_THE_WAY', subjects: ['$KV.accounts.>'] });
    await expect(load()).rejects.toThrow('KV_accounts: restore failed');
    expect([await namesIn(target), (await mark())?.done]).toEqual([['IN_THE_WAY', 'KV_guard'], ['KV_guard']]);
    expect(await holdOf(target)).toMatchObject({
      reason: 'loaded',
      endSeq: 4,
      endAt: '2026-11-23T09:00:00Z',
      highSeq: null,
    });
  });

  it('replaces an earlier hold, which is about another log', async () => {
    await backup();
    const earlier = { why: 'seen', at: '2026-11-23T09:00:00Z', by: 'sender', endAt: null, highSeq: 80 };
    await new GuardRecords(target, 1).hold(null, '', { reason: 'shorter', endSeq: 36, ...earlier });
    await load();
    expect(await holdOf(target)).toMatchObject({ reason: 'loaded', endSeq: 4, highSeq: 80 });
  });

  it('that was interrupted continues, and keeps the messages stored since', async () => {
    await backup();
    const { streams } = await target.jsm();
    await streams.add({ name: 'IN_THE_WAY', subjects: ['lead.created'] });
    await expect(load()).rejects.toThrow('INTAKE: restore failed');
    expect((await mark())?.done).toEqual([
      'KV_guard',
      'KV_accounts',
      'KV_sequences',
      'OPERATIONS',
      'PUBLIC',
      'KV_keys',
      'LEADS',
      'QUARANTINE',
      'FEEDBACK',
    ]);
    // Meanwhile inbound appends feedback.
    await logOf(target).decide(leadOf(2), 'after the restore', () => nextPlanned());
    await streams.delete('IN_THE_WAY');
    expect(await load()).toMatchObject({ kept: [] });
    expect([await lastIn(target, 'LEADS'), await lastIn(target, 'INTAKE')]).toEqual([5, 6]);
    expect((await mark())?.done).toContain('INTAKE');
  });

  it('recognises a stream that it had loaded before it was killed without recording it', async () => {
    const { id } = await backup();
    await load();
    await logOf(target).decide(leadOf(2), 'after the restore', () => nextPlanned());
    const guard = await openBucket(target, GUARD_BUCKET, 1);
    const then = { ...(await mark()), backup: id, done: ['KV_guard'], cleared: ['KV_guard', 'LEADS'], finished: false };
    await guard.put(LOAD_KEY, JSON.stringify(then));
    await (await target.jsm()).streams.delete('INTAKE');
    await load({ existing: 'keep' });
    expect([await lastIn(target, 'LEADS'), await lastIn(target, 'INTAKE')]).toEqual([5, 6]);
  });

  it('loads a backup without keys by its option', async () => {
    await backup(false);
    expect((await readManifest(folder)).parts.map(({ stream }) => stream)).not.toContain(KEYS);
    await load();
    expect(await namesIn(target)).not.toContain(KEYS);
  });

  it('omits the keys of a backup that has lost them, by its option', async () => {
    await backup();
    await rm(join(folder, 'keys'), { recursive: true });
    await load({ withKeys: false });
    expect(await namesIn(target)).toEqual([
      'FEEDBACK',
      'INTAKE',
      'KV_accounts',
      'KV_guard',
      'KV_sequences',
      'LEADS',
      'OPERATIONS',
      'PUBLIC',
      'QUARANTINE',
    ]);
  });
});

describe('a drill', () => {
  it('verifies the backup’s log, and leaves no streams', async () => {
    await backup();
    expect(await drill(target, folder)).toMatchObject({ proven: true, events: 4, leads: { total: 2 } });
    expect(await namesIn(target)).toEqual([]);
  });

  it('takes the newest complete backup', async () => {
    const dated = (day: number) => join(parent, 'dated', `202611${day}T020000Z`);
    for (const day of [26, 27, 28]) await makeBackup(source, dated(day), { withKeys: true });
    await rm(join(dated(28), 'manifest.json'));
    expect(await newestBackup(join(parent, 'dated'))).toBe(dated(27));
    await expect(newestBackup(parent)).rejects.toThrow('there is no whole backup in');
  });

  it('refuses a NATS that is in use', async () => {
    await backup();
    await provision(target, { replicas: 1, streams: ['QUARANTINE'] });
    await expect(drill(target, folder)).rejects.toThrow('must be empty, and has QUARANTINE');
    expect(await namesIn(target)).toEqual(['QUARANTINE']);
  });
});

it('ends with the reason where a folder cannot be created', async () => {
  // Below /proc Node's recursive `mkdir` never returns.
  await expect(makeBackup(source, '/proc/leadstream/of/today', { withKeys: true })).rejects.toThrow(
    '/proc/leadstream/of/today is no folder that can be written (ENOENT)',
  );
  const deep = join(parent, 'not', 'there', 'yet');
  await makeBackup(source, deep, { withKeys: true });
  await expect(makeBackup(source, fileOf(deep, 'LEADS'), { withKeys: true })).rejects.toThrow('(ENOTDIR)');
});

it('keeps a backup and its keys unreadable for other users of the machine', async () => {
  await backup();
  const modes = await Promise.all(
    [folder, join(folder, 'keys'), fileOf(folder, 'LEADS'), fileOf(folder, KEYS), join(folder, 'manifest.json')].map(
      async (path) => (await stat(path)).mode & 0o777,
    ),
  );
  expect(modes.map((mode) => mode.toString(8))).toEqual(['700', '700', '600', '600', '600']);
  expect((await readdir(folder)).sort()).toEqual([
    'FEEDBACK.snapshot',
    'INTAKE.snapshot',
    'KV_accounts.snapshot',
    'KV_guard.snapshot',
    'KV_sequences.snapshot',
    'LEADS.snapshot',
    'OPERATIONS.snapshot',
    'PUBLIC.snapshot',
    'QUARANTINE.snapshot',
    'keys',
    'manifest.json',
  ]);
});
