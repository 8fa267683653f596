import { setTimeout as sleep } from 'node:timers/promises';
import { NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { StreamName } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { PassThroughFilter } from '@leadstream/eventlog/handlers';
import { provision } from '@leadstream/eventlog/provision';
import type { JetStreamTransport } from '@leadstream/eventlog/transport';
import type { Logger } from 'pino';
import type { EveryConfig } from './config.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

interface Needs {
  streams: readonly StreamName[];
  consumer?: { stream: StreamName; durable: string };
}

interface Parts {
  app: NestFastifyApplication;
  broker: Broker;
  transport: JetStreamTransport | undefined;
  health: Health;
  metrics: Metrics;
  log: Logger;
}

const RETRY_MS = 1_000;

/**
 * Provisions the streams as soon as NATS answers, then starts the consumer. Retries without a limit until `signal`
 * aborts. Provisions again after each reconnect: the server may have lost them.
 */
export async function work(needs: Needs, config: EveryConfig, parts: Parts, signal: AbortSignal): Promise<void> {
  const { app, broker, transport, health, metrics, log } = parts;
  let missing: string | undefined = 'waiting for NATS';
  health.add('streams', async () => {
    if (missing) throw new Error(missing);
    return Promise.resolve();
  });
  const untilProvisioned = async () => {
    while (!signal.aborted) {
      try {
        await broker.ready(signal);
        await provision(broker, { replicas: config.STREAM_REPLICAS, streams: [...needs.streams] });
        missing = undefined;
        return;
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        if (!signal.aborted && words !== missing)
          log.warn({ err: error }, 'streams could not be created, trying again');
        missing = words;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  await untilProvisioned();
  let again: Promise<void> | undefined;
  const stop = broker.onReady(() => {
    again ??= untilProvisioned().finally(() => {
      again = undefined;
    });
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted || !transport || !needs.consumer) return;
  const microservice = app.connectMicroservice({ strategy: transport }, { deferInitialization: true });
  // Nest's own filter would turn every error into the same object, and the transport could not tell Poison from
  // Unavailable.
  microservice.useGlobalFilters(new PassThroughFilter());
  // The hooks of its modules have run with the application's: a second run would start each background loop twice.
  if (microservice instanceof NestMicroservice) microservice.setIsInitHookCalled(true);
  await microservice.listen();
  const { stream, durable } = needs.consumer;
  metrics.onScrape(async () => {
    const { num_pending } = await (await broker.jsm()).consumers.info(stream, durable);
    metrics.consumerPending.set({ consumer: durable }, num_pending);
  });
}
