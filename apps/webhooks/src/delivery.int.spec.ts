import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provision } from '@leadstream/eventlog/provision';
import { PublicReader } from '@leadstream/eventlog/public-reader';
import { PublicStream } from '@leadstream/eventlog/public-stream';
import { Metrics } from '@leadstream/service/metrics';
import { networkOf } from '@leadstream/service/webhooks/addresses';
import { Endpoints, OUTCOME_TYPES, type Endpoint } from '@leadstream/service/webhooks/endpoints';
import { Poster } from '@leadstream/service/webhooks/post';
import { drawSecret, Sealer } from '@leadstream/service/webhooks/secrets';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Webhook } from 'standardwebhooks';
import { Delivery, type Parts } from './delivery.ts';
import { Receiver } from './testing/receiver.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 5 * 60_000;
const LOOPBACK = [networkOf('127.0.0.0/8')].flatMap((network) => (network ? [network] : []));
const sealer = new Sealer(['a secret of thirty-two characters at least']);

let nats: Server;
let broker: Broker;
let endpoints: Endpoints;
let told: PublicStream;
let poster: Poster;
let nowMs = 0;
/** The place of each lead's last outcome. */
const last = new Map<string, { seq: number; version: number }>();
let made: Receiver[] = [];

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['PUBLIC'] });
  endpoints = new Endpoints(broker, 1);
  told = new PublicStream(broker);
  poster = new Poster({ allowed: LOOPBACK, now: () => Temporal.Now.instant(), timeoutMs: 5_000 });
});
beforeEach(() => {
  nowMs = Date.parse('2026-03-02T09:00:00Z');
});
afterEach(async () => {
  await Promise.all(made.map((receiver) => receiver.close()));
  made = [];
});
afterAll(async () => {
  await poster.close();
  await broker.close();
  await nats.stop();
});

const now = () => Temporal.Instant.fromEpochMilliseconds(nowMs);

/** Publishes an outcome of a lead, and returns its id. */
async function publish(leadId: string): Promise<string> {
  const before = last.get(leadId) ?? { seq: 0, version: 0 };
  const version = before.version + 1;
  const event = { id: crypto.randomUUID(), leadId, seq: version, version, at: now().toString() } as Recorded;
  const outcome = { type: 'lead.responded', data: { leadId, at: now().toString() } } as const;
  const seq = await told.append(event, outcome, before.seq);
  if (seq === undefined) throw new Error('not appended');
  last.set(leadId, { seq, version });
  return event.id;
}

interface Subscribed {
  receiver: Receiver;
  name: string;
  secret: string;
  endpoint: () => Promise<Endpoint>;
  delivery: Delivery;
  /** Another process with the same place. */
  another: (over?: Partial<Parts>) => Delivery;
}

async function subscribe(over: Partial<Endpoint> = {}): Promise<Subscribed> {
  const receiver = new Receiver();
  made.push(receiver);
  const url = await receiver.listen();
  const name = `e-${crypto.randomUUID().slice(0, 8)}`;
  const secret = drawSecret();
  const added: Endpoint = {
    name,
    generation: crypto.randomUUID(),
    url,
    types: OUTCOME_TYPES,
    secrets: [{ sealed: sealer.seal(secret, name), at: now().toString() }],
    by: 'ana',
    addedAt: now().toString(),
    after: await new PublicReader(broker).lastSeq(),
    ...over,
  };
  expect(await endpoints.add(added)).toBe(true);
  const another = (parts: Partial<Parts> = {}) =>
    new Delivery(added, {
      endpoints,
      reader: new PublicReader(broker),
      poster,
      sealer,
      metrics: new Metrics('webhooks'),
      log: silentLog,
      now,
      isHolder: () => true,
      stopping: new AbortController().signal,
      random: () => 0,
      ...parts,
    });
  const endpoint = async () => {
    const found = await endpoints.find(name);
    if (!found) throw new Error('no endpoint');
    return found;
  };
  return { receiver, name, secret, endpoint, delivery: another(), another };
}

const settle = async (...deliveries: Delivery[]) => {
  for (const delivery of deliveries) while (await delivery.step());
};
async function pass(ms: number, stepMs: number, ...deliveries: Delivery[]): Promise<void> {
  for (const end = nowMs + ms; nowMs < end;) {
    nowMs += stepMs;
    await settle(...deliveries);
  }
}

describe('an endpoint of webhooks', () => {
  it('gets what a PUBLIC holds that a restore has replaced', async () => {
    const { receiver, another, endpoint, name } = await subscribe();
    const id = await publish(crypto.randomUUID());
    await settle(another());
    const state = await endpoints.state(await endpoint());
    if (!state) throw new Error('no state');
    await endpoints.write(name, { ...state, lastId: crypto.randomUUID() });
    await settle(another());
    expect(receiver.taken().filter((one) => one === id)).toHaveLength(2);
    await endpoints.write(name, { ...state, cursor: state.cursor + 1_000 });
    await settle(another());
    expect(receiver.taken().filter((one) => one === id)).toHaveLength(3);
  });

  it('gets nothing from before it was added, also of a PUBLIC replaced before or after its first event', async () => {
    const old = await publish(crypto.randomUUID());
    nowMs += HOUR_MS;
    // Its place is behind all that the other PUBLIC holds.
    const after = (await new PublicReader(broker).lastSeq()) + 1_000;
    const { receiver, another, endpoint, name } = await subscribe({ after });
    nowMs += HOUR_MS;
    const id = await publish(crypto.randomUUID());
    await settle(another());
    expect([receiver.taken().includes(old), receiver.taken().filter((one) => one === id)]).toEqual([false, [id]]);
    const state = await endpoints.state(await endpoint());
    if (!state) throw new Error('no state');
    await endpoints.write(name, { ...state, lastId: crypto.randomUUID() });
    await settle(another());
    expect([receiver.taken().includes(old), receiver.taken().filter((one) => one === id)]).toEqual([false, [id, id]]);
  });

  it('notices by the event at its place that PUBLIC was replaced before its first delivery', async () => {
    nowMs += HOUR_MS;
    const addedAt = now().toString();
    const id = await publish(crypto.randomUUID());
    // The other PUBLIC has grown beyond the place.
    const after = await new PublicReader(broker).lastSeq();
    const { receiver, another } = await subscribe({ addedAt, after, afterId: crypto.randomUUID() });
    await settle(another());
    expect(receiver.taken()).toContain(id);
  });

  it('that is down for six hours gets every event once it is back, in order, beside an undisturbed one', async () => {
    const [down, fine] = [await subscribe(), await subscribe()];
    const leads = Array.from({ length: 12 }, () => crypto.randomUUID());
    const expected = new Map<string, string[]>(leads.map((lead) => [lead, []]));
    const round = async () => {
      for (const lead of leads) expected.get(lead)?.push(await publish(lead));
    };
    await round();
    await settle(down.delivery, fine.delivery);
    down.receiver.answer = () => 503;
    const beforeMs = nowMs;
    for (let hour = 0; hour < 6; hour++) {
      await round();
      await settle(down.delivery, fine.delivery);
      expect(fine.receiver.taken()).toHaveLength(leads.length * (hour + 2));
      await pass(HOUR_MS, STEP_MS, down.delivery, fine.delivery);
    }
    expect(nowMs - beforeMs).toBe(6 * HOUR_MS);
    const tries = down.receiver.received.length - leads.length;
    // Some leads by their schedule, and one new event each five minutes.
    expect(tries).toBeLessThan(72 * 3);
    expect(down.receiver.taken()).toHaveLength(leads.length);
    down.receiver.answer = () => 200;
    await pass(STEP_MS * 2, STEP_MS, down.delivery, fine.delivery);
    for (const { receiver } of [down, fine]) {
      for (const lead of leads) expect(receiver.taken(lead)).toEqual(expected.get(lead));
      expect(receiver.taken()).toHaveLength(leads.length * 7);
    }
    expect((await endpoints.state(await down.endpoint()))?.held).toEqual({});
  });

  it('verifies each post by the library of Standard Webhooks, also by the older secret after a rotation', async () => {
    const { receiver, name, secret, delivery, endpoint } = await subscribe();
    const lead = crypto.randomUUID();
    const next = drawSecret();
    await endpoints.change(name, (one) => ({
      ...one,
      secrets: [
        { sealed: sealer.seal(next, name), at: now().toString() },
        ...one.secrets.map((old) => ({ ...old, until: now().add({ hours: 24 }).toString() })),
      ],
    }));
    delivery.update(await endpoint());
    const id = await publish(lead);
    await settle(delivery);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const read = (by: string) => new Webhook(by).verify(body, headers as Record<string, string>);
    const data = { leadId: lead, at: now().toString() };
    const event = { specversion: '1.0', id, source: 'leadstream', type: 'lead.responded', subject: lead, data };
    for (const by of [secret, next]) expect(read(by)).toMatchObject({ ...event, leadversion: 1, leadseq: 1 });
    expect(() => read(drawSecret())).toThrow('No matching signature');
    expect(headers).toMatchObject({ 'webhook-id': id, 'content-type': expect.stringContaining('cloudevents+json') });
    nowMs += 25 * HOUR_MS;
    await publish(lead);
    await settle(delivery);
    const second = receiver.received[1];
    const verify = (by: string) =>
      new Webhook(by).verify(second?.body ?? '', second?.headers as Record<string, string>);
    expect(verify(next)).toBeDefined();
    expect(() => verify(secret)).toThrow('No matching signature');
  });

  it('holds back a lead whose event it refuses, no other, and makes it a dead letter after three days', async () => {
    const { receiver, delivery, endpoint } = await subscribe();
    const [bad, good] = [crypto.randomUUID(), crypto.randomUUID()];
    const poison = await publish(bad);
    receiver.answer = ({ id }) => (id === poison ? 400 : 200);
    const later = [await publish(bad), await publish(bad)];
    const others = [await publish(good)];
    await settle(delivery);
    expect(receiver.taken()).toEqual(others);
    const beforeMs = nowMs;
    while ((await endpoints.deadLetters(await endpoint())).length === 0 && nowMs - beforeMs < 80 * HOUR_MS) {
      nowMs += HOUR_MS;
      others.push(await publish(good));
      await settle(delivery);
      expect(receiver.taken(good)).toEqual(others);
    }
    expect(nowMs - beforeMs).toBeGreaterThan(72 * HOUR_MS);
    expect(receiver.received.filter(({ id }) => id === poison)).toHaveLength(10);
    expect(receiver.taken(bad)).toEqual(later);
    const [letter] = await endpoints.deadLetters(await endpoint());
    expect(letter).toMatchObject({ id: poison, type: 'lead.responded', attempts: 10, why: 'status: 400' });
    expect((await endpoint()).paused).toBeUndefined();
    receiver.answer = () => 200;
    if (letter) delivery.retry('key', { ...letter, again: now().toString() });
    await settle(delivery);
    expect(receiver.taken(bad)).toEqual([...later, poison]);
    expect(await endpoints.deadLetters(await endpoint())).toEqual([]);
  });

  it('pauses after three days without a success, or at once when it is gone, and goes on where it was', async () => {
    for (const [status, within] of [
      [500, 90],
      [410, 1],
    ] as const) {
      const { receiver, name, delivery, endpoint } = await subscribe();
      const leads = Array.from({ length: 12 }, () => crypto.randomUUID());
      const expected: string[] = [];
      for (const lead of leads) expected.push(await publish(lead));
      receiver.answer = () => status;
      for (let hour = 0; hour < within && !(await endpoint()).paused; hour++) await pass(HOUR_MS, HOUR_MS, delivery);
      expect((await endpoint()).paused).toMatchObject({ by: 'webhooks', why: expect.stringContaining(String(status)) });
      const tries = receiver.received.length;
      await pass(12 * HOUR_MS, HOUR_MS, delivery);
      expect(receiver.received).toHaveLength(tries);
      receiver.answer = () => 200;
      const resumedAt = now().toString();
      await endpoints.change(name, ({ paused: _, ...one }) => ({ ...one, resumedAt }));
      delivery.update(await endpoint());
      const dead = (await endpoints.deadLetters(await endpoint())).map(({ id }) => id);
      for (const letter of await endpoints.deadLetters(await endpoint()))
        delivery.retry(letter.id, { ...letter, again: resumedAt });
      await settle(delivery);
      expect(dead.length > 0).toBe(status === 500);
      expect(receiver.taken().toSorted()).toEqual(expected.toSorted());
    }
  });

  it('gets the events of a step again, under the same ids and in order, when its place was not stored', async () => {
    const { receiver, another } = await subscribe();
    const lead = crypto.randomUUID();
    const ids = [await publish(lead), await publish(lead), await publish(lead)];
    const dying = another({ isHolder: () => receiver.received.length < 2 });
    await expect(dying.step()).rejects.toThrow('another process delivers now');
    expect(receiver.taken()).toEqual(ids.slice(0, 2));
    await settle(another());
    expect(receiver.taken()).toEqual([...ids.slice(0, 2), ...ids]);
    await settle(another());
    expect(receiver.taken()).toHaveLength(5);
  });

  it('reads from the leader of PUBLIC: a follower may lack an event, and a place would move past it', async () => {
    const { receiver, delivery } = await subscribe();
    const lead = crypto.randomUUID();
    const ids = [await publish(lead), await publish(lead)];
    const { streams } = await broker.jsm();
    // Followers answer direct requests alone.
    await streams.update('PUBLIC', { allow_direct: false });
    try {
      await settle(delivery);
      expect(receiver.taken()).toEqual(ids);
    } finally {
      await streams.update('PUBLIC', { allow_direct: true });
    }
  });

  it('has an operator told how much PUBLIC lost while it was paused', async () => {
    const { receiver, name, endpoint, another } = await subscribe();
    const said: object[] = [];
    const delivery = another({ log: { ...silentLog, error: (...what: unknown[]) => void said.push(what) } });
    const held = crypto.randomUUID();
    receiver.answer = ({ leadId }) => (leadId === held ? 500 : 200);
    await publish(held);
    await settle(delivery);
    await endpoints.change(name, (one) => ({ ...one, paused: { why: 'moves', by: 'ana', at: now().toString() } }));
    delivery.update(await endpoint());
    await settle(delivery);
    await publish(crypto.randomUUID());
    const kept = await publish(crypto.randomUUID());
    const { streams } = await broker.jsm();
    await streams.purge('PUBLIC', { seq: await new PublicReader(broker).lastSeq() });
    await endpoints.change(name, ({ paused: _, ...one }) => ({ ...one, resumedAt: now().toString() }));
    delivery.update(await endpoint());
    await settle(delivery);
    await settle(delivery);
    expect(said).toEqual([[{ endpoint: name, messages: 1, leads: 1 }, expect.stringContaining('no longer has')]]);
    expect(receiver.taken()).toEqual([kept]);
  });

  it('waits as long as it asked for, also when another post fails without a wait', async () => {
    const { receiver, another } = await subscribe();
    const [asking, failing] = [await publish(crypto.randomUUID()), await publish(crypto.randomUUID())];
    receiver.answer = ({ id }) => (id === asking ? { status: 429, headers: { 'retry-after': '3600' } } : 500);
    const asked = Promise.withResolvers<undefined>();
    const late: Parts['poster'] = {
      post: async (webhook) => {
        const result = await poster.post(webhook);
        if (webhook.id === failing) await asked.promise;
        else setImmediate(() => asked.resolve(undefined));
        return result;
      },
    };
    const delivery = another({ poster: late });
    await settle(delivery);
    await pass(STEP_MS, STEP_MS, delivery);
    expect(receiver.received).toHaveLength(2);
    await pass(HOUR_MS, HOUR_MS, delivery);
    expect(receiver.received.length).toBeGreaterThan(2);
  });

  it('ends a step that NATS breaks off after its last post, so that no lead is posted to twice at once', async () => {
    const { receiver, another } = await subscribe();
    const [lost, slow] = [crypto.randomUUID(), crypto.randomUUID()];
    const ids = [await publish(lost), await publish(slow)];
    const reader = new PublicReader(broker);
    const nextOf = reader.nextOf.bind(reader);
    reader.nextOf = (key, seq) => (key === lost ? Promise.reject(new Error('NATS is away')) : nextOf(key, seq));
    const log: string[] = [];
    const slowly: Parts['poster'] = {
      post: async (webhook) => {
        const result = await poster.post(webhook);
        log.push('posted');
        return result;
      },
    };
    await expect(
      another({ reader, poster: slowly })
        .step()
        .finally(() => log.push('ended')),
    ).rejects.toThrow('away');
    expect(log).toEqual(['posted', 'ended']);
    await settle(another());
    expect(receiver.taken().toSorted()).toEqual([...ids, ids[1]].toSorted());
  });

  it('gets no event that it did not ask for or of before it was added, and none while it asks for a wait', async () => {
    const lead = crypto.randomUUID();
    await publish(lead);
    const { receiver, delivery } = await subscribe();
    const bounces = await subscribe({ types: ['lead.bounced'] });
    await settle(delivery, bounces.delivery);
    expect([receiver.received, bounces.receiver.received]).toEqual([[], []]);
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await publish(lead);
    await settle(delivery, bounces.delivery);
    const other = await publish(crypto.randomUUID());
    await pass(30 * 60_000, STEP_MS, delivery);
    expect(receiver.received).toHaveLength(1);
    receiver.answer = () => 200;
    await pass(HOUR_MS, STEP_MS, delivery, bounces.delivery);
    expect(receiver.taken()).toContain(other);
    expect(receiver.taken()).toHaveLength(2);
    expect(bounces.receiver.received).toEqual([]);
  });
});
