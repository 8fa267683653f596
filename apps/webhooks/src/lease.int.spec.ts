import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Bucket } from '@leadstream/eventlog/bucket';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { Lease } from './lease.ts';

const LEASE_MS = 600;
let nats: Server;
let broker: Broker;
const lease = () => new Lease(new Bucket(broker, 'webhooks', 1), LEASE_MS);

beforeAll(async () => {
  nats = await startNats();
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

it('is held by one of several processes, until it ends or no longer renews it', async () => {
  const racers = Array.from({ length: 5 }, lease);
  await Promise.all(racers.map((one) => one.beat()));
  const holders = () => racers.filter(({ term }) => term !== undefined);
  // A slow machine may have let the first term end.
  expect(holders().length).toBeLessThanOrEqual(1);
  const first = await eventually(async () => {
    await Promise.all(racers.map((one) => one.beat()));
    return holders()[0];
  });
  const others = racers.filter((one) => one !== first);
  const next = await eventually(async () => {
    await Promise.all(others.map((one) => one.beat()));
    return others.find(({ term }) => term !== undefined);
  });
  expect(first.term).toBeUndefined();
  await next.release();
  expect(next.term).toBeUndefined();
  const last = lease();
  await eventually(async () => {
    await last.beat();
    return last.term;
  });
});
