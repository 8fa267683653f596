import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { paused, resumed, triaged } from '@leadstream/testing/builders';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Test } from '@nestjs/testing';
import { Db, MongoClient } from 'mongodb';
import { clock } from './clock.ts';
import { CLOCK, CONFIG, STOPPING } from './injected.ts';
import { LeadLog, LeadMemory, provideLeadLog } from './lead-log.ts';
import { Metrics } from './metrics.ts';

const LEAD = '0ac2c2d7-0000-8000-8000-000000000001';

describe('the log of a service', () => {
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

  const logOf = async (client: MongoClient, memory: LeadMemory, metrics = new Metrics('triage')) => {
    const module = await Test.createTestingModule({
      providers: [
        ...provideLeadLog('triage', 'with keys'),
        { provide: LeadMemory, useValue: memory },
        { provide: Broker, useValue: broker },
        { provide: Db, useValue: client.db() },
        { provide: CLOCK, useValue: clock() },
        { provide: CONFIG, useValue: {} },
        { provide: STOPPING, useValue: new AbortController().signal },
        { provide: Metrics, useValue: metrics },
      ],
    }).compile();
    return module.get(LeadLog);
  };

  it.each([
    [true, ['find']],
    [false, []],
  ])('asks the read model for a long chain while a server is known: %s', async (connected, asked) => {
    const client = new MongoClient(mongoDatabase('lead-log').uri, { monitorCommands: true });
    await client.connect();
    const log = await logOf(client, new LeadMemory({ connected }));
    const leadId = crypto.randomUUID();
    for (const draft of [triaged(), paused, resumed, paused, resumed, paused, resumed])
      await log.decide(leadId, crypto.randomUUID(), () => draft);
    const cold = await logOf(client, new LeadMemory({ connected }));
    const commands: string[] = [];
    client.on('commandStarted', ({ commandName, command }) => {
      if (String(command['find']).startsWith('leads')) commands.push(commandName);
    });
    expect(await cold.load(leadId)).toMatchObject({ version: 7 });
    await client.close();
    expect(commands).toEqual(asked);
  });

  it('counts the appends that met another event, and no other', async () => {
    const metrics = new Metrics('triage');
    const log = await logOf(mongo, new LeadMemory(), metrics);
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
