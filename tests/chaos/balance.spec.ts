import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { freePort } from '@leadstream/testing/servers';
import { balance } from './balance.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function backend(words: string): Promise<number> {
  const port = await freePort();
  const server = createServer((_request, response) => response.setHeader('connection', 'close').end(words)).listen(
    port,
    '127.0.0.1',
  );
  stops.push(() => server.close());
  await once(server, 'listening');
  return port;
}
async function before(ports: number[]): Promise<() => Promise<string>> {
  const port = await freePort();
  const balancer = await balance(port, ports);
  stops.push(() => balancer.stop());
  return async () => (await fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } })).text();
}

it('connections go to each process in turn', async () => {
  const ask = await before([await backend('one'), await backend('two')]);
  expect(new Set([await ask(), await ask()])).toEqual(new Set(['one', 'two']));
});

it('a process that is down costs no request, and a connection is reset when all are', async () => {
  const ask = await before([await freePort(), await backend('two')]);
  expect([await ask(), await ask()]).toEqual(['two', 'two']);
  await expect((await before([await freePort()]))()).rejects.toThrow();
});
