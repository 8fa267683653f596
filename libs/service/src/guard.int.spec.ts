import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import type { Hold } from '@leadstream/contracts/guard';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { eventId } from '@leadstream/eventlog/ids';
import { provision } from '@leadstream/eventlog/provision';
import { advanceWitness, readWitness, replaceWitness } from '@leadstream/projection/witness';
import { enrolled, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { freePort, startNats, type Server } from '@leadstream/testing/servers';
import { leadFold } from '@leadstream/lead/evolve';
import { Collection, MongoClient } from 'mongodb';
import { pino } from 'pino';
import { RESTORE, RestoreGuard, type GuardParts } from './guard.ts';
import { Health } from './health.ts';
import { LeadLog } from './lead-log.ts';
import { Metrics } from './metrics.ts';

const HOUR = 3_600_000;
const HOLD: Hold = {
  reason: 'shorter',
  why: 'a test',
  at: '2026-11-23T09:00:00Z',
  by: 'a test',
  endSeq: 1,
  endAt: null,
  highSeq: 2,
};

describe('the restore guard', () => {
  let dir: string;
  let nats: Server;
  let broker: Broker;
  let mongo: MongoClient;
  let made: RestoreGuard[];
  let count: number;

  const guard = (over: Partial<GuardParts> = {}): RestoreGuard & { health: Health } => {
    const health = new Health();
    const one = new RestoreGuard({
      broker,
      db: mongo.db(),
      records: new GuardRecords(broker, 1),
      health,
      metrics: new Metrics('test'),
      log: pino({ level: 'silent' }),
      service: 'sender',
      everyMs: HOUR,
      gapMs: 10 * HOUR,
      ...over,
    });
    made.push(one);
    one.onApplicationBootstrap();
    return Object.assign(one, { health });
  };
  const end = async (one: RestoreGuard) => {
    made.splice(made.indexOf(one), 1);
    await one.onApplicationShutdown();
  };
  const open = (one: RestoreGuard) => eventually(() => one.open);
  const held = (one: RestoreGuard, words: string) => eventually(() => !one.open && one.why.includes(words));
  /** A new lead's event, reported to the guard. */
  const append = async (watch: RestoreGuard): Promise<Recorded> => {
    const log = new LeadLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant(), watch });
    const outcome = await log.decide(crypto.randomUUID(), eventId({ stream: 'INTAKE', seq: ++count }, 'triage'), () =>
      triaged(),
    );
    if ('nothing' in outcome) throw new Error(outcome.nothing);
    return outcome.event;
  };
  const serve = async () => {
    nats = await startNats({ dir: join(dir, 'live'), port });
  };
  let port: number;
  /** A copy of the disk; `restore` replaces the disk by it. */
  const copied = (name: string) => cp(join(dir, 'live'), join(dir, name), { recursive: true });
  const restore = async (name: string) => {
    await nats.kill();
    await rm(join(dir, 'live'), { recursive: true });
    await cp(join(dir, name), join(dir, 'live'), { recursive: true });
    await serve();
    await broker.ready();
  };

  beforeEach(async () => {
    [made, count] = [[], 0];
    dir = await mkdtemp(join(tmpdir(), 'leadstream-guard-'));
    port = await freePort();
    await serve();
    broker = Broker.open({ servers: nats.url, name: 'test', answerMs: 1_000 }, silentLog);
    await broker.ready();
    mongo = await new MongoClient(mongoDatabase('guard').uri).connect();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
  });
  afterEach(async () => {
    for (const one of [...made]) await end(one);
    await broker.close();
    await mongo.close();
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('opens for a new installation, and then the witness follows the projection and never moves back', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    const [first, second] = [await append(projector), await append(projector)];
    await projector.advance([second]);
    await projector.advance([first]);
    expect(await readWitness(mongo.db(), 'LEADS')).toMatchObject({ highSeq: second.seq, highId: second.id });
    expect(await new GuardRecords(broker, 1).read()).toMatchObject({ witnessed: true, hold: null });
  });

  it('records no hold while a new installation’s record and witness are written', async () => {
    const { streams } = await broker.jsm();
    for (const name of ['LEADS', 'KV_guard']) await streams.delete(name);
    const records = new GuardRecords(broker, 1);
    const [read, db] = [records.read.bind(records), mongo.db()];
    const collection = db.collection.bind(db);
    const [unrecorded, begun] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    // The record is read before there is a log, and the witness after the projector has written it.
    using first = jest.spyOn(records, 'read').mockImplementationOnce(async () => {
      const before = await read();
      unrecorded.resolve(undefined);
      return before;
    });
    using second = jest.spyOn(db, 'collection').mockImplementationOnce((...given) => {
      const witnesses = collection(...given);
      const findOne = witnesses.findOne.bind(witnesses) as (...asked: unknown[]) => Promise<never>;
      jest.spyOn(witnesses, 'findOne').mockImplementation(async (...asked: unknown[]) => {
        await begun.promise;
        return findOne(...asked);
      });
      return witnesses;
    });
    const sender = guard({ db, records });
    await unrecorded.promise;
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    await open(guard({ keeps: true }));
    begun.resolve(undefined);
    await open(sender);
    expect([await read(), first.mock.calls.length > 1, second.mock.calls.length > 0]).toEqual([
      expect.objectContaining({ witnessed: true, hold: null }),
      true,
      true,
    ]);
  });

  it('writes no document when MongoDB has lost the witness, and creates it anew', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    const event = await append(projector);
    await mongo.db().collection('guard').deleteMany({});
    await expect(projector.advance([event])).rejects.toThrow('MongoDB has no witness of this log');
    await open(projector);
    expect(await readWitness(mongo.db(), 'LEADS')).toMatchObject({ highSeq: event.seq, highId: event.id });
  });

  it('does not advance the witness of a new log by an answer for the replaced one', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    const [kept, lost] = [await append(projector), await append(projector)];
    const answered = Promise.withResolvers<undefined>();
    // oxlint-disable-next-line typescript/unbound-method -- called with its collection
    const { updateOne } = Collection.prototype;
    using slow = jest.spyOn(Collection.prototype, 'updateOne').mockImplementationOnce(async function (
      this: Collection,
      ...given
    ) {
      const answer = await updateOne.apply(this, given);
      await answered.promise;
      return answer;
    });
    const advanced = projector.advance([lost]);
    await eventually(async () => (await readWitness(mongo.db(), 'LEADS'))?.highSeq === lost.seq);
    expect(slow).toHaveBeenCalledTimes(1);
    const records = new GuardRecords(broker, 1);
    const { epoch: was = '' } = (await records.read()) ?? {};
    const confirm = { was, epoch: 'second', by: 'olga', at: kept.at, gap: 'skip', seq: kept.seq, hold: HOLD } as const;
    const { created = '' } = (await readWitness(mongo.db(), 'LEADS')) ?? {};
    await replaceWitness(mongo.db(), 'LEADS', {
      epoch: 'second',
      created,
      highSeq: kept.seq,
      highId: kept.id,
      at: new Date(),
    });
    await records.change((now) => now && { ...now, epoch: 'second', confirms: [confirm] });
    await eventually(() => projector['witnesses'][0]?.epoch === 'second');
    await open(projector);
    answered.resolve(undefined);
    await expect(advanced).rejects.toThrow('a log that was replaced');
    await projector.advance([{ ...lost, id: 'of the new log' }]);
    expect(await readWitness(mongo.db(), 'LEADS')).toMatchObject({ highSeq: lost.seq, highId: 'of the new log' });
  });

  it('records the time of the restored log’s last event, also where a later one was deleted', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    const [kept, deleted] = [await append(projector), await append(projector)];
    await (await broker.jsm()).streams.deleteMessage('LEADS', deleted.seq);
    await copied('backup');
    await projector.advance([await append(projector)]);
    await restore('backup');
    const records = new GuardRecords(broker, 1);
    await eventually(async () => (await records.read())?.hold);
    expect((await records.read())?.hold).toMatchObject({ endSeq: deleted.seq, endAt: kept.at });
  });

  it('holds when an older folder is restored, logs and records it, and opens again only by the record', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    await append(projector);
    await copied('backup');
    const lost = await append(projector);
    await projector.advance([lost]);
    await restore('backup');
    await held(projector, 'log ends at 1, 2 was seen; leadctl restore status');
    expect((await projector.health.report()).checks['log']).toBe('log ends at 1, 2 was seen; leadctl restore status');
    const records = new GuardRecords(broker, 1);
    await eventually(async () => (await records.read())?.hold);
    expect((await records.read())?.hold).toMatchObject({
      endSeq: 1,
      highSeq: 2,
      reason: expect.stringMatching(/shorter|memory/),
    });
    await expect(projector.advance([{ ...lost, seq: 9, id: 'another' }])).rejects.toThrow('log ends at 1');
    expect(await readWitness(mongo.db(), 'LEADS')).toMatchObject({ highSeq: 2 });
    // Other processes, after a restart of everything and a loss of MongoDB.
    await mongo.db().dropDatabase();
    await held(guard(), 'log ends at 1, 2 was seen');
    const confirm = {
      epoch: 'e-2',
      by: 'olga',
      at: new Date().toISOString(),
      hold: null,
      gap: 'skip' as const,
      seq: 1,
    };
    await records.change(
      (now) =>
        now && { ...now, epoch: 'e-2', hold: null, witnessed: false, confirms: [{ ...confirm, was: now.epoch }] },
    );
    await open(guard());
    await open(projector);
  });

  it('holds when a fork of the log has overtaken what was seen', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    await copied('backup');
    await projector.advance([await append(projector)]);
    await end(projector);
    await restore('backup');
    const without = {
      highSeqFor: () => 0,
      appended: () => undefined,
      onChange: () => undefined,
    } as unknown as RestoreGuard;
    for (let event = 0; event < 3; event++) await append(without);
    await held(guard(), 'another event is at 1 than was seen there');
  });

  it('closes at once when an event is appended below the log’s known end: a restore while connected', async () => {
    const sender = guard({ keeps: true });
    await open(sender);
    for (let event = 0; event < 3; event++) await append(sender);
    const jsm = await broker.jsm();
    await jsm.streams.delete('LEADS');
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    expect(sender.open).toBe(true);
    const isOpen = sender.openSince();
    expect(isOpen()).toBe(true);
    await append(sender);
    expect([sender.open, isOpen()]).toEqual([false, false]);
    await held(sender, 'leadctl restore status');
  });

  it('drops cached states once the log may be another one', async () => {
    const sender = guard({ keeps: true });
    await open(sender);
    const options = { source: 'test', now: () => Temporal.Now.instant() };
    const log = new LeadLog(broker, leadFold, { ...options, watch: sender });
    const leadId = crypto.randomUUID();
    await log.decide(leadId, 'lost-1', () => triaged());
    await log.decide(leadId, 'lost-2', () => enrolled());
    await (await broker.jsm()).streams.delete('LEADS');
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const restored = await new LeadLog(broker, leadFold, options).decide(leadId, 'kept-1', () => triaged());
    if ('nothing' in restored) throw new Error(restored.nothing);
    sender.doubt('a reconnect');
    const answer = await log.answer(restored.event, 'plan', ({ phase }) => ({
      nothing: 'wrong-phase',
      detail: phase.kind,
    }));
    expect(answer).toMatchObject({ detail: 'enrolling', after: { lastId: 'kept-1' } });
  });

  it('holds a start after a gap without a heartbeat or a clean stop: both stores may be old', async () => {
    const often = { everyMs: 100, gapMs: 1_000 };
    const one = guard({ keeps: true, ...often });
    await open(one);
    await append(one);
    await copied('backup');
    await end(one);
    await open(guard(often));
    for (const each of [...made]) await end(each);
    const { at } = (await new GuardRecords(broker, 1).alive()) ?? { at: '' };
    await eventually(() => Date.now() - Date.parse(at) > often.gapMs + often.everyMs);
    const later = guard(often);
    await open(later);
    await end(later);
    await restore('backup');
    const quiet = guard({ ...often, gapMs: Infinity });
    await open(quiet);
    await end(quiet);
    await restore('backup');
    await held(guard(often), 'nothing is known since');
  });

  it('records no hold anew when an operator confirms while a starting service reads what is known', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    await append(projector);
    await end(projector);
    const records = new GuardRecords(broker, 1);
    const [read, alive] = [records.read.bind(records), records.alive.bind(records)];
    await records.hold(await records.read(), 'any', HOLD);
    await records.beat({ at: new Date(Date.now() - 20 * HOUR).toISOString(), by: 'a copy' });
    const confirmed = async () => {
      await records.beat({ at: new Date().toISOString(), by: 'leadctl', left: true });
      await records.change((now) => now && { ...now, hold: null });
    };
    // The confirm comes after the first read of the record, and after the heartbeat where that is read first.
    let heartbeat: ReturnType<GuardRecords['alive']> | undefined;
    jest.spyOn(records, 'alive').mockImplementationOnce(() => (heartbeat = alive()));
    jest.spyOn(records, 'read').mockImplementationOnce(async () => {
      const [before] = await Promise.all([read(), heartbeat]);
      jest.restoreAllMocks();
      await confirmed();
      return before;
    });
    const sender = guard({ records });
    await eventually(() => sender.open || sender.why.includes(RESTORE));
    expect([sender.why, (await read())?.hold]).toEqual(['', null]);
  });

  it('records no hold anew when another service’s hold is confirmed while this one judges', async () => {
    const projector = guard({ keeps: true });
    await open(projector);
    const kept = await append(projector);
    await end(projector);
    const seen = await readWitness(mongo.db(), 'LEADS');
    await advanceWitness(mongo.db(), 'LEADS', seen!, { seq: 9, id: 'lost' });
    const records = new GuardRecords(broker, 1);
    const [read, alive] = [records.read.bind(records), records.alive.bind(records)];
    const confirmed = async () => {
      await records.hold(await read(), seen!.created, HOLD);
      const { epoch: was, created } = seen!;
      const confirm = {
        was,
        epoch: 'second',
        by: 'olga',
        at: kept.at,
        gap: 'skip',
        seq: kept.seq,
        hold: HOLD,
      } as const;
      await replaceWitness(mongo.db(), 'LEADS', { ...seen!, epoch: 'second', highSeq: kept.seq, highId: kept.id });
      await records.change((now) => now && { ...now, epoch: 'second', created, confirms: [confirm], hold: null });
    };
    // After the record and the witness were read, and before the end of the log.
    using judging = jest.spyOn(records, 'alive').mockImplementationOnce(async () => {
      await confirmed();
      return alive();
    });
    const sender = guard({ records });
    await eventually(
      async () => sender.open || (judging.mock.calls.length > 0 && (await read())?.hold?.by === 'sender'),
    );
    expect([sender.open, (await read())?.hold]).toEqual([true, null]);
  });

  it('stays closed until MongoDB has answered once, and stays open when MongoDB is unavailable later', async () => {
    const away = new MongoClient('mongodb://127.0.0.1:1/guard', { serverSelectionTimeoutMS: 50 });
    const projector = guard({ keeps: true });
    await open(projector);
    await append(projector);
    const fresh = guard({ db: away.db() });
    await eventually(() => fresh.why.includes('MongoDB'));
    expect(fresh.open).toBe(false);
    const parts = projector['parts'] as { db: unknown };
    parts.db = away.db();
    projector.doubt('a reconnect');
    await open(projector);
    await away.close();
  });
});
