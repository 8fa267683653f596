import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { start, type Running } from '@leadstream/service/start';
import { claimed, enrolled, resubmitted, sent, submission } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { scheduler } from './scheduler.module.ts';

const LEAD = 'jane';
const NOTICE = { runId: 'news', stepId: 'tell-rep', audience: 'staff' } as const;
const says = (message: string) =>
  resubmitted(null, {
    dossier: { source: 'whitepaper', fields: { message } },
    ...{ tellRep: true, news: `message: ${message}` },
  });

/** What the lead adds while its run is under way puts that run aside. */
const BEFORE: readonly (readonly [string, Draft])[] = [
  ['run-1', { type: 'lead.triaged', data: submission() }],
  ['enrolled', enrolled({ at: '2036-01-01T00:00:00Z' })],
  ['news', says('We need a quote')],
];

describe('the scheduler', () => {
  let nats: Server;
  let broker: Broker;
  let service: Running | undefined;
  let leads: EventLog<(typeof leadFold)['initial']>;
  const append = (id: string, draft: Draft) => leads.decide(LEAD, id, () => draft);
  const types = async () => (await leads.history(LEAD)).map(({ type }) => type.slice('lead.'.length));
  // No round of the hunter comes, and there is no projector.
  const run = (uri: string) =>
    start(scheduler, {
      ...{ NATS_URL: nats.url, MONGODB_URI: uri, HOST: '127.0.0.1', PORT: '0' },
      ...{ LOG_LEVEL: 'silent', HUNT_EVERY_MS: '60000' },
    });

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    await broker.ready();
    leads = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  });
  afterAll(async () => {
    await service?.stop();
    await broker.close();
    await nats.stop();
  });

  it('begins the second notice to the rep as soon as the first one has ended', async () => {
    const { uri } = mongoDatabase('plan');
    const first = await run(uri);
    await first.ready;
    await first.stop();
    for (const [id, draft] of BEFORE) await append(id, draft);
    service = await run(uri);
    await eventually(async () => (await types()).at(-1) === 'step-due');
    await append('claimed-notice', claimed('send-n', NOTICE));
    await append('more', says('And a demo'));
    // Handled later, this event would begin the second notice.
    await eventually(async () => {
      const { num_pending, num_ack_pending } = await (await broker.jsm()).consumers.info('LEADS', 'scheduler');
      return num_pending + num_ack_pending === 0;
    });
    await append('sent-notice', { ...sent('send-n'), data: { ...sent('send-n').data, ...NOTICE } } as Draft);
    await eventually(async () => (await types()).slice(-2).join() === 'enrolled,step-due');
    expect((await types()).slice(BEFORE.length)).toEqual([
      ...['enrolled', 'step-due', 'send-started', 'resubmitted', 'sent'],
      ...['sequence-completed', 'enrolled', 'step-due'],
    ]);
  });
});
