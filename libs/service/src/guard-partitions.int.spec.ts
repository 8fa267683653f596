import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { logStreams } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { partitionsOf } from '@leadstream/eventlog/partitions';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { advanceWitness, readWitness } from '@leadstream/projection/witness';
import { triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { RestoreGuard } from './guard.ts';
import { Health } from './health.ts';
import { LeadLog } from './lead-log.ts';
import { Metrics } from './metrics.ts';

const HOUR = 3_600_000;
const PARTITIONS = 4;
const names = logStreams(PARTITIONS).map(({ stream }) => stream);
/** The n-th lead of a partition. */
const leadOf = (partition: number, n = 0) => `0000000${partition + PARTITIONS * n}-0000-8000-8000-000000000001`;

describe('the restore guard of a log of 4 partitions', () => {
  let nats: Server;
  let broker: Broker;
  let mongo: MongoClient;
  let made: RestoreGuard[];
  const records = () => new GuardRecords(broker, 1);
  const hold = async () => (await records().read())?.hold;

  const guard = (keeps = false): RestoreGuard => {
    const one = new RestoreGuard({
      broker,
      db: mongo.db(),
      records: records(),
      health: new Health(),
      metrics: new Metrics('test'),
      log: pino({ level: 'silent' }),
      service: keeps ? 'projector' : 'sender',
      everyMs: HOUR,
      gapMs: HOUR,
      keeps,
    });
    made.push(one);
    one.onApplicationBootstrap();
    return one;
  };
  const stopAll = async () => {
    for (const one of made.splice(0)) await one.onApplicationShutdown();
  };
  const append = async (watch: RestoreGuard, leadId: string): Promise<Recorded> => {
    const log = new LeadLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant(), watch });
    const outcome = await log.decide(leadId, crypto.randomUUID(), () => triaged());
    if ('nothing' in outcome) throw new Error(outcome.nothing);
    return outcome.event;
  };
  const projected = async (): Promise<RestoreGuard> => {
    const projector = guard(true);
    await eventually(() => projector.open);
    const events: Recorded[] = [];
    for (const [partition, n] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 0],
    ] as const)
      events.push(await append(projector, leadOf(partition, n)));
    await projector.advance(events);
    return projector;
  };
  const seen = async (index: number) => (await readWitness(mongo.db(), names[index] ?? ''))?.highSeq;

  beforeEach(async () => {
    made = [];
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test', answerMs: 1_000, partitions: PARTITIONS }, silentLog);
    await broker.ready();
    mongo = await new MongoClient(mongoDatabase('guard-partitions').uri).connect();
    await provision(broker, { replicas: 1, streams: ['LEADS'], partitions: PARTITIONS });
  });
  afterEach(async () => {
    await stopAll();
    await broker.close();
    await mongo.db().dropDatabase();
    await mongo.close();
    await nats.stop();
  });

  it('goes on by one witness a partition, which an event of a shorter one does not close', async () => {
    const projector = await projected();
    expect(await Promise.all(names.map((_, index) => seen(index)))).toEqual([2, 1, 1, 0]);
    const later = await append(projector, leadOf(3));
    expect([later.seq, projector.open]).toEqual([1, true]);
    await projector.advance([later]);
    expect(await seen(3)).toBe(1);
    const sender = guard();
    await eventually(() => sender.open);
    expect(await records().read()).toMatchObject({ witnessed: true, hold: null });
  });

  it.each([
    ['is behind', 5, 'LEADS-2of4 ends at 1, 5 was seen', [0, 0, 5, 0]],
    ['is a fork', 1, 'another event is at 1 than was seen there', [0, 0, 1, 0]],
  ])('holds all sending when one of them %s', async (_, seq, why, highSeq) => {
    await projected();
    await stopAll();
    const witness = await readWitness(mongo.db(), 'LEADS-2of4');
    await mongo
      .db()
      .collection<{ _id: string }>('guard')
      .updateOne({ _id: 'LEADS-2of4' }, { $set: { highId: 'lost' } });
    await advanceWitness(mongo.db(), 'LEADS-2of4', witness!, { seq, id: 'lost' });
    const sender = guard();
    await eventually(() => sender.why.includes(why));
    await eventually(hold);
    expect([sender.open, await hold()]).toEqual([false, expect.objectContaining({ endSeq: [2, 1, 1, 0], highSeq })]);
  });

  it('holds all sending when one of them was made anew while the process is connected', async () => {
    const projector = await projected();
    const { streams } = await broker.jsm();
    await streams.delete('LEADS-0of4');
    await streams.add({ name: 'LEADS-0of4', subjects: ['leads-0.*.*'], allow_direct: true });
    await append(projector, leadOf(0, 2));
    expect(projector.open).toBe(false);
    await eventually(hold);
    expect(await hold()).toMatchObject({ reason: 'memory', endSeq: [1, 1, 1, 0], highSeq: [2, 1, 1, 0] });
  });

  it('holds all sending when MongoDB has lost the witness of one of them', async () => {
    await projected();
    await stopAll();
    await mongo.db().collection<{ _id: string }>('guard').deleteOne({ _id: 'LEADS-1of4' });
    const sender = guard();
    await eventually(() => sender.why.includes('LEADS-1of4 ends at 1, and MongoDB does not remember it'));
    expect(sender.open).toBe(false);
  });

  it('holds all sending when the whole log is lost, and a service has made one of another number', async () => {
    await projected();
    await stopAll();
    const { streams } = await broker.jsm();
    for (const name of [...names, 'KV_guard']) await streams.delete(name);
    await broker.close();
    broker = Broker.open({ servers: nats.url, name: 'test', answerMs: 1_000, partitions: partitionsOf }, silentLog);
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const [sender, projector] = [guard(), guard(true)];
    await eventually(() => sender.why.includes('MongoDB has seen LEADS-'));
    await eventually(hold);
    expect([broker.partitions, sender.open, projector.open]).toEqual([1, false, false]);
    expect(await hold()).toMatchObject({ reason: 'epoch', endSeq: 0 });
  });

  it('has a record that a build from before partitions cannot read: it holds, and records nothing', async () => {
    const { created } = await logEnd(broker);
    const text = (await records().bucket.entry('log'))?.string() ?? '';
    expect(JSON.parse(text)).toMatchObject({ created: created.split(' ') });
    expect(await records().read()).toMatchObject({ created, witnessed: false });
  });

  it('waits while one of them is not there', async () => {
    await (await broker.jsm()).streams.delete('LEADS-3of4');
    const sender = guard();
    await eventually(() => sender.why === 'the log could not be judged yet');
    expect(sender.open).toBe(false);
  });

  it('begins the witnesses that a projector which died has left out', async () => {
    await projected();
    await stopAll();
    await mongo.db().collection<{ _id: string }>('guard').deleteOne({ _id: 'LEADS-2of4' });
    await records().change((now) => now && { ...now, witnessed: false });
    const projector = guard(true);
    await eventually(() => projector.open);
    expect(await Promise.all(names.map((_, index) => seen(index)))).toEqual([2, 1, 1, 0]);
  });
});
