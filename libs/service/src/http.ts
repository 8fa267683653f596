import type { Socket } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { TrustProxy } from './config.ts';
import { nestLogger } from './log.ts';
import { problemBody, ProblemFilter, type Route } from './problem.ts';

export interface HttpOptions {
  /** Default 64 KiB. */
  bodyLimitBytes?: number;
  /** From a request's first byte to its last; default one minute. */
  requestTimeoutMs?: number;
  /** None: no CORS at all. */
  corsOrigins?: readonly string[];
  /** Content type parsers and hooks; called before any route is there. */
  configure?(fastify: FastifyInstance): void | Promise<void>;
}

/** Slower than this a request is a connection held open on purpose. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Of that, what it may take for its headers: nobody types them. */
const HEADERS_TIMEOUT_MS = 20_000;
/** Node looks for such connections this often. */
const TIMEOUTS_CHECKED_EVERY_MS = 5_000;
/** Fastify's own 100 would answer a longer secret in a path with 414. */
const PARAMETER_LENGTH_MAX = 1_024;

/** On every answer: none is for a cache or a frame, none loads anything. HSTS is for the proxy to say, which has the certificate. */
const HEADERS = {
  'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** What Node's parser refuses never becomes a request: a bad line, too many headers, or too slow. */
const REFUSED: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, title, text } = problemBody(REFUSED[error.code ?? ''] ?? 400, 'This is no request that could be read');
  socket.end(`HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`);
}

const adapterFor = (trustProxy: TrustProxy, { bodyLimitBytes = 64 * 1024, requestTimeoutMs = REQUEST_TIMEOUT_MS }: HttpOptions) => new FastifyAdapter({
  trustProxy, bodyLimit: bodyLimitBytes, requestTimeout: requestTimeoutMs, routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
  // Node takes the smaller one for the headers, whichever is called so.
  http: { headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs), connectionsCheckingInterval: Math.min(TIMEOUTS_CHECKED_EVERY_MS, requestTimeoutMs) },
  clientErrorHandler: refuse,
  // A path that is no URL, or has too long a part. Fastify would quote it, and a path may have a token in it.
  frameworkErrors: ({ statusCode = 400 }: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
    void reply.status(statusCode).headers(HEADERS).type('application/problem+json').send(problemBody(statusCode, 'This is no path of ours').text);
  },
});

/** A Nest application on Fastify that refuses with problem+json and logs through `log`. It does not listen yet. */
export async function createApp(module: DynamicModule, log: Logger, trustProxy: TrustProxy, options: HttpOptions = {}): Promise<NestFastifyApplication> {
  const adapter = adapterFor(trustProxy, options);
  const fastify = adapter.getInstance();
  const routes: Route[] = [];
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
  fastify.addHook('onRoute', ({ method, url }) => {
    // CORS answers OPTIONS wherever it is asked: that makes no path one of ours.
    if (url === '*') return;
    for (const each of [method].flat()) routes.push({ method: each, pattern: new URLPattern({ pathname: url }) });
  });
  // Fastify's own JSON parser stays (it refuses a body with __proto__); Nest's would collide with what `configure` adds.
  fastify.removeContentTypeParser('text/plain');
  await options.configure?.(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: nestLogger(log), abortOnError: false, bodyParser: false });
  // Strict, it would refuse an OPTIONS that is no preflight in plain text, which is no problem+json.
  if (options.corsOrigins?.length) app.enableCors({ origin: [...options.corsOrigins], exposedHeaders: ['retry-after', 'traceresponse'], strictPreflight: false });
  app.useGlobalFilters(new ProblemFilter(log, routes));
  return app;
}
