import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { answerVersions, BUILD, runningVersions } from './running-versions.ts';
import { VERSION_SUBJECT } from './rights/subjects.ts';

/** The answer of a build with another form. */
const FOREIGN = '{"v":2}';

let nats: Server;
const brokers: Broker[] = [];
async function dialled(): Promise<Broker> {
  const broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  brokers.push(broker);
  await broker.ready();
  return broker;
}
beforeAll(async () => {
  nats = await startNats();
});
afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.close()));
  await nats.stop();
});

describe('the versions of running processes', () => {
  it('are asked of all that are connected, and a stopped one is none of them', async () => {
    const asking = await dialled();
    expect(await runningVersions(asking, 200)).toEqual({ processes: [], unreadable: 0 });
    const stopping = new AbortController();
    const sender = answerVersions(await dialled(), ['sender', 'sms'], stopping.signal);
    const staying = new AbortController();
    const triage = answerVersions(await dialled(), ['triage'], staying.signal);
    const foreign = await dialled();
    foreign.connection().subscribe(VERSION_SUBJECT, { callback: (_, request) => void request.respond(FOREIGN) });
    await foreign.connection().flush();

    const own = { ...BUILD, host: hostname(), pid: process.pid, startedAt: expect.stringMatching(/Z$/) };
    await eventually(async () => (await runningVersions(asking, 200)).processes.length === 2);
    expect(await runningVersions(asking, 500)).toEqual({
      processes: [
        { services: ['sender', 'sms'], ...own },
        { services: ['triage'], ...own },
      ],
      unreadable: 1,
    });

    const elsewhere: string[] = [];
    asking
      .connection()
      .subscribe('leads.a.sent', { callback: (_, { data }) => void elsewhere.push(new TextDecoder().decode(data)) });
    asking.connection().publish(VERSION_SUBJECT, '', { reply: 'leads.a.sent' });
    await runningVersions(asking, 200);
    expect(elsewhere.filter((text) => text !== FOREIGN)).toEqual([]);

    stopping.abort();
    await sender;
    expect((await runningVersions(asking, 500)).processes.map(({ services }) => services)).toEqual([['triage']]);
    staying.abort();
    await triage;
  });
});
