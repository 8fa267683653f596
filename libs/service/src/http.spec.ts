import { once } from 'node:events';
import { connect } from 'node:net';
import { Body, Controller, Get, HttpCode, Module, Post, Req } from '@nestjs/common';
import { Unavailable } from '@leadstream/eventlog/errors';
import { context, trace } from '@opentelemetry/api';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { z } from 'zod';
import { Health } from './health.ts';
import { Door } from './door.ts';
import { createApp } from './http.ts';
import { logger } from './log.ts';
import { Metrics } from './metrics.ts';
import { ServiceModule } from './module.ts';
import { Problem } from './problem.ts';
import { startTelemetry } from './telemetry.ts';

const shape = z.object({
  email: z.email('is not an address'),
  leadData: z.object({ source: z.string('is required') }),
});

@Controller('v1')
class Leads {
  @Post('leads')
  @Door({ refusals: ['json', 'contract', 'media-type'] })
  @HttpCode(202)
  create(@Body() body: unknown): { id: string } {
    const parsed = shape.safeParse(body);
    if (!parsed.success) throw Problem.invalid(parsed.error);
    return { id: '1' };
  }

  @Get('away')
  away(): never {
    throw new Unavailable('NATS is not connected');
  }

  @Get('trace')
  trace(): string {
    return trace.getSpanContext(context.active())?.traceId ?? 'none';
  }

  @Get('broken')
  broken(): never {
    throw new Error('password of the database is hunter2');
  }

  /** Answers 503 once its caller has left. */
  @Get('left')
  async left(@Req() { raw }: FastifyRequest): Promise<never> {
    await once(raw.socket, 'close');
    throw new Unavailable('NATS does not answer');
  }

  @Get('inbound/:secret')
  secret(): never {
    throw new Problem('secret', 'There is nothing at this path');
  }
}

@Module({ controllers: [Leads] })
class LeadsModule {}

/** Number of the route's refusals for this reason. */
const refusals = async (metrics: Metrics, route: string, reason: string): Promise<number> =>
  (await metrics.httpRefusals.get()).values
    .filter(({ labels }) => labels.route === route && labels.reason === reason)
    .reduce((sum, { value }) => sum + value, 0);

describe('an HTTP service', () => {
  let app: NestFastifyApplication;
  const lines: Record<string, unknown>[] = [];
  const health = new Health();

  beforeAll(async () => {
    await startTelemetry('ingest', {});
    const log = logger('ingest', 'warn', {
      write: (line) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
    const metrics = new Metrics('ingest');
    const providers = [
      { provide: Health, useValue: health },
      { provide: Metrics, useValue: metrics },
    ];
    app = await createApp(ServiceModule.around(LeadsModule, providers), log, false, { bodyLimitBytes: 1_000, metrics });
    await app.init();
  });
  afterAll(() => app.close());

  const post = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/v1/leads', headers: { 'content-type': type }, payload });
  const get = (url: string) => app.inject({ method: 'GET', url });

  it('names every field that is wrong', async () => {
    const answer = await post('{"email":"jane"}');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'CONTRACT',
      detail: 'The body does not keep to the contract',
      errors: [
        { field: 'email', message: 'is not an address' },
        { field: 'leadData', message: expect.any(String) },
      ],
    });
  });

  it.each([
    ['a body that is not JSON', () => post('{"email":'), 400, /not valid JSON/],
    ['no body', () => post(''), 400, /body/i],
    ['a body that would change prototypes', () => post('{"__proto__":{"a":1}}'), 400, /reaches a prototype/],
    ['a body beyond the limit', () => post(JSON.stringify({ email: 'x'.repeat(2_000) })), 413, /too large/],
    ['another content type', () => post('hello', 'text/plain'), 415, /content type/i],
    ['a path that is not there', () => get('/v1/nothing?x=1'), 404, /nothing at this path/],
    ['a wrong secret in the path', () => get('/v1/inbound/guess'), 404, /nothing at this path/],
  ])('refuses %s', async (_what, ask, status, detail) => {
    const answer = await ask();
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, detail: expect.stringMatching(detail) });
  });

  it('names the methods of a path', async () => {
    const answer = await get('/v1/leads?x=1');
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'POST']);
  });

  it('asks for a retry when a dependency is unavailable', async () => {
    const answer = await get('/v1/away');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
  });

  it('hides an unexpected error from the caller, and logs it once', async () => {
    lines.length = 0;
    const answer = await get('/v1/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', msg: 'a request failed', route: '/v1/broken' });
  });

  it('is alive without its dependencies, and ready when the required ones are available', async () => {
    health.add('nats', () => Promise.resolve());
    health.add('mongodb', () => Promise.reject(new Error('no server at mongodb://root:hunter2@db:27017')), {
      required: false,
    });
    expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
    const ready = await get('/readyz');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toEqual({ status: 'ok', checks: { nats: 'ok', mongodb: 'no server at mongodb://db:27017' } });

    health.add('nats', () => Promise.reject(new Error('connecting to nats://127.0.0.1:4222')));
    const unavailable = await get('/readyz');
    expect(unavailable.statusCode).toBe(503);
    expect(unavailable.json()).toMatchObject({
      status: 'unavailable',
      checks: { nats: 'connecting to nats://127.0.0.1:4222' },
    });
  });

  it('does not wait for a dependency that does not respond', async () => {
    const silent = new Health();
    silent.add('nats', () => new Promise(() => undefined));
    expect(await silent.report()).toEqual({ status: 'unavailable', checks: { nats: 'no answer within 1000 ms' } });
  });

  it('handles a request in its caller’s trace', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    expect((await app.inject({ method: 'GET', url: '/v1/trace', headers })).body).toBe(traceId);
    expect((await get('/v1/trace')).body).toBe('none');
  });

  it('counts its responses by route and status, but for the probes', async () => {
    const count = async (labels: string) =>
      Number(
        new RegExp(`^leadstream_http_requests_total\\{${labels},app="ingest"\\} (\\d+)$`, 'm').exec(
          (await get('/metrics')).body,
        )?.[1],
      );
    const before = await count('route="none",code="404"');
    await get('/nowhere');
    await get('/healthz');
    expect(await count('route="none",code="404"')).toBe((before || 0) + 1);
    expect((await get('/metrics')).body).not.toContain('route="/healthz"');
  });

  it('shows its metrics in the names that dashboards use', async () => {
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const name of ['http_refusals_total', 'quarantined_total', 'publish_failures_total'])
      expect(answer.body).toContain(`# HELP leadstream_${name} `);
    expect(answer.body).toContain('process_cpu_seconds_total{app="ingest"}');
  });
});

describe('an HTTP service whose pages may be elsewhere', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const providers = [
      { provide: Health, useValue: new Health() },
      { provide: Metrics, useValue: new Metrics('ingest') },
    ];
    app = await createApp(ServiceModule.around(LeadsModule, providers), logger('ingest', 'silent'), false, {
      corsOrigins: ['https://example.com'],
    });
    await app.init();
  });
  afterAll(() => app.close());

  it.each([
    ['a path that is not there', 'GET', '/v1/nothing', 404],
    ['a slash too many', 'POST', '/v1/leads/', 404],
    ['another method', 'PUT', '/v1/leads', 405],
  ] as const)('still distinguishes %s', async (_, method, url, status) => {
    const answer = await app.inject({ method, url });
    expect([answer.statusCode, answer.headers['allow'], answer.headers['content-type']]).toEqual([
      status,
      status === 405 ? 'POST' : undefined,
      expect.stringContaining('application/problem+json'),
    ]);
  });

  it('refuses always with problem+json, also an unexpected OPTIONS', async () => {
    const answer = await app.inject({ method: 'OPTIONS', url: '/v1/leads' });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
  });

  it('sends no CORS header to another origin', async () => {
    const allowed = async (origin: string) =>
      (
        await app.inject({
          method: 'OPTIONS',
          url: '/v1/leads',
          headers: { origin, 'access-control-request-method': 'POST' },
        })
      ).headers['access-control-allow-origin'];
    expect([
      await allowed('https://example.com'),
      await allowed('https://evil.example'),
      await allowed('null'),
    ]).toEqual(['https://example.com', undefined, undefined]);
  });
});

describe('a stranger’s request', () => {
  let app: NestFastifyApplication;
  let port: number;
  const lines: string[] = [];
  const metrics = new Metrics('ingest');
  beforeAll(async () => {
    const providers = [
      { provide: Health, useValue: new Health() },
      { provide: Metrics, useValue: metrics },
    ];
    app = await createApp(
      ServiceModule.around(LeadsModule, providers),
      logger('ingest', 'info', {
        write: (line) => {
          lines.push(line);
        },
      }),
      false,
      { requestTimeoutMs: 50, metrics },
    );
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  });
  afterAll(() => app.close());

  beforeEach(() => {
    lines.length = 0;
  });

  const get = (url: string) => app.inject({ method: 'GET', url });
  /** The server's response to these bytes until it closes the connection. */
  const say = async (bytes: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    const answer: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answer.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(answer).toString();
  };

  it.each(['/healthz', '/v1/nothing', '/v1/broken', '/v1/%E0%A4%A'])(
    'to %s gets headers that forbid a browser to cache, sniff, frame or load, and name no framework',
    async (url) => {
      const { headers } = await get(url);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
      });
      expect(Object.keys(headers).filter((name) => ['x-powered-by', 'server'].includes(name))).toEqual([]);
    },
  );

  it.each([
    ['that is no URL', '/v1/inbound/hunter2%E0%A4%A', 400],
    ['with an endless part', `/v1/inbound/hunter2${'a'.repeat(2_000)}`, 414],
  ])('with a path %s is refused without a quote of the path', async (_, url, status) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      status,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(answer.body).not.toContain('hunter2');
  });

  it('with a long secret in a path reaches the handler', async () => {
    expect((await get(`/v1/inbound/${'a'.repeat(1_000)}`)).json()).toMatchObject({ status: 404 });
  });

  it.each([
    ['headers that never end', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ', 408],
    [
      'a body that never comes',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      408,
    ],
    ['too many bytes of headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two ideas of how long it is',
      'POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
  ])('with %s gets a problem, and the connection ends', async (_, bytes, status) => {
    const answer = await say(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem\\+json[^]*"status":${status}`));
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('is counted with the status of its response, although its caller left before it', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /v1/left HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.end().destroy());
    const counted = async () => {
      const { values } = await metrics.httpRequests.get();
      return values.filter(({ labels, value }) => labels.route === '/v1/left' && value > 0);
    };
    await eventually(async () => (await counted()).length > 0);
    expect(await counted()).toEqual([{ labels: { route: '/v1/left', code: 503 }, value: 1 }]);
    const seconds = (await metrics.httpSeconds.get()).values;
    expect(
      seconds.find(({ labels, metricName }) => labels.route === '/v1/left' && metricName?.endsWith('_count')),
    ).toMatchObject({ value: 1 });
  });

  it.each([
    ['its length', 'Content-Length: 9\r\n\r\n{'],
    ['its chunks', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ])('that hangs up in the middle of a body with %s causes no error line', async (_, bytes) => {
    const before = await refusals(metrics, '/v1/leads', 'hung-up');
    const hangUp = () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(`POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${bytes}`, () =>
        socket.destroy(),
      );
    };
    // Again and again: a busy machine may let the request's 50 ms pass before it hangs up.
    await eventually(async () => {
      hangUp();
      return (await refusals(metrics, '/v1/leads', 'hung-up')) > before;
    });
    expect(lines.filter((line) => /"level":"(?:error|warn)".*hung-up/.test(line))).toEqual([]);
  });
});
