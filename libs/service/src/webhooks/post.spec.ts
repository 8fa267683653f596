import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { guardedLookup, isAllowed, isWithin, networkOf } from './addresses.ts';
import { urlProblem } from './endpoints.ts';
import { Poster } from './post.ts';
import { drawSecret, Sealer, signedHeaders } from './secrets.ts';

const network = (text: string) => {
  const parsed = networkOf(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

describe('the addresses that a webhook may go to', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001::1',
    'fe80::1',
    'fec0::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    'no address',
  ])('%s is refused', (address) => expect(isAllowed(address, [])).toBe(false));

  it.each(['1.1.1.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('%s is taken', (address) =>
    expect(isAllowed(address, [])).toBe(true),
  );

  it('are also those of an allowed network, in either notation, and of no other', () => {
    const networks = [network('10.1.0.0/16'), network('fd00::/8')];
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1'])
      expect([address, isAllowed(address, networks), isWithin(address, networks)]).toEqual([address, true, true]);
    expect(isAllowed('10.2.0.1', networks)).toBe(false);
    expect(networkOf('10.1.0.0')).toBeUndefined();
  });

  it('are judged as the name resolves when the socket connects, and one that is refused refuses the name', async () => {
    const found = await new Promise((resolve) =>
      guardedLookup((address) => isAllowed(address, []))('localhost', { all: true }, (error) => resolve(error)),
    );
    expect(found).toMatchObject({ code: 'PRIVATE_ADDRESS' });
    const allowed = await new Promise((resolve) =>
      guardedLookup((address) => isAllowed(address, [network('127.0.0.0/8'), network('::1/128')]))(
        'localhost',
        { all: false, family: 4 },
        (error, address) => resolve(error ?? address),
      ),
    );
    expect(allowed).toBe('127.0.0.1');
  });
});

describe('a URL of an endpoint', () => {
  it.each([
    ['ftp://example.com', 'must begin with https://'],
    ['https://user:secret@example.com', 'must have no user name'],
    ['https://example.com/#a', 'must have no fragment'],
    ['example.com', 'is no URL'],
    [`https://example.com/${'a'.repeat(2_000)}`, 'has more than 2000'],
  ])('%.30s is refused', (url, problem) => expect(urlProblem(url)).toContain(problem));

  it('is taken with a path and a query', () => expect(urlProblem('https://example.com/a?b=c')).toBeUndefined());
});

describe('a post to an endpoint', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  const posters: Poster[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
    await Promise.all(posters.splice(0).map((poster) => poster.close()));
  });

  async function post(
    listener: RequestListener,
    { host = '127.0.0.1', networks = ['127.0.0.0/8', '::1/128'], timeoutMs = 2_000 } = {},
  ) {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const poster = new Poster({ allowed: networks.map(network), now: () => Temporal.Now.instant(), timeoutMs });
    posters.push(poster);
    const url = `http://${host}:${(server.address() as AddressInfo).port}/hook`;
    return poster.post({ url, secrets: [drawSecret()], id: 'e-1', body: '{}' });
  }

  it('is delivered by any 2xx, once', async () => {
    let calls = 0;
    const result = await post((_, response) => (calls++, response.writeHead(204).end()));
    expect([result, calls]).toMatchObject([{ kind: 'delivered', status: 204 }, 1]);
  });

  it.each([
    [500, 'status'],
    [400, 'status'],
    [410, 'gone'],
    [302, 'redirect'],
    [307, 'redirect'],
  ])('that is answered %d failed by its %s, and is not sent on', async (status, why) => {
    let calls = 0;
    const result = await post((_, response) => {
      calls++;
      response.writeHead(status, { location: '/other', 'retry-after': '7' }).end();
    });
    expect([result, calls]).toMatchObject([{ kind: 'failed', why, status, retryAfterMs: 7_000 }, 1]);
  });

  it.each(['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0'])(
    'to %s is refused before a connection, unless its network is allowed',
    async (host) => {
      let calls = 0;
      const count: RequestListener = (_, response) => (calls++, response.end());
      expect(await post(count, { host, networks: [] })).toMatchObject({ kind: 'failed', why: 'private-address' });
      expect(await post(count, { host, networks: ['10.0.0.0/8'] })).toMatchObject({ why: 'private-address' });
      expect(calls).toBe(0);
    },
  );

  it('that gets no whole answer in time, or no connection, failed by it', async () => {
    const silent = await post(() => undefined, { timeoutMs: 200 });
    const half = await post((_, response) => response.writeHead(200).write('a'), { timeoutMs: 200 });
    const reset = await post((request) => request.socket.destroy());
    expect([silent, half, reset]).toMatchObject([{ why: 'timeout' }, { why: 'timeout' }, { why: 'unreachable' }]);
  });

  it('with an endless answer is ended', async () => {
    const result = await post((_, response) => {
      const more = () => response.write('a'.repeat(65_536), () => response.destroyed || setImmediate(more));
      response.writeHead(200);
      more();
    });
    expect(result).toMatchObject({ kind: 'delivered', status: 200 });
  });

  it('without a secret that opens is not made', async () => {
    const poster = new Poster({ allowed: [], now: () => Temporal.Now.instant() });
    posters.push(poster);
    const result = await poster.post({ url: 'https://example.com', secrets: [], id: 'e', body: '{}' });
    expect(result).toMatchObject({ kind: 'failed', why: 'no-secret' });
  });
});

describe('the secret of an endpoint', () => {
  const keys = ['a secret of thirty-two characters at least', 'another secret of thirty-two characters'];

  it('signs as the vector of Standard Webhooks', () => {
    const body =
      '{"specversion":"1.0","id":"e-1","source":"sender","type":"lead.sent","time":"2026-11-05T16:33:54.907Z",' +
      '"subject":"3f1c9a80-0000-4000-8000-000000000002","datacontenttype":"application/json",' +
      '"data":{"sendId":"3f1c9a80-0000-4000-8000-000000000001"}}';
    const secret = 'whsec_bGVhZHN0cmVhbSB0ZXN0IHNlY3JldCBvZiAzMiBieXQ=';
    expect(signedHeaders([secret], { id: 'e-1', timestamp: 1_793_896_435, body })).toEqual({
      'webhook-id': 'e-1',
      'webhook-timestamp': '1793896435',
      'webhook-signature': 'v1,YKNlCGGSpmJRNKMxd+RzHLxWIpUNMzuByy+99WcopAM=',
    });
  });

  it('opens for its endpoint alone, by any of DATA_KEYS, the first of which seals', () => {
    const [first = '', second = ''] = keys;
    const secret = drawSecret();
    const sealed = new Sealer([first]).seal(secret, 'crm');
    expect(sealed).not.toContain(secret);
    const rotated = new Sealer([second, first]);
    expect([rotated.open(sealed, 'crm'), rotated.isCurrent(sealed)]).toEqual([secret, false]);
    expect(rotated.isCurrent(rotated.seal(secret, 'crm'))).toBe(true);
    expect([rotated.open(sealed, 'other'), new Sealer([second]).open(sealed, 'crm')]).toEqual([undefined, undefined]);
    expect(() => new Sealer(undefined).seal(secret, 'crm')).toThrow('DATA_KEYS');
  });
});
