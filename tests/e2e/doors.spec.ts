import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { buildAll } from '../../tools/build-all.ts';
import { forged, genuine, genuineToken, halfPosts, mails, unsigned } from '../chaos/doors/flood.ts';
import { startInbound, type Inbound } from '../chaos/doors/inbound.ts';

const MIB = 1024 * 1024;
/**
 * A pod has 512. 150 MiB at rest, the budget, and what V8 has yet to collect; without the budget it is 450 and more.
 */
const PEAK_MIB_MAX = 400;
const CONNECTIONS_MAX = 200;
const run = promisify(execFile);

/** The full numbers: `npm run test:doors`. */
describe('inbound as a process of its own', () => {
  let inbound: Inbound;
  beforeAll(async () => {
    await buildAll();
    inbound = await startInbound({
      HTTP_CONNECTIONS_MAX: String(CONNECTIONS_MAX),
      HTTP_HELD_BYTES_MAX: String(48 * MIB),
    });
  });
  afterAll(() => inbound[Symbol.asyncDispose]());

  const refused = async (reason: string) => {
    const text = await (await fetch(`${inbound.url}/metrics`)).text();
    return [
      ...text.matchAll(new RegExp(`^leadstream_http_refusals_total\\{.*reason="${reason}".*\\} (\\d+)$`, 'gm')),
    ].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const THROUGH = [200, 200, 200];

  it('stores no unsigned body, answers each, and accepts genuine requests meanwhile', async () => {
    const bombs = unsigned(inbound, 40, 16 * MIB);
    expect((await genuine(inbound)).statuses).toEqual(THROUGH);
    expect(await bombs).toEqual({ 401: 40 });
    expect(await refused('signature-shape')).toBe(40);
    expect(await inbound.peakMiB()).toBeLessThan(PEAK_MIB_MAX);
  });

  it.each([
    ['one network', 1],
    ['many networks', 100],
  ])(
    'holds no more than its budget of endless forged bodies, from %s, and genuine ones find room',
    async (_, networks) => {
      const before = await refused('held-bytes');
      void forged(inbound, { count: 150, bytes: 2 * MIB - 1, networks });
      await eventually(async () => (await refused('held-bytes')) > before);
      expect((await genuine(inbound)).statuses).toEqual(THROUGH);
      expect(await inbound.peakMiB()).toBeLessThan(PEAK_MIB_MAX);
    },
  );

  it('takes as many large mails at once as it has room for, and has SendGrid come again with the others', async () => {
    const large = mails(inbound, 30, 10);
    expect((await genuine(inbound)).statuses).toEqual(THROUGH);
    const { 200: stored = 0, 503: later = 0, ...others } = await large;
    expect([others, stored > 0, later > 0, stored + later]).toEqual([{}, true, true, 30]);
    expect(inbound.hasEnded()).toBe(false);
  });

  it.each([
    ['has no valid signature', () => 'a'.repeat(44)],
    ['a mail contains', () => genuineToken(inbound)],
  ])('makes room for new connections when half posts to a token that %s take all of them', async (_, token) => {
    // Below what is read of them: they wait for their rest until their time is over.
    const flood = halfPosts(inbound, { count: 3 * CONNECTIONS_MAX, bytes: 1_000, token: token() });
    try {
      await eventually(() => flood.ended() >= 2 * CONNECTIONS_MAX);
      for (let i = 0; i < 5; i++) expect(await genuine(inbound, 1)).toEqual({ statuses: THROUGH, attempts: 3 });
    } finally {
      flood.close();
    }
    expect(inbound.hasEnded()).toBe(false);
  });

  it('is heard by a caller that sends all of its body before it listens, 10 of 10', async () => {
    const script = `
import http.client, sys
for _ in range(10):
    c = http.client.HTTPConnection('127.0.0.1', ${inbound.port})
    c.request('POST', sys.argv[1], b' ' * 5000000)
    print(c.getresponse().status)`;
    for (const [path, status] of [
      ['/v1/sendgrid/events', 401],
      ['/v1/sendgrid/inbound/guess', 404],
      ['/v1/nothing', 404],
      [`/u/${'a'.repeat(44)}`, 200],
    ] as const) {
      const { stdout } = await run('python3', ['-c', script, path]);
      expect(stdout.trim().split('\n')).toEqual(Array(10).fill(String(status)));
    }
  });
});
