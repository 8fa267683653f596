import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { streams } from '@leadstream/contracts/streams';
import { PUBLISHER, secured } from './secured.ts';

const API = '$JS.API';
const QUIET = { deliver_subject: 'x', ack_policy: 'none' };
const WATCHED = [...Object.keys(streams), 'KV_sequences'];

let house: Awaited<ReturnType<typeof secured>>;
let operator: NatsConnection;
let shop: NatsConnection;

beforeAll(async () => {
  house = await secured();
  expect(await house.leadctl('provision', 'provision', '--publisher', PUBLISHER)).toMatchObject({ code: 0 });
  operator = await house.connect('operator');
  shop = await house.connect(PUBLISHER);
});
afterAll(async () => {
  await operator.close();
  await shop.close();
  await house.stop();
});
beforeEach(async () => {
  const forged = headers();
  forged.set('ce-type', 'lead.sent');
  await jetstream(shop).publish('lead.created', '{"forged":true}', { headers: forged });
});

async function asked(nc: NatsConnection, subject: string, body: object = {}): Promise<Record<string, unknown>> {
  const answer = await nc.request(subject, JSON.stringify(body), { timeout: 5_000 });
  return JSON.parse(answer.string()) as Record<string, unknown>;
}

/** The last sequence of each stream: what was stored since shows here. */
async function stored(): Promise<Record<string, unknown>> {
  const states = WATCHED.map(async (name) => {
    const { state } = await asked(operator, `${API}.STREAM.INFO.${name}`);
    return [name, (state as { last_seq: number }).last_seq];
  });
  return Object.fromEntries(await Promise.all(states)) as Record<string, unknown>;
}

describe('a consumer that would push', () => {
  const push = async (nc: NatsConnection, to: string) => {
    const config = { deliver_subject: to, ack_policy: 'none', deliver_policy: 'all' };
    const name = `push${Math.random().toString(36).slice(2)}`;
    const answer = await asked(nc, `${API}.CONSUMER.CREATE.INTAKE.${name}`, { stream_name: 'INTAKE', config });
    expect(answer).not.toHaveProperty('error');
    await delay(300);
    return asked(nc, `${API}.CONSUMER.INFO.INTAKE.${name}`);
  };

  it.each([
    'leads.a.sent',
    'feedback.a.b',
    'quarantine.triage',
    'lead.outcome.refused.a',
    '$KV.sequences.a',
    `${API}.STREAM.PURGE.LEADS`,
    `${API}.STREAM.DELETE.FEEDBACK`,
  ])('delivers nothing to %s: only a subscription to the very subject counts as interest', async (to) => {
    const before = await stored();
    const reader = await house.connect('reader');
    expect(await push(reader, to)).toMatchObject({ delivered: { consumer_seq: 0 }, num_pending: expect.any(Number) });
    await reader.close();
    expect(await stored()).toEqual(before);
  });

  it('is not made of another’s durable one, by a name that differs from the subject’s', async () => {
    const reader = await house.connect('reader');
    const ask = (config: object) =>
      asked(reader, `${API}.CONSUMER.CREATE.INTAKE.x`, { stream_name: 'INTAKE', config: { ...config, ...QUIET } });
    expect(await ask({ durable_name: 'triage' })).toHaveProperty('error.code', 400);
    expect(await ask({ name: 'triage' })).toMatchObject({ name: 'x' });
    await reader.close();
  });
});

describe('a request whose answer is to go elsewhere', () => {
  it('of another team stores nothing: its answers stay in its own account', async () => {
    const before = await stored();
    const INTAKE = Number(before['INTAKE']) + 1;
    shop.publish('lead.created', '{}', { reply: 'leads.a.sent' });
    shop.publish(`${API}.CONSUMER.INFO.PUBLIC.${PUBLISHER}`, '', { reply: 'leads.a.sent' });
    shop.publish(`${API}.CONSUMER.MSG.NEXT.PUBLIC.${PUBLISHER}`, '{"batch":1,"no_wait":true}', {
      reply: 'feedback.a.b',
    });
    await shop.flush();
    await delay(300);
    expect(await stored()).toEqual({ ...before, INTAKE });
  });

  // No permission of NATS limits the subject of an answer. SECURITY.md names this limit.
  it('of a service is stored, and leadctl verify finds it in the log', async () => {
    const before = await stored();
    const triage = await house.connect('triage');
    triage.publish(`${API}.DIRECT.GET.INTAKE`, '{"seq":1}', { reply: 'leads.a.sent' });
    await triage.flush();
    await delay(300);
    await triage.close();
    expect(await stored()).toEqual({ ...before, LEADS: Number(before['LEADS']) + 1 });
    const { code, out } = await house.leadctl('reader', 'verify');
    expect([code, out]).toEqual([1, expect.stringContaining('is no event: lead.sent')]);
  });
});
