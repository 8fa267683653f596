import type { RequestListener } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { TrustProxy } from './config.ts';
import type { DoorOptions } from './door.ts';
import { nestLogger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { networkOf } from './network.ts';
import { Port } from './port.ts';
import { HEADERS, Problem, problemBody, ProblemFilter, PROBLEM_TYPE, type Route } from './problem.ts';
import { NO_ROUTE, reasonsOf, Refusals } from './refusals.ts';
import { discardRest, RequestBody } from './request-body.ts';

export interface HttpOptions {
  /** The limit of a route without one of its own; default 64 KiB. */
  bodyLimitBytes?: number;
  /** The time from a request's first byte to its last; default one minute. */
  requestTimeoutMs?: number;
  /** Without it there is no CORS. */
  corsOrigins?: readonly string[];
  /** Shared by the services of one process; without it the service has one of its own. */
  port?: Port;
  metrics?: Metrics;
  /** The reason to refuse a JSON body that parses, in words; what it throws refuses it, too. */
  jsonFault?(this: void, text: string): string | undefined;
  /** Content type parsers and hooks; called before any route exists. */
  configure?(fastify: FastifyInstance): void | Promise<void>;
}

/** A slower request counts as a connection that is held open on purpose. */
const REQUEST_TIMEOUT_MS = 60_000;
/** The headers' part of that time: programs send them at once. */
const HEADERS_TIMEOUT_MS = 20_000;
/** The interval of Node's search for such connections. */
const TIMEOUTS_CHECKED_EVERY_MS = 5_000;
/** Fastify's own default; above the 60 s that proxies keep an idle connection. */
const KEEP_ALIVE_MS = 72_000;
/** Fastify's default of 100 answers a longer secret in a path with 414. */
const PARAMETER_LENGTH_MAX = 1_024;
/** Memory of parsed JSON, in multiples of its length in bytes. */
const PARSED_FACTOR = 4;

const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

interface Doors {
  port: Port;
  refusals: Refusals;
  /** Filled while the routes are declared. */
  routes: readonly Route[];
}

const adapterFor = (
  trustProxy: TrustProxy,
  { requestTimeoutMs = REQUEST_TIMEOUT_MS }: HttpOptions,
  { port, refusals, routes }: Doors,
) => {
  const listens = !port.isTaken;
  return new FastifyAdapter({
    trustProxy,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    return503OnClosing: false,
    serverFactory: (handle: RequestListener) =>
      port.server(
        {
          keepAliveTimeout: KEEP_ALIVE_MS,
          requestTimeout: requestTimeoutMs,
          // Node applies the smaller one to the headers, whatever its name.
          headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
          connectionsCheckingInterval: Math.min(TIMEOUTS_CHECKED_EVERY_MS, requestTimeoutMs),
        },
        { routes, handle },
      ),
    // Each service of the port would get the same error.
    clientErrorHandler: (error, socket) => {
      if (listens) port.connections.onClientError(error, socket);
    },
    // A path that is no URL, or has too long a part. Fastify's own response quotes it, and a path may contain a token.
    frameworkErrors: ({ statusCode = 400 }: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const reason = statusCode === 414 ? 'path-length' : 'path';
      refusals.add(NO_ROUTE, reason, { status: statusCode });
      void reply
        .status(statusCode)
        .headers(HEADERS)
        .type(PROBLEM_TYPE)
        .send(problemBody(reason, 'This is no path of ours', {}, statusCode).text);
    },
  });
};

/**
 * Creates a Nest application on Fastify that refuses with problem+json and logs through `log`; it does not listen yet.
 */
export async function createApp(
  module: DynamicModule,
  log: Logger,
  trustProxy: TrustProxy,
  options: HttpOptions = {},
): Promise<NestFastifyApplication> {
  const refusals = new Refusals(log, options.metrics?.httpRefusals);
  const port = options.port ?? new Port(new Refusals(log, options.metrics?.httpRefusals));
  const listens = !port.isTaken;
  const routes: Route[] = [];
  const adapter = adapterFor(trustProxy, options, { port, refusals, routes });
  const fastify = adapter.getInstance();
  const problems = new ProblemFilter(log, refusals, routes);
  fastify.addHook('onRoute', ({ method, url }) => {
    // The CORS plugin adds an OPTIONS route to every path: it does not make a path one of ours.
    if (url === '*') return;
    const methods = [method].flat();
    for (const each of methods) routes.push({ method: each, pattern: new URLPattern({ pathname: url }) });
  });
  continueTraces(fastify);
  countResponses(fastify, options.metrics, refusals);
  admit(fastify, port.held, options, problems);
  if (listens) options.metrics?.onScrape(() => options.metrics?.httpHeldBytes.set(port.held.total));
  fastify.addHook('preClose', (done) => {
    if (listens) port.connections.stop();
    done();
  });
  fastify.addHook('onClose', (_instance, done) => {
    if (listens) port.close();
    refusals.close();
    done();
  });
  parseJson(fastify, options);
  await options.configure?.(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  // In strict mode the plugin refuses an OPTIONS that is no preflight in plain text.
  if (options.corsOrigins?.length)
    app.enableCors({
      origin: [...options.corsOrigins],
      exposedHeaders: ['retry-after', 'traceresponse'],
      strictPreflight: false,
    });
  app.useGlobalFilters(problems);
  return app;
}

/** A request is handled in its caller's trace context, which the lead's own trace is linked to. */
function continueTraces(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    context.with(propagation.extract(ROOT_CONTEXT, headers), done);
  });
}

function countResponses(fastify: FastifyInstance, metrics: Metrics | undefined, refusals: Refusals): void {
  fastify.addHook('onRoute', ({ url, config }) => {
    if (url === '*' || PROBES.has(url)) return;
    const { door } = config ?? {};
    const reasons = door && reasonsOf({ takesBody: true, anyCoding: door.anyCoding, named: door.refusals });
    const refused = reasons ? refusals.route(url, reasons) : [];
    for (const code of [200, ...refused]) metrics?.httpRequests.inc({ route: url, code }, 0);
  });
  const count = ({ routeOptions: { url = '*' } }: FastifyRequest, { statusCode: code, elapsedTime }: FastifyReply) => {
    const route = url === '*' ? NO_ROUTE : url;
    if (PROBES.has(route)) return;
    metrics?.httpRequests.inc({ route, code });
    metrics?.httpSeconds.observe({ labels: { route }, value: elapsedTime / 1_000 });
  };
  fastify.addHook('onResponse', (request, reply, done) => {
    count(request, reply);
    done();
  });
  // No onResponse follows where the caller has left: callers that give up would hide the outage that they wait for.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (reply.raw.destroyed) count(request, reply);
    done(null, payload);
  });
}

/** The first checks of every request, before its body is read. */
function admit(fastify: FastifyInstance, budget: Port['held'], options: HttpOptions, problems: ProblemFilter): void {
  const { bodyLimitBytes = 64 * 1024, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  fastify.addHook('onRequest', (request, reply, done) => {
    const {
      bytesMax = bodyLimitBytes,
      timeoutMs = requestTimeoutMs,
      anyCoding = false,
    }: DoorOptions = request.routeOptions.config.door ?? {};
    request.incoming = new RequestBody(request.raw, reply.raw, budget, networkOf(request.ip), { bytesMax, timeoutMs });
    reply.headers(HEADERS);
    if (request.is404) return done(problems.misrouted(request, reply));
    const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
    if (anyCoding || coding === '' || coding === 'identity') return done();
    reply.header('accept-encoding', 'identity');
    done(new Problem('content-coding', 'The body must come as it is, without a content coding'));
  });
  // Fastify sets this header after each parser error. Node would then reset the connection of a caller that still
  // sends.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete) discardRest(request.raw);
    if (reply.getHeader('connection') === 'close') reply.removeHeader('connection');
    done(null, payload);
  });
}

/** Fastify's own JSON parser (it refuses a body with __proto__), over bytes within the budget. */
function parseJson(fastify: FastifyInstance, { jsonFault = () => undefined }: HttpOptions): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    const { text } = await request.incoming.whole();
    request.incoming.require((PARSED_FACTOR - 1) * text.length);
    return new Promise<unknown>((resolve, reject) => {
      const refused = (cause: unknown): void =>
        reject(
          new Problem(
            'json',
            text === '' ? 'The body is empty' : 'The body is not valid JSON, or has a key that reaches a prototype',
            { cause },
          ),
        );
      try {
        void parse(request, text, (error, value: unknown) => {
          if (error) return refused(error);
          const fault = jsonFault(text);
          if (fault === undefined) resolve(value);
          else reject(new Problem('json', fault));
        });
      } catch (error) {
        refused(error);
      }
    });
  });
}
