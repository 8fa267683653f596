import './node-version.ts';
import type { AddressInfo } from 'node:net';
import type { Provider, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { StreamName } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { Db } from 'mongodb';
import type { DestinationStream, Logger } from 'pino';
import { clock, type Clock } from './clock.ts';
import {
  ConfigError,
  environment,
  loadConfig,
  type ConfigSchema,
  type Environment,
  type EveryConfig,
} from './config.ts';
import { openBroker, openMongo } from './dependencies.ts';
import { Health } from './health.ts';
import { createApp, type HttpOptions } from './http.ts';
import { logger } from './log.ts';
import { Metrics } from './metrics.ts';
import { ServiceModule } from './module.ts';
import { answerRedrives } from './redrive.ts';
import { CLOCK, CONFIG, LOGGER, STOPPING } from './injected.ts';
import { flushTelemetry, startTelemetry } from './telemetry.ts';
import { work } from './work.ts';

interface Consumer {
  stream: StreamName;
  durable: string;
  concurrency?: number;
  ackWaitMs?: number;
}

export interface ServiceDefinition<Config extends EveryConfig = EveryConfig> {
  name: string;
  /** Composed of `every(port)` and the service's other fields. With MONGODB_URI in it, Db can be injected. */
  config: ConfigSchema<Config>;
  /** The service's Nest module: its controllers, and providers of its own. */
  module: Type;
  /** Streams that are created at start when missing. */
  streams: readonly StreamName[];
  consumer?: Consumer;
  /** Without this MongoDB is only a shortcut to the log: the service is ready without it. */
  mongoRequired?: boolean;
  /** Faults of the settings that the schema alone does not show; none starts the service. */
  faults?(config: Config): string[];
  http?(config: Config): HttpOptions;
}

/** Replacements by tests for real parts. */
export interface Overrides {
  clock?: Clock;
  logTo?: DestinationStream;
  /** Wraps each delivery, e.g. to deliver it twice. */
  deliver?: (handle: () => Promise<void>) => Promise<void>;
}

export interface Running {
  readonly app: NestFastifyApplication;
  readonly log: Logger;
  readonly port: number;
  readonly url: string;
  /** Resolves once the streams exist and the consumer pulls, or when it is stopped before. */
  readonly ready: Promise<void>;
  /** Stops pulling, finishes deliveries in hand, closes HTTP, NATS and MongoDB, and flushes the last spans. */
  stop(): Promise<void>;
}

/**
 * Starts one service from its environment. HTTP listens before any dependency is available, so that /readyz can name
 * the missing one; streams and consumer follow when NATS answers, however long that takes. Throws ConfigError before
 * anything connects, and closes what it opened when it can't listen.
 */
export async function start<Config extends EveryConfig>(
  service: ServiceDefinition<Config>,
  env: Environment,
  overrides: Overrides = {},
): Promise<Running> {
  const config = loadConfig(service.config, env);
  const faults = service.faults?.(config) ?? [];
  if (faults.length > 0) throw new ConfigError(faults);
  await startTelemetry(service.name, env);
  const log = logger(service.name, config.LOG_LEVEL, overrides.logTo);
  const health = new Health();
  const metrics = new Metrics(service.name);
  // Closed in the reverse order; a failed one does not keep the others open.
  const opened = new AsyncDisposableStack();
  const stopping = new AbortController();
  opened.defer(flushTelemetry);
  try {
    const db =
      config.MONGODB_URI === undefined ? undefined : openMongo(config.MONGODB_URI, service, log, health, opened);
    const broker = openBroker(config, service.name, log, health, opened);
    const transport = service.consumer && transportOf(service.consumer, { broker, log, metrics }, overrides.deliver);
    const parts = { broker, db, transport, health, log, metrics };
    const providers: Provider[] = [
      { provide: CONFIG, useValue: config },
      { provide: CLOCK, useValue: overrides.clock ?? clock(config.CLOCK_OFFSET) },
      { provide: STOPPING, useValue: stopping.signal },
      ...providersOf(parts),
    ];
    const app = await createApp(ServiceModule.around(service.module, providers), log, config.TRUST_PROXY, {
      ...service.http?.(config),
      metrics,
      connectionsMax: config.HTTP_CONNECTIONS_MAX,
      heldBytesMax: config.HTTP_HELD_BYTES_MAX,
    });
    opened.defer(() => app.close());
    await app.listen(config.PORT, config.HOST);
    const ready = work(service, config, { app, ...parts }, stopping.signal);
    if (transport) {
      const redriving = redrives(transport, broker, ready, stopping.signal);
      opened.defer(() => redriving);
      opened.defer(() => transport.close());
    }
    opened.defer(() => stopping.abort());
    let stopped: Promise<void> | undefined;
    return { app, log, ready, ...address(app, config.HOST), stop: () => (stopped ??= opened.disposeAsync()) };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

interface Parts {
  broker: Broker;
  db: Db | undefined;
  transport: JetStreamTransport | undefined;
  health: Health;
  log: Logger;
  metrics: Metrics;
}

const providersOf = ({ broker, db, transport, health, log, metrics }: Parts): Provider[] => [
  { provide: LOGGER, useValue: log },
  { provide: Broker, useValue: broker },
  { provide: Health, useValue: health },
  { provide: Metrics, useValue: metrics },
  ...(db ? [{ provide: Db, useValue: db }] : []),
  ...(transport ? [{ provide: JetStreamTransport, useValue: transport }] : []),
];

function transportOf(
  consumer: Consumer,
  { broker, log, metrics }: Pick<Parts, 'broker' | 'log' | 'metrics'>,
  deliver: Overrides['deliver'],
): JetStreamTransport {
  return new JetStreamTransport({
    ...consumer,
    ...(deliver ? { deliver } : {}),
    broker,
    log,
    onHandled: ({ type, exit }) => {
      if (exit === 'poison') metrics.quarantined.inc({ consumer: consumer.durable, reason: type });
      if (exit === 'newer') metrics.newer.inc({ consumer: consumer.durable });
    },
  });
}

/** After the handlers exist; only `ready` reports a failed start. */
async function redrives(
  transport: JetStreamTransport,
  broker: Broker,
  ready: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { durable: consumer } = transport;
  const redrive = (stream: StreamName, seq: number) => transport.redrive(stream, seq);
  await ready.then(
    () => answerRedrives({ broker, consumer, redrive, signal }),
    () => undefined,
  );
}

function address(app: NestFastifyApplication, host: string): { port: number; url: string } {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { port, url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}` };
}

/** Below Kubernetes' default grace period of 30 s, so that the service ends by itself, with a log line. */
const STOP_TIMEOUT_MS = 25_000;

/**
 * Called by an app's `main.ts`: starts the service from the process's environment and stops it on SIGTERM or SIGINT
 * with exit code 0. A second signal, or 25 s, ends it at once; a bad environment exits 1 before anything connects.
 */
export async function main<Config extends EveryConfig>(service: ServiceDefinition<Config>): Promise<void> {
  const running = await start(service, environment()).catch((error: unknown) => fail(describe(service.name, error)));
  const { log } = running;
  log.info({ port: running.port }, 'started');

  const die = (error: unknown) => {
    log.fatal({ err: error }, 'error');
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
  running.ready.catch(die);
}

const describe = (name: string, error: unknown): string => {
  if (!(error instanceof Error)) return `${name}: ${String(error)}`;
  return error instanceof ConfigError ? `${name}: ${error.message}` : `${name}: ${error.stack ?? error.message}`;
};

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
