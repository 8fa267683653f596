import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { outcomes, type OutcomeType } from '@leadstream/contracts/public';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Retry } from '@leadstream/eventlog/errors';
import { Keyring, destroyKey } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { command } from '@leadstream/leadctl/testing/command';
import { start, type Running } from '@leadstream/service/start';
import {
  bounced,
  completed,
  erased,
  replied,
  sent,
  submission,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { readLeads } from '@leadstream/verify/log';
import { readTold } from '@leadstream/verify/told';
import { verify } from '@leadstream/verify/verify';
import { headers } from '@nats-io/transport-node';
import { telling } from './projector.module.ts';

const DATA_KEY = 'a secret of thirty-two characters at least';
const now = () => Temporal.Now.instant();
let nats: Server;
let broker: Broker;
let service: Running;
let log: EventLog<LeadState>;
let keys: Keyring;
/** The ways to deliver a message. */
let deliver: (handle: () => Promise<void>) => Promise<void>;

const env = () => ({
  NATS_URL: nats.url,
  MONGODB_URI: 'mongodb://127.0.0.1:1/none',
  DATA_KEYS: DATA_KEY,
  HOST: '127.0.0.1',
});
const serve = async () => {
  service = await start(
    telling,
    { ...env(), PORT: '0', LOG_LEVEL: 'silent' },
    { deliver: (handle) => deliver(handle) },
  );
  await service.ready;
};
beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['INTAKE', 'LEADS', 'QUARANTINE', 'PUBLIC', 'KV_keys'] });
  keys = new Keyring(broker, [DATA_KEY]);
  log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now, keys });
  deliver = (handle) => handle();
  await serve();
});
afterAll(async () => {
  await service.stop();
  await broker.close();
  await nats.stop();
});

const append = async (leadId: string, ...events: Draft[]) => {
  const last = { seq: 0, id: '' };
  for (const event of events) {
    const outcome = await log.decide(leadId, crypto.randomUUID(), () => event);
    if (!('event' in outcome)) throw new Error('nothing was appended');
    Object.assign(last, { seq: outcome.event.seq, id: outcome.event.id });
  }
  return last;
};
const handled = () =>
  eventually(async () => {
    const { consumers } = await broker.jsm();
    const infos = await Promise.all([consumers.info('LEADS', 'outcomes'), consumers.info('QUARANTINE', 'refusals')]);
    return infos.every((info) => info.num_pending + info.num_ack_pending === 0);
  });

interface Told {
  type: OutcomeType;
  id: string;
  data: Record<string, unknown>;
}
/** The messages of PUBLIC on the subjects of a lead, or of all refusals. */
async function told(filter: string): Promise<Told[]> {
  await handled();
  const { direct, streams } = await broker.jsm();
  const { state } = await streams.info('PUBLIC');
  const found: Told[] = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = await direct.getMessage('PUBLIC', { seq, next_by_subj: filter });
    if (!message) break;
    seq = message.seq;
    const type = message.header.get('ce-type') as OutcomeType;
    found.push({ type, id: message.header.get('ce-id'), data: outcomes[type].data.strict().parse(message.json()) });
  }
  return found;
}
const toldOf = (leadId: string) => told(`lead.outcome.*.${leadId}`);
const typesOf = async (leadId: string) => (await toldOf(leadId)).map(({ type }) => type);

describe('other teams are told', () => {
  it('of a lead in the order of its log, with the submission that it answers', async () => {
    const leadId = crypto.randomUUID();
    const intake = { seq: 1, key: 'shop/order/7', source: 'shop' };
    const { id } = await append(leadId, triaged(submission({ intake })), sent(), completed, unsubscribed);
    const public_ = await toldOf(leadId);
    expect(public_.map(({ type }) => type)).toEqual(['lead.accepted', 'lead.completed', 'lead.unsubscribed']);
    expect(public_[0]?.data).toEqual({ leadId, submission: { source: 'shop', id: 'order/7' }, isNew: true });
    expect(public_[2]?.id).toBe(id);
    expect(JSON.stringify(public_)).not.toMatch(/@|Jane/);
  });

  it('without a read of the events between two outcomes', async () => {
    const leadId = crypto.randomUUID();
    let reads = 0;
    broker.connection().subscribe('$JS.API.DIRECT.GET.LEADS', { callback: () => void reads++ });
    await append(leadId, triaged(submission()));
    await handled();
    await append(leadId, sent(), sent(), sent());
    reads = 0;
    await append(leadId, completed);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed']);
    expect(reads).toBe(0);
  });

  it('without a question for the outcome before, unless another process has told it', async () => {
    const leadId = crypto.randomUUID();
    let questions = 0;
    const callback = () => void questions++;
    broker.connection().subscribe(`$JS.API.DIRECT.GET.PUBLIC.lead.outcome.*.${leadId}`, { callback });
    await append(leadId, triaged(submission()));
    await handled();
    await append(leadId, sent(), completed);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed']);
    expect(questions).toBe(0);
    await service.stop();
    await serve();
    await append(leadId, unsubscribed);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed', 'lead.unsubscribed']);
    expect(questions).toBe(1);
  });

  it.each<[string, typeof deliver]>([
    ['twice at once', async (handle) => void (await Promise.all([handle(), handle()]))],
    [
      'again after a death before the ack',
      async (handle) => {
        await handle();
        if (Math.random() < 0.6) throw new Retry('died before the ack', 1);
      },
    ],
    [
      'again after a death before the publication',
      async (handle) => {
        if (Math.random() < 0.6) throw new Retry('died before the publication', 1);
        await handle();
      },
    ],
  ])('of each event once and in order, with messages delivered %s', async (_, mode) => {
    deliver = mode;
    const leads = Array.from({ length: 8 }, () => crypto.randomUUID());
    await Promise.all(leads.map((lead) => append(lead, triaged(), replied('human'), completed, bounced)));
    const all = await Promise.all(leads.map(typesOf));
    deliver = (handle) => handle();
    const wanted = ['lead.accepted', 'lead.responded', 'lead.completed', 'lead.bounced'];
    expect(all).toEqual(leads.map(() => wanted));
  });

  it('of what happened while nothing ran, by the first one that runs again', async () => {
    const leadId = crypto.randomUUID();
    await append(leadId, triaged());
    await handled();
    await service.stop();
    await append(leadId, replied('human'), completed);
    // A restored backup can have the consumer behind its stream, or ahead of it.
    await (await broker.jsm()).consumers.delete('LEADS', 'outcomes');
    await serve();
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.responded', 'lead.completed']);
  });

  it('of an erasure, after which nothing names the submission', async () => {
    const leadId = crypto.randomUUID();
    await append(leadId, triaged(), replied('human'));
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.responded']);
    await append(leadId, erased);
    await destroyKey(broker, leadId);
    expect(await typesOf(leadId)).toEqual(['lead.responded', 'lead.erased']);
  });

  it('of what a restored PUBLIC lacks, also by the process that remembers that it told it', async () => {
    const leadId = crypto.randomUUID();
    await append(leadId, triaged(), completed);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed']);
    const { streams } = await broker.jsm();
    const lost = await streams.getMessage('PUBLIC', { last_by_subj: `lead.outcome.*.${leadId}` });
    await streams.deleteMessage('PUBLIC', lost?.seq ?? 0);
    await append(leadId, unsubscribed);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed', 'lead.unsubscribed']);
  });

  it('of the new events alone when a restore has replaced the log', async () => {
    const leadId = crypto.randomUUID();
    await append(leadId, triaged(), completed);
    const lost = await append(leadId, replied('human'));
    expect(await typesOf(leadId)).toHaveLength(3);
    await (await broker.jsm()).streams.deleteMessage('LEADS', lost.seq);
    log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now, keys });
    await append(leadId, bounced);
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.completed', 'lead.responded', 'lead.bounced']);
  });

  it('of an event that a restored log has before one made again, although a later one comes first', async () => {
    const leadId = crypto.randomUUID();
    await append(leadId, triaged());
    const again = crypto.randomUUID();
    await log.decide(leadId, again, () => replied('human'));
    expect(await typesOf(leadId)).toEqual(['lead.accepted', 'lead.responded']);
    const lost = await log.load(leadId);
    await (await broker.jsm()).streams.deleteMessage('LEADS', lost.lastSeq);
    log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now, keys });
    let late = 2;
    deliver = (handle) => (late-- > 0 ? Promise.reject(new Retry('a later one is first', 200)) : handle());
    await append(leadId, bounced);
    await log.decide(leadId, again, () => replied('human'));
    await append(leadId, unsubscribed);
    expect(new Set(await typesOf(leadId))).toEqual(
      new Set(['lead.accepted', 'lead.responded', 'lead.bounced', 'lead.unsubscribed']),
    );
    deliver = (handle) => handle();
  });

  it('why a submission is refused, with the id of its publisher and no value', async () => {
    const refused = (over: Partial<Parameters<typeof quarantine>[1]>) =>
      quarantine(broker, {
        consumer: 'triage',
        stream: 'INTAKE',
        seq: 1,
        subject: 'lead.created',
        headers: undefined,
        data: Buffer.from('{}'),
        reason: 'email: is no address; leadData.source: Invalid input: expected string, received undefined',
        attempts: 1,
        ...over,
      });
    const head = headers();
    head.set('ce-id', 'order-7');
    head.set('ce-source', 'shop');
    const event = { specversion: '1.0', id: 'order-8', source: 'fair', type: 'lead.created', data: {} };
    await refused({ headers: head });
    await refused({ seq: 2, data: Buffer.from(JSON.stringify(event)), reason: 'body is not JSON' });
    await refused({ seq: 3, headers: head, reason: 'Jane broke it', attempts: 20, why: 'failures' });
    await refused({ consumer: 'sender', stream: 'LEADS', seq: 4 });
    expect((await told('lead.outcome.refused.*')).map(({ data }) => data)).toEqual([
      {
        submission: { source: 'shop', id: 'order-7' },
        fault: 'publisher',
        reasons: [
          { field: 'email', problem: 'is no address' },
          { field: 'leadData.source', problem: 'Invalid input: expected string, received undefined' },
        ],
      },
      { submission: { source: 'fair', id: 'order-8' }, fault: 'publisher', reasons: [{ problem: 'body is not JSON' }] },
      { submission: { source: 'shop', id: 'order-7' }, fault: 'leadstream', reasons: [] },
    ]);
  });
});

it('what is in PUBLIC proves true of the log, and a missing outcome is found', async () => {
  await handled();
  const jsm = await broker.jsm();
  const { ack_floor } = await jsm.consumers.info('LEADS', 'outcomes');
  const told_ = async () => {
    const settings = { upTo: [ack_floor.stream_seq], keptMs: 86_400_000, isRestored: true };
    const report = await verify(readLeads(broker), {
      overdueMs: 3_600_000,
      told: await readTold(broker.js(), jsm, settings),
    });
    return report.counts['public'] ?? 0;
  };
  expect(await told_()).toBe(0);
  const last = await jsm.streams.getMessage('PUBLIC', { last_by_subj: 'lead.outcome.bounced.*' });
  await jsm.streams.deleteMessage('PUBLIC', last?.seq ?? 0);
  expect(await told_()).toBe(1);
});

it('leadctl publishes a lead, once under its id, and prints its place', async () => {
  const lead = JSON.stringify({ email: 'jane@example.com', leadData: { source: 'demo_request' } });
  const publish = () => command(['publish', '-', '--source', 'shop', '--id', 'order-9', '--json'], env(), lead);
  const [first, again] = [await publish(), await publish()];
  expect([first, again].map(({ out }) => JSON.parse(out) as unknown)).toEqual([
    { stream: 'INTAKE', seq: 1, id: 'order-9', source: 'shop', isDuplicate: false },
    { stream: 'INTAKE', seq: 1, id: 'order-9', source: 'shop', isDuplicate: true },
  ]);
  const bad = await command(['publish', '-'], env(), '{"email":"jane@example.com"}');
  expect(bad).toMatchObject({ code: 1, out: '', err: expect.stringContaining('leadData') });
  expect((await (await broker.jsm()).streams.info('INTAKE')).state.messages).toBe(1);
});
