import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { TrustProxy } from './config.ts';
import { nestLogger } from './log.ts';
import { ProblemFilter, type Route } from './problem.ts';

export interface HttpOptions {
  /** Default 64 KiB. */
  bodyLimitBytes?: number;
  /** None: no CORS at all. */
  corsOrigins?: readonly string[];
  /** Content type parsers and hooks; called before any route is there. */
  configure?(fastify: FastifyInstance): void | Promise<void>;
}

/** Slower than this a request is a connection held open on purpose. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A Nest application on Fastify that refuses with problem+json and logs through `log`. It does not listen yet. */
export async function createApp(module: DynamicModule, log: Logger, trustProxy: TrustProxy, options: HttpOptions = {}): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ trustProxy, bodyLimit: options.bodyLimitBytes ?? 64 * 1024, requestTimeout: REQUEST_TIMEOUT_MS });
  const fastify = adapter.getInstance();
  const routes: Route[] = [];
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, pattern: new URLPattern({ pathname: url }) });
  });
  // Fastify's own JSON parser stays (it refuses a body with __proto__); Nest's would collide with what `configure` adds.
  fastify.removeContentTypeParser('text/plain');
  await options.configure?.(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(log), abortOnError: false, bodyParser: false, ...(options.corsOrigins?.length ? { cors: { origin: [...options.corsOrigins], exposedHeaders: ['retry-after', 'traceresponse'] } } : {}),
  });
  app.useGlobalFilters(new ProblemFilter(log, routes));
  return app;
}
