import { expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { start } from '@leadstream/service/start';
import { enrolled, stepDue, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats } from '@leadstream/testing/servers';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { sender } from './sender.module.ts';

const SETTINGS = {
  ...{ HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', TOKEN_SECRET: 'a secret of this test long enough' },
  ...{ FROM_EMAIL: 'hello@example.com', FROM_NAME: 'Acme', POSTAL_ADDRESS: 'Main St 1', REPLY_DOMAIN: 'r.example.com' },
  ...{ PUBLIC_URL: 'https://a.example.com', SALES_REP_EMAIL: 'rep@example.com', BOOKING_URL: 'https://b.example.com' },
  ...{ ESP: 'sendgrid', SENDGRID_API_KEY: 'SG.none', SENDGRID_BASE_URL: 'http://127.0.0.1:9' },
};
const sms = { channel: 'sms' } as const;

it('without a gateway the sender of mails leaves a text out, and no consumer of texts is made', async () => {
  const nats = await startNats();
  const service = await start(sender, { ...SETTINGS, NATS_URL: nats.url, MONGODB_URI: mongoDatabase('texts').uri });
  const broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  const nc = await connect({ servers: nats.url });
  try {
    await service.ready;
    await broker.ready();
    const leads = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
    for (const [index, draft] of [triaged(), enrolled(sms), stepDue(sms)].entries())
      await leads.decide('jane', index === 0 ? 'run-1' : `event-${index}`, () => draft);
    await eventually(async () => (await leads.history('jane')).length > 3);
    expect((await leads.history('jane')).at(-1)).toMatchObject({
      type: 'lead.send-skipped',
      data: { channel: 'sms', guard: 'no-phone' },
    });
    const consumers = await (await jetstreamManager(nc)).consumers.list('LEADS').next();
    expect(consumers.map(({ name }) => name).toSorted()).toEqual(['lookup', 'sender']);
  } finally {
    await nc.close();
    await broker.close();
    await service.stop();
    await nats.stop();
  }
}, 60_000);
