import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { GUARD_BUCKET, logStreams } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { provision } from '@leadstream/eventlog/provision';
import { enrolled, submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { beginWitness, readWitness } from '@leadstream/projection/witness';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { makeBackup } from './backup.ts';
import { readManifest, writeManifest } from './backup-folder.ts';
import { streamChecks } from './doctor/streams.ts';
import { loadBackup, type LoadOptions } from './restore-load.ts';
import { confirm } from './restore-confirm.ts';
import { shown, statusOf } from './restore-status.ts';
import { contentOf, deleteStreams, holdOf, lastIn, logOf, namesIn, put, STREAMS } from './testing/backup.ts';
import { command } from './testing/command.ts';

const PARTITIONS = 4;
const names = logStreams(PARTITIONS).map(({ stream }) => stream);
const leadOf = (partition: number) => `0000000${partition}-0000-8000-8000-000000000001`;

describe('the backup of a log of 4 partitions', () => {
  let servers: Server[];
  let [source, target]: Broker[] = [];
  let parent: string;
  let folder: string;
  const dial = async ({ url }: Server): Promise<Broker> => {
    const broker = Broker.open({ servers: url, name: 'backup test', partitions: partitionsOf }, silentLog);
    await broker.ready();
    return broker;
  };
  const load = (options: Partial<LoadOptions> = {}, from = folder) =>
    loadBackup(target!, from, { existing: 'refuse', withKeys: true, ...options });

  beforeAll(async () => {
    servers = await Promise.all([startNats(), startNats()]);
    [source, target] = await Promise.all(servers.map(dial));
    parent = await mkdtemp(join(tmpdir(), 'leadstream-backup-'));
    folder = join(parent, 'whole');
    await provision(source!, { replicas: 1, streams: [...STREAMS], partitions: PARTITIONS });
    const log = logOf(source!);
    for (const partition of [0, 1, 2, 3]) {
      const id = leadOf(partition);
      await log.decide(id, `run-${id}`, () => ({ type: 'lead.triaged', data: submission() }));
      if (partition === 2) await log.decide(id, `enrolled-${id}`, () => enrolled({}, `run-${id}`));
    }
    await makeBackup(source!, folder, { withKeys: true });
  });
  afterAll(async () => {
    for (const broker of [source, target]) await broker?.close();
    await Promise.all((servers ?? []).map((server) => server.stop()));
    if (parent) await rm(parent, { recursive: true, force: true });
  });
  afterEach(() => deleteStreams(target!));

  it('has each stream after the inputs, and is restored with its number and a hold of all their ends', async () => {
    const { parts, lastEvent } = await readManifest(folder);
    const order = parts.map(({ stream }) => stream);
    expect(order.slice(order.indexOf('INTAKE'))).toEqual(['INTAKE', 'FEEDBACK', 'QUARANTINE', ...names, 'PUBLIC']);
    await load();
    for (const stream of names) expect(await contentOf(target!, stream)).toEqual(await contentOf(source!, stream));
    expect([await partitionsOf(target!), await holdOf(target!)]).toEqual([
      PARTITIONS,
      expect.objectContaining({ reason: 'loaded', endSeq: [1, 1, 2, 1], endAt: lastEvent?.at }),
    ]);
  });

  it('brings its number into a bucket that services have made before there was a log', async () => {
    await put(target!, GUARD_BUCKET, ['alive']);
    await load();
    expect(await partitionsOf(target!)).toBe(PARTITIONS);
  });

  it('is of no use without one of its streams', async () => {
    const lacking = join(parent, 'lacking');
    await makeBackup(source!, lacking, { withKeys: true });
    const manifest = await readManifest(lacking);
    const parts = manifest.parts.filter(({ stream }) => stream !== 'LEADS-2of4');
    await writeManifest(lacking, { ...manifest, parts });
    await expect(load({}, lacking)).rejects.toThrow('the backup has no LEADS-2of4, so not the whole log');
    expect(await namesIn(target!)).toEqual([]);
  });

  it('is not made while one of the streams is lost', async () => {
    await load();
    await (await target!.jsm()).streams.delete('LEADS-3of4');
    target!.learn(PARTITIONS);
    await expect(makeBackup(target!, join(parent, 'lost'), { withKeys: true })).rejects.toThrow(
      'there is no stream LEADS-3of4',
    );
  });

  it('leaves out the stream that a release from before partitions has made beside them', async () => {
    await load();
    target!.learn(PARTITIONS);
    const { streams } = await target!.jsm();
    await streams.add({ name: 'LEADS', subjects: ['leads.*.*'] });
    const beside = join(parent, 'beside');
    const { parts } = await makeBackup(target!, beside, { withKeys: true });
    expect(parts.flatMap(({ stream }) => (stream.startsWith('LEADS') ? [stream] : []))).toEqual(names);
    const checks = await streamChecks(await target!.jsm(), { replicas: 1, partitions: PARTITIONS });
    expect(checks.filter(({ what }) => what.startsWith('LEADS is beside'))).toHaveLength(1);
  });

  it('is shown stream by stream, and confirmed with the end and a witness of each', async () => {
    await load();
    target!.learn(PARTITIONS);
    await using mongo = await new MongoClient(mongoDatabase('restore-partitions').uri).connect();
    const db = mongo.db();
    const records = new GuardRecords(target!, 1);
    const { epoch = '' } = (await records.read()) ?? {};
    const { created } = await logEnd(target!);
    for (const [index, stream] of names.entries()) {
      const witness = { epoch, created, highSeq: index === 2 ? 7 : 1, highId: 'seen', at: new Date() };
      await beginWitness(db, stream, witness, null);
    }
    const stores = { broker: target!, db, replicas: 1, records };
    const status = await statusOf(stores);
    expect(status).toMatchObject({ held: true, missing: { from: [2, 2, 3, 2], to: [1, 1, 7, 1] } });
    expect(shown(status)).toContain('missing  LEADS-2of4 3 to 7');
    expect(shown(status)).not.toContain('LEADS-0of4');
    await confirm(stores, { by: 'olga', gap: 'skip' });
    const record = await records.read();
    expect(record).toMatchObject({ hold: null, created, confirms: [expect.objectContaining({ was: epoch })] });
    const witnesses = await Promise.all(names.map((stream) => readWitness(db, stream)));
    expect(record?.confirms[0]?.seq).toEqual(witnesses.map((witness) => witness?.highSeq));
    expect(witnesses.map((witness) => witness?.epoch)).toEqual(names.map(() => record?.epoch));
    expect((await statusOf(stores)).verdict).toBe('goes on');
    await db.dropDatabase();
  });

  it('brings back the one stream that is lost, and keeps the others', async () => {
    await load();
    target!.learn(PARTITIONS);
    await logOf(target!).decide(leadOf(1), 'later', () => enrolled({}, `run-${leadOf(1)}`));
    await (await target!.jsm()).streams.delete('LEADS-2of4');
    expect(await load({ existing: 'keep' })).toMatchObject({ kept: expect.arrayContaining(['LEADS-1of4']) });
    expect(await Promise.all(names.map((stream) => lastIn(target!, stream)))).toEqual([1, 2, 2, 1]);
    expect(await holdOf(target!)).toMatchObject({ endSeq: [1, 2, 2, 1], backupSeq: [1, 1, 2, 1] });
  });

  it('is refused by a log of another number, which nothing has changed then', async () => {
    const other = Broker.open({ servers: servers[1]!.url, name: 'backup test' }, silentLog);
    await other.ready();
    await provision(other, { replicas: 1, streams: ['LEADS'] });
    await other.close();
    await expect(load({ existing: 'replace' })).rejects.toThrow(
      "the number of the log's streams is 1 there, and 4 in the backup",
    );
    expect([await namesIn(target!), await holdOf(target!)]).toEqual([['KV_guard', 'LEADS'], null]);
  });

  it('is restored by a drill, which reads all of its streams', async () => {
    const drilled = await command(['restore', 'drill', folder, '--nats', servers[1]!.url, '--json'], {});
    const { events, lastSeq } = JSON.parse(drilled.out) as { events: number; lastSeq: number[] };
    expect([events, lastSeq]).toEqual([5, [1, 1, 2, 1]]);
    expect(await namesIn(target!)).toEqual([]);
  });
});
