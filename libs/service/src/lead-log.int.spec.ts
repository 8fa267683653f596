import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { paused, triaged } from '@leadstream/testing/builders';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Test } from '@nestjs/testing';
import { Db, MongoClient } from 'mongodb';
import { clock } from './clock.ts';
import { CLOCK, CONFIG, STOPPING } from './injected.ts';
import { LeadLog, LeadMemory, provideLeadLog } from './lead-log.ts';
import { Metrics } from './metrics.ts';

const LEAD = '0ac2c2d7-0000-8000-8000-000000000001';

describe('the conflicts of a service', () => {
  let nats: Server;
  let broker: Broker;
  let mongo: MongoClient;
  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    await provision(broker, { replicas: 1, streams: ['LEADS'] });
    mongo = new MongoClient(mongoDatabase('lead-log').uri);
  });
  afterAll(async () => {
    await Promise.all([broker.close(), mongo.close()]);
    await nats.stop();
  });

  it('count the appends that met another event, and no other', async () => {
    const metrics = new Metrics('triage');
    const module = await Test.createTestingModule({
      providers: [
        ...provideLeadLog('triage', 'with keys'),
        LeadMemory,
        { provide: Broker, useValue: broker },
        { provide: Db, useValue: mongo.db() },
        { provide: CLOCK, useValue: clock() },
        { provide: CONFIG, useValue: {} },
        { provide: STOPPING, useValue: new AbortController().signal },
        { provide: Metrics, useValue: metrics },
      ],
    }).compile();
    const log = module.get(LeadLog);
    const conflicts = async () =>
      /^leadstream_append_conflicts_total\{.*\} (\d+)$/m.exec(await metrics.exposition())?.[1];

    const before = await log.load(LEAD);
    expect(await log.append(before, triaged(), 'event-1')).toMatchObject({ event: { id: 'event-1' } });
    expect(await conflicts()).toBe('0');
    expect(await log.append(before, triaged(), 'event-2')).toEqual({ conflict: true });
    expect(await conflicts()).toBe('1');
    await log.decide(LEAD, 'event-3', () => paused);
    expect(await conflicts()).toBe('1');
  });
});
