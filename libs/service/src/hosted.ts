import type { Provider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Broker } from '@leadstream/eventlog/broker';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { Db } from 'mongodb';
import type { Logger } from 'pino';
import { clock } from './clock.ts';
import type { EveryConfig } from './config.ts';
import type { Overrides, ServiceDefinition } from './definition.ts';
import { Health } from './health.ts';
import { createApp } from './http.ts';
import { CLOCK, CONFIG, LOGGER, STOPPING } from './injected.ts';
import { LeadMemory } from './lead-log.ts';
import { Metrics } from './metrics.ts';
import { VERSION } from './version.ts';
import { ServiceModule } from './module.ts';
import type { Port } from './port.ts';
import { answerRedrives } from './redrive.ts';

/** The parts that the services of one process have in common. */
export interface Common {
  broker: Broker;
  db: Db | undefined;
  health: Health;
  port: Port;
  memory: LeadMemory;
  /** Of the first service. */
  metrics: Metrics;
  signal: AbortSignal;
}

/** One service of a process. */
export interface Hosted {
  service: ServiceDefinition;
  app: NestFastifyApplication;
  metrics: Metrics;
  transport: JetStreamTransport | undefined;
}

interface Hosting {
  service: ServiceDefinition;
  config: EveryConfig;
  log: Logger;
  overrides: Overrides;
  /** The service that has the port, the routes of health and metrics, and the names of the process's own checks. */
  isFirst: boolean;
}

/** Creates the application of one service; its first one listens for all. */
export async function host({ service, config, log, overrides, isFirst }: Hosting, common: Common): Promise<Hosted> {
  const { broker, db, memory, port, signal } = common;
  const metrics = isFirst ? common.metrics : new Metrics(service.name, common.metrics);
  metrics.buildInfo.set({ version: VERSION, node: process.version }, 1);
  const health = isFirst ? common.health : new Health({ health: common.health, service: service.name });
  const transport = service.consumer && transportOf(service, config, { broker, log, metrics }, overrides.deliver);
  const providers: Provider[] = [
    { provide: CONFIG, useValue: config },
    { provide: CLOCK, useValue: overrides.clock ?? clock(config.CLOCK_OFFSET) },
    { provide: STOPPING, useValue: signal },
    { provide: LOGGER, useValue: log },
    { provide: Broker, useValue: broker },
    { provide: Health, useValue: health },
    { provide: Metrics, useValue: metrics },
    { provide: LeadMemory, useValue: memory },
    ...(db && config.MONGODB_URI ? [{ provide: Db, useValue: db }] : []),
    ...(transport ? [{ provide: JetStreamTransport, useValue: transport }] : []),
  ];
  const module = ServiceModule.around(service.module, providers, isFirst);
  const app = await createApp(module, log, config.TRUST_PROXY, { ...service.http?.(config), metrics, port });
  return { service, app, metrics, transport };
}

function transportOf(
  { consumer }: ServiceDefinition,
  config: EveryConfig,
  { broker, log, metrics }: { broker: Broker; log: Logger; metrics: Metrics },
  deliver: Overrides['deliver'],
): JetStreamTransport | undefined {
  return (
    consumer &&
    new JetStreamTransport({
      ...consumer,
      isNeeded: consumer.isNeeded?.(config) ?? true,
      ...(deliver ? { deliver } : {}),
      broker,
      log,
      onHandled: ({ type, exit, ms }) => {
        metrics.handled.inc({ consumer: consumer.durable, exit });
        metrics.handleSeconds.observe({ labels: { consumer: consumer.durable }, value: ms / 1_000 });
        if (exit === 'poison') metrics.quarantined.inc({ consumer: consumer.durable, type });
        if (exit === 'newer') metrics.newer.inc({ consumer: consumer.durable });
      },
    })
  );
}

/** After the handlers exist; only `ready` reports a failed start. */
async function redrives(
  transport: JetStreamTransport,
  { broker, signal }: Common,
  ready: Promise<void>,
): Promise<void> {
  const { durable: consumer } = transport;
  const redrive = (stream: string, seq: number) => transport.redrive(stream, seq);
  await ready.then(
    () => answerRedrives({ broker, consumer, redrive, signal }),
    () => undefined,
  );
}

/** Answers redrives from now on; disposing ends the consumers, and the port of a first service that has none. */
export function draining(hosted: readonly Hosted[], common: Common, ready: Promise<void>): AsyncDisposable {
  const ending = new AsyncDisposableStack();
  const transports = hosted.flatMap(({ transport }) => transport ?? []);
  const redriving = transports.map((transport) => redrives(transport, common, ready));
  ending.defer(async () => void (await Promise.all(redriving)));
  ending.defer(async () => {
    const [first] = hosted;
    const doors = first && !first.transport ? first.app.close() : undefined;
    await Promise.all([doors, ...transports.map((transport) => transport.close())]);
  });
  return ending;
}

/** One after the other, as listed; a failed one does not keep the others open. */
export async function closeInOrder(hosted: readonly Hosted[]): Promise<void> {
  await using closing = new AsyncDisposableStack();
  for (const { app } of hosted.toReversed()) closing.defer(() => app.close());
}
