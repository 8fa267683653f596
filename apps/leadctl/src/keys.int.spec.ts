import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { destroyKey, Keyring } from '@leadstream/eventlog/keyring';
import { provision } from '@leadstream/eventlog/provision';
import { Endpoints } from '@leadstream/service/webhooks/endpoints';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { nanos } from '@nats-io/transport-node';
import { dial } from './testing/backup.ts';
import { command } from './testing/command.ts';

const [OLD, NEW] = ['an old secret of the environment which is long', 'a new secret of the environment which is long'];

describe('leadctl', () => {
  let nats: Server;
  let broker: Broker;
  const leadctl = (keys: string, ...args: string[]) => command(args, { NATS_URL: nats.url, DATA_KEYS: keys });
  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
    await provision(broker, { replicas: 1, streams: ['KV_keys', 'QUARANTINE'] });
    const keyring = new Keyring(broker, [OLD]);
    for (const lead of ['lead-1', 'lead-2', 'lead-3']) await keyring.create(lead);
    await destroyKey(broker, 'lead-3');
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
  });

  it('shows the number of keys by their wrapping secret, and a missing secret', async () => {
    const [oldId] = new Keyring(broker, [OLD]).ids;
    expect(JSON.parse((await leadctl(OLD, 'keys', 'status', '--json')).out)).toEqual({
      secrets: [oldId],
      keys: { [oldId ?? '']: 2 },
      destroyed: 1,
      unknown: 0,
    });
    expect(await leadctl(NEW, 'keys', 'status')).toMatchObject({
      code: 1,
      out: expect.stringContaining('is not in DATA_KEYS'),
    });
  });

  it('wraps all keys again, so that the old secret can be removed', async () => {
    const key = await new Keyring(broker, [OLD]).find('lead-1');
    expect(await leadctl(NEW, 'keys', 'rotate')).toMatchObject({ code: 1, out: expect.stringContaining('2 are not') });
    expect(JSON.parse((await leadctl(`${NEW},${OLD}`, 'keys', 'rotate', '--json')).out)).toEqual({
      total: 2,
      wrapped: 2,
      lost: 0,
    });
    expect(JSON.parse((await leadctl(`${NEW},${OLD}`, 'keys', 'rotate', '--json')).out)).toEqual({
      total: 2,
      wrapped: 0,
      lost: 0,
    });
    expect(await leadctl(NEW, 'keys', 'status')).toMatchObject({ code: 0 });
    expect(await new Keyring(broker, [NEW]).find('lead-1')).toEqual(key);
    expect(await new Keyring(broker, [NEW]).find('lead-3')).toBe('destroyed');
  });

  it('says that the older secret is still needed while a webhook endpoint cannot be read', async () => {
    const { bucket } = new Endpoints(broker, 1);
    await bucket.put('crm.endpoint', '{}');
    expect(await leadctl(`${NEW},${OLD}`, 'keys', 'rotate')).toMatchObject({
      code: 1,
      err: expect.stringContaining('crm'),
    });
    await (await bucket.open()).purge('crm.endpoint');
    expect(await leadctl(`${NEW},${OLD}`, 'keys', 'rotate')).toMatchObject({ code: 0 });
  });

  it('keeps an entry of quarantine without an end', async () => {
    const entry = {
      consumer: 'triage',
      reason: 'why',
      attempts: 1,
      at: '2026-11-23T09:00:00Z',
      origin: { stream: 'INTAKE', seq: 1, subject: 'lead.created' },
      headers: {},
    };
    for (const reason of ['kept', 'left'])
      await broker.js().publish('quarantine.triage', JSON.stringify({ ...entry, reason }));
    expect(await leadctl(NEW, 'quarantine', 'keep', '1')).toMatchObject({ code: 0, out: '1 is 3 now, and stays\n' });
    const { streams } = await broker.jsm();
    const { config } = await streams.info('QUARANTINE');
    await streams.update('QUARANTINE', { ...config, max_age: nanos(500), duplicate_window: nanos(500) });
    await eventually(async () => (await streams.info('QUARANTINE')).state.messages === 1);
    expect((await leadctl(NEW, 'quarantine', 'list')).out).toContain('kept');
    expect(await leadctl(NEW, 'quarantine', 'keep', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no 1'),
    });
  });
});
