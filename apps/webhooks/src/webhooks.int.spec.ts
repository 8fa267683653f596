import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { provisionAll } from '@leadstream/eventlog/provision';
import { PublicStream } from '@leadstream/eventlog/public-stream';
import { command } from '@leadstream/leadctl/testing/command';
import { Endpoints } from '@leadstream/service/webhooks/endpoints';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Webhook } from 'standardwebhooks';
import { Receiver } from './testing/receiver.ts';
import { webhooks } from './webhooks.module.ts';

const KEYS = ['a secret of thirty-two characters at least', 'another secret of thirty-two characters'] as const;
const receiver = new Receiver();
let nats: Server;
let broker: Broker;
let service: Running;
let url = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  // `status` shows all of them.
  await provisionAll(broker, 1);
  url = await receiver.listen();
  env = { NATS_URL: nats.url, DATA_KEYS: KEYS[0], WEBHOOKS_NETWORKS: '127.0.0.0/8' };
  const settings = { ...env, DATA_KEYS: KEYS.join(','), HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent' };
  service = await start([webhooks], settings);
  await service.ready;
});
afterAll(async () => {
  await service.stop();
  await receiver.close();
  await broker.close();
  await nats.stop();
});

const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
const leadctl = (...argv: string[]) => command(['webhooks', ...argv], env);
async function read<T>(...argv: string[]): Promise<T> {
  const { out } = await leadctl(...argv, '--json');
  return JSON.parse(out) as T;
}
async function publish(): Promise<string> {
  const [leadId, id, at] = [crypto.randomUUID(), crypto.randomUUID(), new Date().toISOString()];
  const event = { id, leadId, seq: 1, version: 1, at } as Recorded;
  await new PublicStream(broker).append(event, { type: 'lead.bounced', data: { leadId, at } }, 0);
  return id;
}
const arrived = (id: string) => eventually(() => receiver.received.find((one) => one.id === id));
const verified = (secret: string, { body, headers }: { body: string; headers: object }) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
interface Listed {
  name: string;
  paused: object | null;
  deadLetters: object[];
}

describe('leadctl webhooks', () => {
  it('adds an endpoint, which then gets events, signed by the secret that was shown once', async () => {
    await publish();
    expect(await leadctl('add', 'crm', 'https://ana:secret@example.com', '--by', 'ana')).toMatchObject({ code: 1 });
    const { secret } = await read<{ secret: string }>('add', 'crm', url, '--by', 'ana');
    expect(await leadctl('add', 'crm', url, '--by', 'ana')).toMatchObject({ code: 1 });
    const post = await arrived(await publish());
    expect(verified(secret, post)).toMatchObject({ type: 'lead.bounced', source: 'leadstream' });
    expect(receiver.received).toHaveLength(1);
    expect(JSON.stringify(await read('list'))).not.toContain(secret);
    expect(await leadctl('test', 'crm')).toMatchObject({ code: 0 });
    const [, trial] = receiver.received;
    expect(trial && verified(secret, trial)).toMatchObject({ type: 'leadstream.test' });
    receiver.answer = () => 500;
    expect(await leadctl('test', 'crm')).toMatchObject({ code: 1 });
    receiver.answer = () => 200;
  });

  it('waits for an entry that cannot be read, says so, and goes on at its place', async () => {
    const { bucket } = new Endpoints(broker, 1);
    const entry = (await bucket.entry('crm.endpoint'))?.string() ?? '';
    const paused = 'leadstream_webhook_endpoint_paused{endpoint="crm",app="webhooks"}';
    await bucket.put('crm.endpoint', JSON.stringify({ ...(JSON.parse(entry) as object), types: ['lead.invented'] }));
    await eventually(async () => (await metrics()).includes(`${paused} 1`));
    const id = await publish();
    expect(await read('list')).toEqual([{ name: 'crm', unreadable: true }]);
    expect((await leadctl('list')).out).toContain('crm  its entry cannot be read');
    expect(await leadctl('add', 'crm', url, '--by', 'ana')).toMatchObject({ code: 1 });
    for (const args of [
      ['test', 'crm'],
      ['pause', 'crm', '--by', 'ana', '--reason', 'moves'],
      ['secrets', 'crm', '--rotate'],
    ])
      expect(await leadctl(...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining('the entry of crm cannot be read'),
      });
    expect(receiver.received.some((one) => one.id === id)).toBe(false);
    await bucket.put('crm.endpoint', entry);
    await arrived(id);
    expect(receiver.received.filter((one) => one.id === id)).toHaveLength(1);
    await bucket.put('broken.endpoint', 'no JSON');
    expect(await leadctl('remove', 'broken')).toMatchObject({ code: 0 });
    expect(await read<Listed[]>('list')).toMatchObject([{ name: 'crm' }]);
  });

  it('begins again only after its last post has ended, so that no two write its place', async () => {
    const { bucket } = new Endpoints(broker, 1);
    const entry = (await bucket.entry('crm.endpoint'))?.string() ?? '';
    const posts: string[] = [];
    const held = Promise.withResolvers<number>();
    receiver.answer = ({ id }) => {
      posts.push(id);
      return id === slow ? held.promise : 200;
    };
    const slow = await publish();
    await eventually(() => posts.includes(slow));
    await bucket.put('crm.endpoint', 'no JSON');
    await bucket.put('crm.endpoint', entry);
    // Another endpoint's round comes after that.
    await read('add', 'other', url, '--by', 'ana');
    const later = await publish();
    await eventually(() => posts.includes(later));
    held.resolve(200);
    await eventually(() => posts.filter((id) => id === later).length === 2);
    expect(posts.filter((id) => id === slow)).toEqual([slow]);
    expect(await leadctl('remove', 'other')).toMatchObject({ code: 0 });
    receiver.answer = () => 200;
  });

  it('pauses and resumes it, without a loss', async () => {
    expect(await leadctl('pause', 'crm', '--by', 'ana', '--reason', 'moves')).toMatchObject({ code: 0 });
    await eventually(async () =>
      (await metrics()).includes('leadstream_webhook_endpoint_paused{endpoint="crm",app="webhooks"} 1'),
    );
    const id = await publish();
    expect(await read<Listed[]>('list')).toMatchObject([
      { name: 'crm', paused: { by: 'ana', why: 'moves' }, unread: 1 },
    ]);
    const status = await command(['status'], { ...env, MONGODB_URI: 'mongodb://127.0.0.1:1/none' });
    expect(status.out).toContain('the endpoint crm is paused by ana');
    expect(receiver.received.some((one) => one.id === id)).toBe(false);
    expect(await leadctl('resume', 'crm', '--by', 'ana')).toMatchObject({ code: 0 });
    await arrived(id);
  });

  it('rotates its secret, and seals all anew with the next of DATA_KEYS', async () => {
    const { secret, secrets } = await read<{ secret: string; secrets: object[] }>('secrets', 'crm', '--rotate');
    expect(secrets).toMatchObject([{ until: null }, { until: expect.any(String) }]);
    await eventually(async () => verified(secret, await arrived(await publish())));
    env = { ...env, DATA_KEYS: KEYS.toReversed().join(',') };
    expect(JSON.parse((await command(['keys', 'rotate', '--json'], env)).out)).toMatchObject({ wrapped: 2, lost: 0 });
    env = { ...env, DATA_KEYS: KEYS[1] };
    expect(await leadctl('test', 'crm')).toMatchObject({ code: 0 });
    verified(secret, await arrived(await publish()));
    const all = await read<{ secrets: { until: string | null }[] }>('secrets', 'crm', '--rotate', '--overlap', 'PT0S');
    const ended = all.secrets.map(({ until }) => until !== null && Date.parse(until) <= Date.now());
    expect(ended).toEqual([false, true, true]);
  });

  it('delivers a dead letter again when it is asked to', async () => {
    const { Endpoints } = await import('@leadstream/service/webhooks/endpoints');
    const endpoints = new Endpoints(broker, 1);
    const id = await publish();
    const post = await arrived(id);
    const endpoint = await endpoints.find('crm');
    const state = endpoint && (await endpoints.state(endpoint));
    if (!endpoint || !state) throw new Error('no endpoint');
    const { type } = post;
    const at = new Date().toISOString();
    const letter = {
      endpoint: 'crm',
      generation: endpoint.generation,
      seq: state.cursor,
      id,
      type,
      attempts: 10,
      at,
      why: 'status: 400',
    };
    await endpoints.bury(letter);
    expect(await read<Listed[]>('list')).toMatchObject([{ deadLetters: [{ id, attempts: 10 }] }]);
    expect(await leadctl('redeliver', 'crm', '--event', 'none')).toMatchObject({ code: 1 });
    expect(await leadctl('redeliver', 'crm')).toMatchObject({ code: 0 });
    await eventually(() => receiver.received.filter((one) => one.id === id).length === 2);
    await eventually(async () => (await read<Listed[]>('list'))[0]?.deadLetters.length === 0);
  });

  it('removes it with all that was kept of it', async () => {
    expect(await leadctl('remove', 'crm')).toMatchObject({ code: 0 });
    expect(await read('list')).toEqual([]);
    for (const verb of ['test', 'redeliver', 'secrets', 'remove'])
      expect(await leadctl(verb, 'crm')).toMatchObject({ code: 1 });
    const count = receiver.received.length;
    await publish();
    await eventually(async () => !(await metrics()).includes('endpoint_paused{'));
    expect(receiver.received).toHaveLength(count);
  });
});
