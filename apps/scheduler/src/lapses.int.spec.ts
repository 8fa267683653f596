import { expect, it } from '@jest/globals';
import { EventLog } from '@leadstream/eventlog/log';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { initial, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import type { LeadDocument } from '@leadstream/projection/collections';
import { LeadQueries } from '@leadstream/projection/queries';
import { logger } from '@leadstream/service/log';
import { Metrics } from '@leadstream/service/metrics';
import { Transitions } from '@leadstream/service/transitions';
import { submission, triaged } from '@leadstream/testing/builders';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats } from '@leadstream/testing/servers';
import { MongoClient } from 'mongodb';
import { Lapses } from './lapses.ts';

const PAST = '2020-01-01T00:00:00Z';
const { contact, zone, dossier } = submission();
const silent: LeadState = { ...initial, contact, zone, dossier, phase: { kind: 'completed' }, lastActivityAt: PAST };
const document = (_id: string, idleAt: string) => ({
  _id,
  state: JSON.stringify(silent),
  stateVersion: STATE_VERSION,
  version: 0,
  lastSeq: 0,
  idleAt: new Date(idleAt),
  updatedAt: new Date(idleAt),
});

it('comes to a lapsed lead behind any number of others whose documents stay behind their logs', async () => {
  const nats = await startNats();
  const broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  const mongo = await new MongoClient(mongoDatabase('lapses').uri).connect();
  try {
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    const leads = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    const behind = Array.from({ length: 250 }, (_, index) => `behind-${index}`);
    for (const id of behind) await leads.decide(id, id, () => triaged());
    const documents = [...behind.map((id) => document(id, PAST)), document('silent', '2021-01-01T00:00:00Z')];
    await mongo
      .db()
      .collection<LeadDocument>('leads_1')
      .insertMany(documents as unknown as LeadDocument[]);
    const planning = () => ({
      now: Temporal.Now.instant(),
      draw: () => 0,
      delayScale: 1,
      hours: BUSINESS_HOURS,
      sequence: () => undefined,
      isActive: () => true,
    });
    const transitions = new Transitions(logger('test', 'silent'), new Metrics('scheduler'));
    const lapses = new Lapses(new LeadQueries(mongo.db()), leads, planning, transitions, 0);
    for (let round = 0; round < 3; round++) await lapses.hunt(() => false);
    expect((await leads.history('silent')).map(({ type }) => type)).toEqual(['lead.lapsed']);
  } finally {
    await mongo.close();
    await broker.close();
    await nats.stop();
  }
});
