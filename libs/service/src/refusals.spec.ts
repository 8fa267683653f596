import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import type { FastifyInstance } from 'fastify';
import { Door } from './door.ts';
import { Health } from './health.ts';
import { createApp } from './http.ts';
import { logger } from './log.ts';
import { Metrics } from './metrics.ts';
import { ServiceModule } from './module.ts';
import { Problem } from './problem.ts';
import { Refusals } from './refusals.ts';

@Controller('v1')
class Leads {
  @Post('leads')
  @Door({ refusals: ['json', 'contract', 'media-type'] })
  @HttpCode(202)
  create(@Body() body: unknown): { id: string } {
    if (typeof body !== 'object' || body === null || !('email' in body))
      throw new Problem('contract', 'An email is required');
    return { id: '1' };
  }

  @Post('closed/:token')
  @Door({ refusals: ['secret'] })
  closed(): string {
    return 'behind the hook that refuses';
  }

  @Post('busy')
  @Door({})
  busy(): string {
    return this.closed();
  }
}

@Module({ controllers: [Leads] })
class LeadsModule {}

/** The number of the route's refusals for this reason. */
const refusals = async (metrics: Metrics, route: string, reason: string): Promise<number> =>
  (await metrics.httpRefusals.get()).values
    .filter(({ labels }) => labels.route === route && labels.reason === reason)
    .reduce((sum, { value }) => sum + value, 0);

/** Checked before the body, like API keys and rates. */
function beforeTheBody(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.url.startsWith('/v1/closed/')) return done(new Problem('secret', 'There is nothing at this path'));
    done(request.url === '/v1/busy' ? new Problem('held-bytes', 'Later', { retryAfterSeconds: 5 }) : undefined);
  });
}

describe('a refusal', () => {
  let app: NestFastifyApplication;
  let port: number;
  const lines: Record<string, unknown>[] = [];
  const metrics = new Metrics('ingest');
  beforeAll(async () => {
    const providers = [
      { provide: Health, useValue: new Health() },
      { provide: Metrics, useValue: metrics },
    ];
    const log = logger('ingest', 'info', {
      write: (line) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
    app = await createApp(ServiceModule.around(LeadsModule, providers), log, false, {
      metrics,
      configure: beforeTheBody,
    });
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  });
  afterAll(() => app.close());

  const LEAD = JSON.stringify({ email: 'jane@example.com', leadData: { source: 'x' } });
  /** The server's response to these bytes, until it closes the connection or has responded `answers` times. */
  const say = async (bytes: string, answers = Infinity) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes, 'latin1');
    let said = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      said += chunk.toString();
      if (said.split('HTTP/1.1 ').length > answers) break;
    }
    return said;
  };
  const statuses = (said: string) => [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

  it.each([
    ['two Hosts', 'POST /v1/leads HTTP/1.1\r\nHost: a\r\nHost: b\r\n', 400, 'host'],
    ['no Host', 'POST /v1/leads HTTP/1.1\r\n', 400, 'host'],
    [
      'an unknown transfer coding',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n',
      501,
      'transfer-coding',
    ],
    [
      'identity, in a line of its own',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\ntransfer-encoding: identity\r\nTransfer-Encoding: chunked\r\n',
      501,
      'transfer-coding',
    ],
    [
      'a coding behind more headers than Node counts',
      `POST /v1/leads HTTP/1.1\r\nHost: x\r\n${'a:b\r\n'.repeat(2_100)}Transfer-Encoding: gzip, chunked\r\n`,
      431,
      'headers',
    ],
    [
      'chunked twice',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
      400,
      'framing',
    ],
    ['chunked not last', 'POST /v1/leads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n', 400, 'framing'],
    [
      'a length beside chunks',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      400,
      'framing',
    ],
    ['chunks in HTTP/1.0', 'POST /v1/leads HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n', 400, 'framing'],
    [
      'a blank before the colon',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n',
      400,
      'unreadable',
    ],
    ['an expectation of its own', 'POST /v1/leads HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n', 417, 'expectation'],
    ['another HTTP', 'POST /v1/leads HTTP/2.0\r\nHost: x\r\n', 505, 'version'],
    ['a wish for a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n', 405, 'connect'],
    ['no URL', 'GET /%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n', 400, 'path'],
    ['an unknown path', 'POST /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n', 404, 'route'],
    ['another method', 'PUT /v1/leads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n', 405, 'method'],
  ])(
    'of a request with %s is a problem and is counted, and no byte after it is a request',
    async (_, head, status, reason) => {
      const [before, accepted] = [
        await refusals(metrics, 'none', reason),
        await refusals(metrics, '/v1/leads', 'contract'),
      ];
      const smuggled =
        `POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: ` + `application/json\r\nContent-Length: 2\r\n\r\n{}`;
      const said = await say(`${head}Content-Type: application/json\r\n\r\n0\r\n\r\n${smuggled}`);
      expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem\\+json[^]*"status":${status}`));
      expect(statuses(said)).toEqual([status]);
      expect([
        (await refusals(metrics, 'none', reason)) - before,
        (await refusals(metrics, '/v1/leads', 'contract')) - accepted,
      ]).toEqual([1, 0]);
    },
  );

  it('is a 415 for a body with a content coding, and not for one without', async () => {
    const post = (coding: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/leads',
        headers: { 'content-type': 'application/json', 'content-encoding': coding },
        payload: LEAD,
      });
    const answers = await Promise.all(['gzip', 'br, gzip', 'GZIP', 'identity', ''].map(post));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([415, 415, 415, 202, 202]);
    expect([answers[0]?.headers['accept-encoding'], answers[0]?.headers['content-type']]).toEqual([
      'identity',
      expect.stringContaining('application/problem+json'),
    ]);
  });

  it('comes before the body for a caller that sends Expect', async () => {
    const asked = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
      `Expect: 100-continue\r\nContent-Length: ${LEAD.length}\r\n\r\n`;
    expect(statuses(await say(asked('/v1/nothing'), 1))).toEqual([404]);
    expect(statuses(await say(`${asked('/v1/leads')}${LEAD}`, 2))).toEqual([100, 202]);
  });

  const TOO_MUCH = Buffer.alloc(5_000_000, ' ');
  const REFUSED = [
    ['/v1/leads', 413],
    ['/v1/nothing', 404],
    ['/v1/closed/hunter2', 404],
    ['/v1/busy', 503],
  ] as const;

  /** Of each client; a refusal that is lost now and then is seen in more of them. */
  const POSTS = isLong ? 20 : 5;
  it.each(REFUSED)('reaches a caller that is still sending, each time: %s %d', async (path, status) => {
    const url = `http://127.0.0.1:${port}${path}`;
    const headers = { 'content-type': 'application/json' };
    const byFetch = async () => {
      const answer = await fetch(url, { method: 'POST', headers, body: TOO_MUCH });
      await answer.text();
      return answer.status;
    };
    const byHttp = () =>
      new Promise<number | undefined>((resolve, reject) => {
        request(url, { method: 'POST', headers }, (answer) =>
          answer.resume().on('end', () => resolve(answer.statusCode)),
        )
          .on('error', reject)
          .end(TOO_MUCH);
      });
    const answered: (number | undefined)[] = [];
    for (let i = 0; i < POSTS; i++) answered.push(await byFetch(), await byHttp());
    expect(answered).toEqual(Array(2 * POSTS).fill(status));
  });

  /**
   * Begins a post, waits for the response, sends the rest of five million bytes and then `last`; returns all that it
   * received.
   */
  const listenFirst = async (head: string, last = '') => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let said = '';
    socket
      .on('data', (chunk: Buffer) => {
        said += chunk.toString();
      })
      .write(`${head}Host: x\r\nContent-Type: application/json\r\nContent-Length: ${TOO_MUCH.length}\r\n\r\n `);
    await eventually(() => said.includes('}'));
    for (let sent = 1; sent < TOO_MUCH.length; sent += 65_536)
      await new Promise<void>((resolve, reject) => {
        socket.write(TOO_MUCH.subarray(sent, sent + 65_536), (error) => (error ? reject(error) : resolve()));
      });
    socket.end(last);
    await once(socket, 'close');
    return said;
  };

  it.each(REFUSED)(
    'is no reset for a caller that sends on after it heard it, and leaves it its connection: %s %d',
    async (path, status) => {
      expect(
        statuses(await listenFirst(`POST ${path} HTTP/1.1\r\n`, 'GET /v1/leads HTTP/1.1\r\nHost: x\r\n\r\n')),
      ).toEqual([status, 405]);
      expect(statuses(await listenFirst(`POST ${path} HTTP/1.1\r\nConnection: close\r\n`))).toEqual([status]);
    },
  );

  it('is no reset when the connection is closed after it', async () => {
    expect(statuses(await listenFirst('POST /v1/leads HTTP/1.1\r\nHost: y\r\n'))).toEqual([400]);
    expect(statuses(await listenFirst('POST /v1/leads HTTP/1.1\r\nBad Header: y\r\n'))).toEqual([400]);
  });

  it('reaches a caller that sends chunks, asked to close, or gets it in the middle of its body', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    for (const [path, status] of REFUSED) {
      const said = await say(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ` +
          `application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n`,
      );
      expect(statuses(said)).toEqual([status]);
    }
  });

  it('has its metric before it happens', async () => {
    const text = await metrics.exposition();
    for (const labels of [
      'route="/v1/closed/:token",status="404",reason="secret"',
      'route="/v1/closed/:token",status="413",reason="too-large"',
      'route="none",status="503",reason="connections"',
    ]) {
      expect(text).toMatch(
        new RegExp(`leadstream_http_refusals_total\\{${labels.replaceAll('/', '\\/')},app="ingest"\\} \\d`),
      );
    }
  });

  it('is a log line with its reason and without the path’s secret; a flood of it is two lines', async () => {
    const log = logger('ingest', 'info', {
      write: (line) => {
        told.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
    const told: Record<string, unknown>[] = [];
    const flood = new Refusals(log, undefined, 20);
    for (let i = 0; i < 1_000; i++) flood.add('/v1/closed/:token', 'secret');
    await eventually(() => told.length === 2);
    flood.close();
    expect(told).toMatchObject(
      [1, 999].map((count) => ({
        level: 'warn',
        msg: 'request refused',
        route: '/v1/closed/:token',
        reason: 'secret',
        status: 404,
        count,
      })),
    );
    expect(lines.find(({ reason }) => reason === 'secret')).toMatchObject({
      level: 'warn',
      msg: 'request refused',
      route: '/v1/closed/:token',
      status: 404,
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
