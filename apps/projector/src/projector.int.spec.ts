import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { initial } from '@leadstream/lead/state';
import { PROJECTOR, type LeadDocument } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { RestoreGuard } from '@leadstream/service/guard';
import { readWitness } from '@leadstream/projection/witness';
import { start, type Running } from '@leadstream/service/start';
import { enrolled, replied, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { LEAD_ID } from '@leadstream/testing/given';
import { startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { MongoClient, type Collection } from 'mongodb';
import { projector } from './projector.module.ts';

describe('the projector', () => {
  let nats: Server;
  let mongo: Server;
  let broker: Broker;
  let service: Running;
  const lines: Record<string, unknown>[] = [];
  const consumer = async () => (await broker.jsm()).consumers.info('LEADS', PROJECTOR);
  const repaired = async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    return Number(/leadstream_documents_behind_total\{[^}]*outcome="repaired"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0);
  };
  const failures = () => lines.filter(({ outcome }) => outcome === 'projecting again').length;

  const serve = async (over: Record<string, string> = {}) => {
    const logTo = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
    service = await start(
      projector,
      {
        NATS_URL: nats.url,
        MONGODB_URI: `${mongo.url}/leadstream`,
        HOST: '127.0.0.1',
        PORT: '0',
        PROJECTION_COMPARE_EVERY_MS: '100',
        ...over,
      },
      { logTo },
    );
    await service.ready;
  };

  beforeAll(async () => {
    [nats, mongo] = await Promise.all([startNats(), startMongo()]);
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    await serve();
  });
  afterAll(async () => {
    await service.stop();
    await broker.close();
    await Promise.all([nats.stop(), mongo.stop()]);
  });

  it('acknowledges an event only after it is stored, and stores it when MongoDB is back', async () => {
    await eventually(consumer);
    await mongo.kill();
    const log = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    const first = await log.append({ leadId: LEAD_ID, state: initial, version: 0, lastSeq: 0 }, triaged(), 'run-1');
    if ('conflict' in first) throw new Error('another process writes here');
    await log.append(first.after, enrolled(), 'enrolled');
    await eventually(() => failures() > 0);
    expect(await consumer()).toMatchObject({
      delivered: { stream_seq: 2 },
      ack_floor: { stream_seq: 0 },
      num_ack_pending: 2,
    });
    await mongo.restart();
    await eventually(async () => (await consumer()).ack_floor.stream_seq === 2);
    const client = await new MongoClient(mongo.url).connect();
    expect(await client.db('leadstream').collection<LeadDocument>('leads_1').findOne({ _id: LEAD_ID })).toMatchObject({
      version: 2,
      lastSeq: 2,
      phase: 'planned',
    });
    await client.close();
  });

  it('gives back a batch that it has in hand when the log is judged again', async () => {
    const seen = failures();
    const guard = service.app.get(RestoreGuard);
    await mongo.kill();
    const log = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    await log.append({ leadId: crypto.randomUUID(), state: initial, version: 0, lastSeq: 0 }, triaged(), 'run-2');
    await eventually(() => failures() > seen);
    guard.doubt('a reconnect');
    await eventually(() => guard.open);
    await eventually(async () => (await consumer()).num_redelivered > 0);
    expect(await consumer()).toMatchObject({ ack_floor: { stream_seq: 2 } });
    await mongo.restart();
    await eventually(async () => (await consumer()).ack_floor.stream_seq === 3);
  });

  it('repairs and reports a document that is missing, or behind the events it has acknowledged', async () => {
    const client = await new MongoClient(mongo.url).connect();
    const documents = client.db('leadstream').collection<LeadDocument>('leads_1');
    await eventually(() => documents.findOne({ _id: LEAD_ID, lastSeq: 2 }));
    const before = await repaired();
    await documents.deleteOne({ _id: LEAD_ID });
    await eventually(() => documents.findOne({ _id: LEAD_ID, lastSeq: 2, phase: 'planned' }));
    await eventually(async () => (await repaired()) > before);
    await eventually(() =>
      lines.some(({ msg, leadIds }) => msg === 'documents repaired' && (leadIds as string[]).includes(LEAD_ID)),
    );
    await client.close();
  });

  it.each<[string, (documents: Collection<LeadDocument>) => Promise<unknown>]>([
    ['folds anew', (documents) => documents.updateOne({ _id: LEAD_ID }, { $set: { stateVersion: 0 } })],
    ['repairs', (documents) => documents.deleteOne({ _id: LEAD_ID })],
  ])('advances the witness before a document that it %s', async (_, damage) => {
    await using client = await new MongoClient(mongo.url).connect();
    const db = client.db('leadstream');
    const documents = db.collection<LeadDocument>('leads_1');
    const first = (await (await broker.jsm()).streams.getMessage('LEADS', { seq: 1 }))?.header.get('ce-id');
    await service.stop();
    await db.collection('guard').updateOne({}, { $set: { highSeq: 1, highId: first } });
    await damage(documents);
    await serve();
    await eventually(() => documents.findOne({ _id: LEAD_ID, lastSeq: 2, stateVersion: leadFold.stateVersion }));
    expect(await readWitness(db, 'LEADS')).toMatchObject({ highSeq: 2 });
  });

  it('folds a document of another version anew after NATS was away at its start', async () => {
    await using client = await new MongoClient(mongo.url).connect();
    const documents = client.db('leadstream').collection<LeadDocument>('leads_1');
    await eventually(() => documents.findOne({ _id: LEAD_ID, stateVersion: leadFold.stateVersion }));
    await service.stop();
    await documents.updateOne({ _id: LEAD_ID }, { $set: { stateVersion: 0 } });
    // oxlint-disable-next-line typescript/unbound-method -- called with its projection
    const { refold } = Projection.prototype;
    using away = jest.spyOn(Projection.prototype, 'refold').mockImplementationOnce(async function (
      this: Projection<unknown>,
      ...given
    ) {
      await nats.kill();
      return refold.apply(this, given);
    });
    // A comparison would repair the document.
    await serve({ PROJECTION_COMPARE_EVERY_MS: '3600000' });
    await eventually(() => lines.some(({ msg }) => msg === 'documents could not be refolded'));
    expect(away).toHaveBeenCalledTimes(1);
    await nats.restart();
    await eventually(() => documents.findOne({ _id: LEAD_ID, stateVersion: leadFold.stateVersion }));
  });

  it('writes the other documents when a lead has lost its key and an event', async () => {
    await using client = await new MongoClient(mongo.url).connect();
    const documents = client.db('leadstream').collection<LeadDocument>('leads_1');
    const [broken, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const options = { source: 'test', now: () => Temporal.Now.instant() };
    const keys = new Keyring(broker, ['a secret of thirty-two characters at least']);
    const sealing = new EventLog(broker, leadFold, { ...options, keys });
    await service.stop();
    await sealing.decide(broken, 'broken-1', () => triaged());
    const second = await sealing.decide(broken, 'broken-2', () => enrolled());
    await sealing.decide(broken, 'broken-3', () => replied('human', { text: 'Call me' }));
    if (!('event' in second)) throw new Error('nothing was appended');
    await (await broker.jsm()).streams.deleteMessage('LEADS', second.event.seq);
    await new EventLog(broker, leadFold, options).decide(other, 'other-1', () => triaged());
    await serve();
    await eventually(() => documents.findOne({ _id: other }));
    await eventually(() =>
      lines.some(
        ({ leadId, outcome, err }) =>
          leadId === broken && outcome === 'delivered again' && (err as Error).message.includes('is missing'),
      ),
    );
  });
});
