import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CE } from '@leadstream/contracts/envelope';
import { FEEDBACK_EVENTS } from '@leadstream/contracts/feedback';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import { reasonsAt } from '@leadstream/service/openapi';
import { start, type Running } from '@leadstream/service/start';
import { submission } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { servedBy } from '@leadstream/testing/served-routes';
import { startNats, type Server } from '@leadstream/testing/servers';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { inbound } from './inbound.module.ts';
import { ROUTES } from './routes.ts';

const LEADS = Array.from({ length: 20 }, (_, at) => `0b0e7a5c-3f0e-8c2a-9a51-${String(at).padStart(12, '0')}`);
const KINDS = ['delivered', 'open', 'click'];

describe('inbound', () => {
  let nats: Server;
  let broker: Broker;
  let service: Running;
  let log: EventLog<LeadState>;
  const lines: Record<string, unknown>[] = [];
  const typesOf = async (leadId: string) => (await log.history(leadId)).map(({ type }) => type);

  beforeAll(async () => {
    nats = await startNats();
    broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
    const env = {
      NATS_URL: nats.url,
      MONGODB_URI: mongoDatabase('inbound').uri,
      HOST: '127.0.0.1',
      PORT: '0',
      LEAD_ID_SECRET: 'a-lead-id-secret-of-the-test',
      TOKEN_SECRET: 'a-token-secret-of-the-test',
      INBOUND_SECRET: 'inbound-secret-of-the-test',
      FROM_EMAIL: 'sales@acme.example',
      SENDGRID_EVENT_PUBLIC_KEYS: generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        .publicKey.export({ type: 'spki', format: 'der' })
        .toString('base64'),
    };
    service = await start(inbound, env, {
      logTo: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
      // Each delivery twice at once, as after an ack wait that ran out.
      deliver: async (handle) => void (await Promise.all([handle(), handle()])),
    });
    await service.ready;
    await broker.ready();
    log = new EventLog(broker, leadFold, {
      source: 'test',
      now: () => Temporal.Now.instant(),
    });
  });
  afterAll(async () => {
    await service?.stop();
    await broker?.close();
    await nats?.stop();
  });

  it('records a webhook that failed in part, and comes again and twice, once in each lead and in order', async () => {
    for (const leadId of LEADS) {
      const at = await log.load(leadId);
      await log.append(at, { type: 'lead.triaged', data: submission() }, `${leadId}/triaged`);
    }
    const [broken = '', ...whole] = LEADS;
    await log.append(await log.load(broken), { type: 'lead.paused', data: { by: 'olga' } }, `${broken}/paused`);
    const [first] = await log.history(broken);
    const jsm = await jetstreamManager(broker.connection());
    await jsm.streams.deleteMessage('LEADS', first?.seq ?? 0);

    const events = KINDS.flatMap((event, at) =>
      LEADS.map((lead_id) => ({ event, lead_id, timestamp: 1_763_888_400 + at, sg_message_id: lead_id })),
    );
    const head = headers();
    head.set(CE.time, '2026-11-23T09:00:00Z');
    await broker.js().publish(FEEDBACK_EVENTS, JSON.stringify({ body: JSON.stringify(events) }), { headers: head });
    await eventually(() =>
      lines.some(({ msg, attempt }) => String(msg).endsWith(' was not handled') && Number(attempt) >= 3),
    );

    for (const leadId of whole)
      expect(await typesOf(leadId)).toEqual(['lead.triaged', 'lead.delivered', 'lead.opened', 'lead.clicked']);
    expect((await jsm.streams.info('LEADS')).state.messages).toBe(1 + whole.length * 4);
  });

  it('leaves a bounce of a copy of the mail out of the lead, and reports it (postmangovsg PR 2101)', async () => {
    const { email, address } = submission().contact;
    const lead_id = leadId('a-lead-id-secret-of-the-test', address);
    await log.append(await log.load(lead_id), { type: 'lead.triaged', data: submission() }, `${lead_id}/triaged`);
    const bounce = { event: 'bounce', type: 'bounce', status: '5.1.1', lead_id, timestamp: 1_763_888_400 };
    const events = [
      { ...bounce, email: 'archive@acme.example', sg_message_id: 'copy' },
      { ...bounce, event: 'delivered', email: email.toUpperCase(), sg_message_id: 'mail' },
    ];
    const head = headers();
    head.set(CE.time, '2026-11-23T09:00:00Z');
    await broker.js().publish(FEEDBACK_EVENTS, JSON.stringify({ body: JSON.stringify(events) }), { headers: head });
    await eventually(async () => (await typesOf(lead_id)).includes('lead.delivered'));
    expect(await typesOf(lead_id)).toEqual(['lead.triaged', 'lead.delivered']);
    const told = lines.filter(({ leadId, kind }) => leadId === lead_id && kind === 'bounced');
    expect(told[0]).toMatchObject({ msg: 'a provider event is about another recipient' });
    expect(JSON.stringify(lines)).not.toContain('archive@acme.example');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/leadstream_other_recipient_events_total\{[^}]*kind="bounced"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/^leadstream_events_total\{event="delivered",app="inbound"\} [1-9]/m);
    expect(metrics).toMatch(/^leadstream_feedback_seconds_count\{event="delivered",app="inbound"\} [1-9]/m);
    expect(metrics).toContain('leadstream_events_total{event="complained",app="inbound"} 0');
  });

  it('counts the webhooks that it refused and those that it stored', async () => {
    const post = (path: string) => fetch(`${service.url}${path}`, { method: 'POST', body: '{}' });
    expect((await post('/v1/sendgrid/events')).status).toBe(401);
    expect((await post('/v1/sendgrid/inbound/a-wrong-secret')).status).toBe(404);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const [kind, result, count] of [
      ['events', 'bad-signature', 1],
      ['inbound', 'wrong-secret', 1],
      ['events', 'stored', 0],
    ] as const)
      expect(metrics).toContain(
        `leadstream_webhooks_total{provider="sendgrid",kind="${kind}",result="${result}",app="inbound"} ${count}`,
      );
  });

  it('describes every route that it serves, and every reason for which one refuses', async () => {
    const { routes, reasons } = await servedBy(service.url);
    expect(routes).toEqual(Object.keys(ROUTES).sort());
    for (const path of new Set(routes.map((route) => route.split(' ')[1] ?? '')))
      expect([path, reasons.get(path)]).toEqual([path, reasonsAt(ROUTES, path)]);
  });
});
