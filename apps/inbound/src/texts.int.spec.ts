import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CE } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { WEBHOOKS } from '@leadstream/contracts/feedback';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { numberHash } from '@leadstream/lead/mailbox';
import { STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import type { LeadDocument } from '@leadstream/projection/collections';
import { start, type Running } from '@leadstream/service/start';
import { submission } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { headers } from '@nats-io/transport-node';
import { MongoClient } from 'mongodb';
import { inbound } from './inbound.module.ts';

const LEAD_ID_SECRET = 'a-lead-id-secret-of-the-test';
const sid = (): string => `SM${crypto.randomUUID().replaceAll('-', '')}`;

describe('inbound, of texts', () => {
  let nats: Server;
  let broker: Broker;
  let service: Running;
  let mongo: MongoClient;
  let log: EventLog<LeadState>;
  let numbers = 0;

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    const { uri } = mongoDatabase('inbound-texts');
    mongo = await new MongoClient(uri).connect();
    service = await start(inbound, {
      NATS_URL: nats.url,
      MONGODB_URI: uri,
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      LEAD_ID_SECRET,
      TOKEN_SECRET: 'a-token-secret-of-the-test',
      INBOUND_SECRET: 'inbound-secret-of-the-test',
      FROM_EMAIL: 'sales@acme.example',
      ESP: 'mailgun',
      MAILGUN_SIGNING_KEYS: 'a-signing-key-of-the-test',
    });
    await service.ready;
    await broker.ready();
    log = new EventLog(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() });
  });
  afterAll(async () => {
    await service?.stop();
    await mongo?.close();
    await broker?.close();
    await nats?.stop();
  });

  const freshNumber = (): string => `+491511${String(++numbers).padStart(7, '0')}`;
  const triaged = async (): Promise<string> => {
    const leadId = crypto.randomUUID();
    await log.append(await log.load(leadId), { type: 'lead.triaged', data: submission() }, `${leadId}/triaged`);
    return leadId;
  };
  /** As the projector shows the lead. */
  const shown = (leadId: string, number: string) =>
    mongo
      .db()
      .collection<LeadDocument>('leads_1')
      .insertOne({
        _id: leadId,
        state: '{}',
        stateVersion: STATE_VERSION,
        version: 1,
        lastSeq: 1,
        numbers: [numberHash(LEAD_ID_SECRET, number)],
        updatedAt: new Date(),
      } as never);
  const post = async (of: 'events' | 'inbound', form: Record<string, string>, query = {}): Promise<void> => {
    const head = headers();
    head.set(CE.time, new Date().toISOString());
    const body = new URLSearchParams(form).toString();
    const payload = JSON.stringify({ body, query: new URLSearchParams(query).toString() });
    await broker.js().publish(WEBHOOKS.twilio[of], payload, { headers: head });
  };
  const write = (From: string, Body: string) => post('inbound', { MessageSid: sid(), From, Body });
  const report = (lead_id: string, ErrorCode: string) =>
    post('events', { MessageSid: sid(), MessageStatus: 'undelivered', ErrorCode }, { send_id: 'send-1', lead_id });
  const next = (leadId: string): Promise<Recorded> => eventually(async () => (await log.history(leadId))[1]);

  it('a STOP counts for each lead with that number', async () => {
    const number = freshNumber();
    const leads = await Promise.all([triaged(), triaged()]);
    for (const leadId of leads) await shown(leadId, number);
    await write(number, 'STOP');
    for (const leadId of leads)
      expect(await next(leadId)).toMatchObject({
        type: 'lead.unsubscribed',
        data: { via: 'reply', channel: 'sms', provider: 'twilio' },
      });
  });

  it('a STOP from a number that the read model does not show yet is kept until it does', async () => {
    const [leadId, number] = [await triaged(), freshNumber()];
    await write(number, ' stop. ');
    // Taken, and handed back: another text is recorded meanwhile.
    const [other, another] = [await triaged(), freshNumber()];
    await shown(other, another);
    await write(another, 'call me');
    expect(await next(other)).toMatchObject({ type: 'lead.replied', data: { class: 'human', matchedBy: 'number' } });
    await shown(leadId, number);
    expect(await next(leadId)).toMatchObject({ type: 'lead.unsubscribed' });
  });

  it.each([
    ['an opt-out that only the gateway knows', '21610', { type: 'lead.unsubscribed', data: { via: 'provider' } }],
    ['a dead number', '30006', { type: 'lead.undelivered', data: { classification: 'dead-number', closed: true } }],
    ['a phone that is off', '30003', { type: 'lead.undelivered', data: { status: '30003' } }],
  ])('a report of %s is that fact', async (_, code, fact) => {
    const leadId = await triaged();
    await report(leadId, code);
    const event = await next(leadId);
    expect(event).toMatchObject(fact);
    expect('closed' in event.data).toBe(code === '30006');
  });
});
