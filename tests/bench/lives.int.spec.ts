import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { leadSubject } from '@leadstream/contracts/streams';
import { provisionAll } from '@leadstream/eventlog/provision';
import { startNats, type Server } from '@leadstream/testing/servers';
import { readLeads } from '@leadstream/verify/log';
import { verify } from '@leadstream/verify/verify';
import { Lives } from './lives.ts';

describe('leads that the bench writes', () => {
  let nats: Server;
  let broker: Broker;
  let lives: Lives;

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    await provisionAll(broker, 1);
    const keys = new Keyring(broker, ['a secret that wraps leads’ keys']);
    lives = await Lives.open(broker, keys, 'a secret of the tests', 'tests/bench/sequences');
    await lives.write(0, 20);
  });
  afterAll(async () => {
    await broker.close();
    await nats.stop();
  });

  it('are proven like those of the services: of ten, nine have had their mail, and one waits for it', async () => {
    const report = await verify(readLeads(broker), {
      overdueMs: 3_600_000,
      now: Temporal.Now.instant(),
    });
    expect(report).toMatchObject({
      proven: true,
      events: 18 * 7 + 2 * 2,
      leads: { total: 20, completed: 18 },
      claims: { total: 18, accepted: 18 },
    });
  });

  it('have sealed personal fields', async () => {
    const { direct } = await broker.jsm();
    const first = await direct.getMessage('LEADS', { last_by_subj: leadSubject(lives.idOf(0), 'triaged') });
    expect(first?.header.get('ce-type')).toBe('lead.triaged');
    expect(first?.string()).toContain('"sealed"');
    expect(first?.string()).not.toContain('example.com');
  });
});
