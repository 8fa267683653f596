import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { provision } from '@leadstream/eventlog/provision';
import { beginWitness } from '@leadstream/projection/witness';
import { startNatsCluster, type Cluster } from '@leadstream/testing/cluster';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { RestoreGuard } from '@leadstream/service/guard';
import { Health } from '@leadstream/service/health';
import { Metrics } from '@leadstream/service/metrics';
import { heldOf } from './restore-held.ts';

const REPLICAS = 3;

let cluster: Cluster;
let broker: Broker;
let mongo: MongoClient;
const guards: RestoreGuard[] = [];
beforeAll(async () => {
  cluster = await startNatsCluster();
  broker = Broker.open({ servers: cluster.url, name: 'test', answerMs: 1_500 }, silentLog);
  mongo = await new MongoClient(mongoDatabase('guard').uri).connect();
  await broker.ready();
  await eventually(() => provision(broker, { replicas: REPLICAS, streams: ['LEADS'] }).then(() => true));
  await cluster.whole();
});
afterEach(async () => {
  for (const guard of guards.splice(0)) await guard.onApplicationShutdown();
});
afterAll(async () => {
  await broker?.close();
  await mongo?.close();
  await cluster?.stop();
});

const records = () => new GuardRecords(broker, REPLICAS);
function guard(suspicionMs: number, on = broker): RestoreGuard {
  const one = new RestoreGuard({
    broker: on,
    db: mongo.db(),
    records: new GuardRecords(on, REPLICAS),
    health: new Health(),
    metrics: new Metrics('test'),
    log: pino({ level: 'silent' }),
    service: 'sender',
    everyMs: 100,
    gapMs: Infinity,
    suspicionMs,
  });
  guards.push(one);
  one.onApplicationBootstrap();
  return one;
}
const leads = async () => (await broker.jsm()).streams.info('LEADS');

it('where LEADS has copies, a recreated log is held only after the suspicion has lasted', async () => {
  const { created } = await leads();
  await eventually(() =>
    records()
      .draw(created)
      .then(() => true),
  );
  const { epoch = '' } = (await records().read()) ?? {};
  await beginWitness(mongo.db(), 'LEADS', { epoch, created, highSeq: 0, highId: '', at: new Date() }, null);
  const patient = guard(Infinity);
  await eventually(() => patient.open);
  // A change of the stream's leader does not make it another stream.
  const leader = await cluster.leaderOf('LEADS');
  await leader.kill();
  await leader.restart();
  await cluster.whole();
  patient.doubt('a failover');
  await eventually(() => patient.open);
  expect((await leads()).created).toBe(created);

  await (await broker.jsm()).streams.delete('LEADS');
  await eventually(() => provision(broker, { replicas: REPLICAS, streams: ['LEADS'] }).then(() => true));
  await eventually(() => patient.why.endsWith('; looked at again') && patient.why.startsWith('LEADS was made anew at'));
  expect([patient.open, (await records().read())?.hold]).toEqual([false, null]);

  // An operator's command waits for the suspicion too, and ends without a hold.
  const record = await records().read();
  const asking = heldOf({ broker, db: mongo.db(), replicas: REPLICAS, records: records(), suspicionMs: 60_000 });
  const asked = Promise.withResolvers<void>();
  broker.connection().subscribe('$JS.API.STREAM.INFO.LEADS', { max: 1, callback: () => asked.resolve() });
  await asked.promise;
  const { created: anew } = await leads();
  await mongo
    .db()
    .collection('guard')
    .updateOne({}, { $set: { created: anew } });
  await records().change((now) => now && { ...now, created: anew });
  await expect(asking).rejects.toThrow('the log is not held: there is nothing to do');
  expect((await records().read())?.hold).toBeNull();
  await records().change(() => record);

  const brief = guard(300);
  // A second read may ask a follower that lags behind.
  const hold = await eventually(async () => (await records().read())?.hold);
  expect(hold).toMatchObject({ reason: 'recreated', by: 'sender' });
  await eventually(
    () => brief.why.endsWith('leadctl restore status') && patient.why.endsWith('leadctl restore status'),
  );
});
