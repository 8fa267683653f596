import './node-version.ts';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ConfigError, environment, loadConfigs, type Environment, type EveryConfig } from './config.ts';
import type { Overrides, ServiceDefinition } from './definition.ts';
import { openBroker, openMongo, type MongoConfig } from './dependencies.ts';
import { Health } from './health.ts';
import { closeInOrder, draining, host, type Common, type Hosted } from './hosted.ts';
import { LeadMemory } from './lead-log.ts';
import { logger } from './log.ts';
import { Metrics } from './metrics.ts';
import { Port } from './port.ts';
import { Refusals } from './refusals.ts';
import { collectAtRest } from './rest.ts';
import { answerVersions } from './running-versions.ts';
import { flushTelemetry, startTelemetry } from './telemetry.ts';
import { work } from './work.ts';

export interface Running {
  /** The application of the first service, which listens. */
  readonly app: NestFastifyApplication;
  readonly log: Logger;
  readonly port: number;
  readonly url: string;
  /** Resolves once the streams exist and the consumers pull, or when it is stopped before. */
  readonly ready: Promise<void>;
  /** Stops pulling, finishes deliveries in hand, closes HTTP, NATS and MongoDB, and flushes the last spans. */
  stop(): Promise<void>;
}

/** One service or several, the first with the port, the process's name, and its log lines. */
type Services = ServiceDefinition | readonly [ServiceDefinition, ...ServiceDefinition[]];

/**
 * Starts the services of a process from its environment, on one port and with one connection to each server. HTTP
 * listens before any dependency is available, so that /readyz can name the missing one; streams and consumers follow
 * when NATS answers, however long that takes. Throws ConfigError before anything connects, and closes what it opened
 * when it can't listen.
 */
export async function start(given: Services, env: Environment, overrides: Overrides = {}): Promise<Running> {
  const services = [given].flat();
  const configs = loadConfigs(services, env);
  const [first, config] = [services[0], configs[0]];
  if (!first || !config) throw new TypeError('a process needs a service');
  await startTelemetry(first.name, env);
  const log = logger(first.name, config.LOG_LEVEL, overrides.logTo);
  // Closed in the reverse order; a failed one does not keep the others open.
  const opened = new AsyncDisposableStack();
  const stopping = new AbortController();
  opened.defer(flushTelemetry);
  try {
    const common = share(services, configs, { log, opened, signal: stopping.signal });
    const hosted: Hosted[] = [];
    opened.defer(() => closeInOrder(hosted));
    for (const [index, service] of services.entries()) {
      const isFirst = index === 0;
      const its = isFirst ? log : logger(service.name, config.LOG_LEVEL, overrides.logTo);
      hosted.push(await host({ service, config: configs[index] ?? config, log: its, overrides, isFirst }, common));
    }
    const [app, ...others] = hosted.map((one) => one.app);
    if (!app) throw new TypeError('a process needs a service');
    for (const other of others) {
      await other.init();
      await other.getHttpAdapter().getInstance().ready();
    }
    await app.listen(config.PORT, config.HOST);
    const ready = work(hosted, common, { log, replicas: config.STREAM_REPLICAS });
    opened.use(draining(hosted, common, ready));
    const names = services.map(({ name }) => name);
    const answering = answerVersions(common.broker, names, stopping.signal);
    opened.defer(() => answering);
    opened.defer(() => stopping.abort());
    let stopped: Promise<void> | undefined;
    return { app, log, ready, ...address(app, config.HOST), stop: () => (stopped ??= opened.disposeAsync()) };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

function share(
  services: readonly ServiceDefinition[],
  configs: readonly EveryConfig[],
  { log, opened, signal }: { log: Logger; opened: AsyncDisposableStack; signal: AbortSignal },
): Common {
  const [[first], [config]] = [services, configs];
  if (!first || !config) throw new TypeError('a process needs a service');
  const { name } = first;
  const mongo = configs.find(usesMongo);
  const health = new Health();
  const metrics = new Metrics(name);
  const usesLog = services.some(({ streams }) => streams.includes('LEADS'));
  const mongoRequired = services.some((service) => service.mongoRequired);
  const mongodb = mongo && openMongo(mongo, { name, mongoRequired }, log, health, opened);
  return {
    db: mongodb?.db,
    broker: openBroker(config, { ...first, usesLog }, log, health, opened),
    health,
    metrics,
    memory: new LeadMemory(mongodb?.dial),
    port: new Port(new Refusals(log, metrics.httpRefusals), {
      connectionsMax: config.HTTP_CONNECTIONS_MAX,
      heldBytesMax: config.HTTP_HELD_BYTES_MAX,
    }),
    signal,
  };
}

const usesMongo = (config: EveryConfig): config is EveryConfig & MongoConfig => config.MONGODB_URI !== undefined;

function address(app: NestFastifyApplication, host: string): { port: number; url: string } {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { port, url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}` };
}

/** Below Kubernetes' default grace period of 30 s, so that the service ends by itself, with a log line. */
const STOP_TIMEOUT_MS = 25_000;

/**
 * Called by an app's `main.ts`: starts the service, or several, from the process's environment and stops on SIGTERM or
 * SIGINT with exit code 0. A second signal, or 25 s, ends it at once; a bad environment exits 1 before anything
 * connects.
 */
export async function main(services: Services): Promise<void> {
  const [{ name } = { name: '' }] = [services].flat();
  const running = await start(services, environment()).catch((error: unknown) => fail(describe(name, error)));
  const { log } = running;
  log.info({ port: running.port }, 'started');

  const die = (error: unknown) => {
    log.fatal({ err: error }, 'the process ends by an error');
    process.exit(1);
  };
  process.on('uncaughtException', die).on('unhandledRejection', die);

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => die(new Error(`not stopped within ${STOP_TIMEOUT_MS} ms`)), STOP_TIMEOUT_MS).unref();
    running.stop().then(() => {
      log.info('stopped');
      process.exit(0);
    }, die);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  running.ready.then(() => collectAtRest(log), die);
}

const describe = (name: string, error: unknown): string => {
  if (!(error instanceof Error)) return `${name}: ${String(error)}`;
  return error instanceof ConfigError ? `${name}: ${error.message}` : `${name}: ${error.stack ?? error.message}`;
};

/** Ends the process with an error of its caller, in one line or several. */
export function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
