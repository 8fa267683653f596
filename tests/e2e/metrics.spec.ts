import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROJECTOR } from '@leadstream/projection/collections';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import type { Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { startMongo, startNats, type Server } from '@leadstream/testing/servers';
import { freshEmail, lead, services, startStack, type ServiceName, type Stack } from './stack.ts';

const LEADS = 8;
const REPLICATED = ['scheduler', 'sender', 'inbound'] as const;
const names = Object.keys(services) as ServiceName[];

describe('the metrics of three schedulers, senders and inbounds', () => {
  let nats: Server;
  let mongo: Server;
  let sandbox: Sandbox;
  let stack: Stack;
  const others: Running[] = [];

  beforeAll(async () => {
    [nats, mongo, sandbox] = await Promise.all([startNats(), startMongo(), startSandbox()]);
    stack = await startStack({ on: { nats, sandbox, mongoUri: `${mongo.url}/leadstream` } });
    for (const name of [...REPLICATED, ...REPLICATED]) others.push(await stack.add(name));
  });
  afterAll(async () => {
    await stack.stop();
    await Promise.all([sandbox.close(), nats.stop(), mongo.stop()]);
  });

  const scrape = (): Promise<Response[]> =>
    Promise.all([...names.map(stack.url), ...others.map(({ url }) => url)].map((url) => fetch(`${url}/metrics`)));

  /** The sum of a series over all processes, whatever else its labels are. */
  const sum = async (name: string, matcher = ''): Promise<number> => {
    const texts = await Promise.all((await scrape()).map((response) => response.text()));
    const values = texts.flatMap((text) =>
      [...text.matchAll(/^leadstream_(\w+)(\{.*\})? (\S+)$/gm)].flatMap(([, series, labels = '', value]) =>
        series === name && labels.includes(matcher) ? [Number(value)] : [],
      ),
    );
    return values.reduce((total, value) => total + value, 0);
  };

  it('add up to the log: an event counts once, and a step’s wait once, from its event to its first claim', async () => {
    const emails = Array.from({ length: LEADS }, () => freshEmail());
    // Each of the first mails is refused once, so that it has two claims.
    await stack.client.faults({ count: LEADS, status: 503 });
    for (const email of emails) expect((await stack.post(lead(email, 'whitepaper'))).status).toBe(202);
    await Promise.all(emails.map((email) => stack.lead(email, ({ status }) => status === 'completed')));
    const log = (await Promise.all(emails.map((email) => stack.history(email)))).flat();
    const of = <T extends string>(type: T) => log.filter((event) => event.type === type);
    for (const type of ['triaged', 'step-due', 'send-started', 'sent', 'sequence-completed'])
      expect([type, await sum('events_total', `event="${type}"`)]).toEqual([type, of(`lead.${type}`).length]);

    const first = log.flatMap((event) => (event.type === 'lead.send-started' && !event.data.previous ? [event] : []));
    const waits = first.map(({ leadId, version, at }) => {
      const due = log.findLast(
        (event) => event.type === 'lead.step-due' && event.leadId === leadId && event.version < version,
      );
      return Date.parse(at) - Date.parse(due?.at ?? '');
    });
    expect(await sum('send_wait_seconds_count')).toBe(waits.length);
    expect(waits.length).toBeLessThan(of('lead.send-started').length);
    expect(await sum('send_wait_seconds_sum')).toBeCloseTo(waits.reduce((total, ms) => total + ms, 0) / 1_000, 3);
    await eventually(async () => (await sum('mail_events_total', 'event="delivered"')) >= 2 * LEADS);
  });

  it('count each consumer’s quarantine from zero: a rate misses the first of a series', async () => {
    const text = (await Promise.all((await scrape()).map((response) => response.text()))).join('\n');
    const from = (name: string): string[] =>
      [...text.matchAll(new RegExp(`^leadstream_${name}\\{consumer="([^"]+)".*\\} 0$`, 'gm'))].map(([, of = '']) => of);
    // Ingest has no consumer, and quarantines what it refuses.
    const consumers = new Set(from('newer_deliveries_total'));
    expect([...new Set(from('quarantined_total'))].sort()).toEqual([...consumers, 'ingest'].sort());
    expect([...consumers]).toEqual(
      expect.arrayContaining(['triage', 'scheduler', 'sender', 'sms', 'inbound', PROJECTOR]),
    );
  });

  it('are shown while NATS and MongoDB are frozen', async () => {
    nats.freeze();
    mongo.freeze();
    try {
      // A scrape that asked one of them would wait until both go on, which they do after it.
      expect((await scrape()).map(({ status }) => status)).toEqual([...names, ...others].map(() => 200));
    } finally {
      nats.thaw();
      mongo.thaw();
    }
  });
});
