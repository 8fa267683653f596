import { setTimeout as sleep } from 'node:timers/promises';
import { NestMicroservice } from '@nestjs/microservices';
import type { StreamName } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { OtherPartitions } from '@leadstream/eventlog/errors';
import { PassThroughFilter } from '@leadstream/eventlog/handlers';
import { EXITS } from '@leadstream/eventlog/exits';
import { provision } from '@leadstream/eventlog/provision';
import type { Logger } from 'pino';
import type { Health } from './health.ts';
import type { Common, Hosted } from './hosted.ts';

const RETRY_MS = 1_000;

interface Provisioning {
  broker: Broker;
  health: Health;
  log: Logger;
  streams: readonly StreamName[];
  replicas: number;
}

/**
 * Provisions the streams as soon as NATS answers. Retries without a limit until `signal` aborts. Provisions again after
 * each reconnect: the server may have lost them. Rejects, and ends the process, once the log has another number of
 * streams.
 */
async function provisioned(it: Provisioning, signal: AbortSignal): Promise<void> {
  const { broker, health, log, streams, replicas } = it;
  let missing: string | undefined = 'waiting for NATS';
  health.add('streams', async () => {
    if (missing) throw new Error(missing);
    return Promise.resolve();
  });
  const untilProvisioned = async () => {
    while (!signal.aborted) {
      try {
        await broker.ready(signal);
        await provision(broker, { replicas, streams: [...streams] });
        missing = undefined;
        return;
      } catch (error) {
        if (error instanceof OtherPartitions) throw error;
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
}

/** Starts a service's consumer, once its streams exist. */
async function consume({ app, service, transport, metrics }: Hosted): Promise<void> {
  if (!transport || !service.consumer) return;
  const microservice = app.connectMicroservice({ strategy: transport }, { deferInitialization: true });
  // Nest's own filter would turn every error into the same object, and the transport could not tell Poison from
  // Unavailable.
  microservice.useGlobalFilters(new PassThroughFilter());
  // The hooks of its modules have run with the application's: a second run would start each background loop twice.
  if (microservice instanceof NestMicroservice) microservice.setIsInitHookCalled(true);
  await microservice.listen();
  const { durable: consumer } = transport;
  for (const exit of EXITS) metrics.handled.inc({ consumer, exit }, 0);
  for (const type of transport.types) metrics.quarantined.inc({ consumer, type }, 0);
  metrics.newer.inc({ consumer }, 0);
}

/** Provisions the streams of all services, then starts their consumers; /readyz names the services of a set. */
export async function work(
  hosted: readonly Hosted[],
  { broker, health, signal }: Common,
  { log, replicas }: { log: Logger; replicas: number },
): Promise<void> {
  const started = new Set<Hosted>();
  for (const one of hosted.slice(1))
    health.add(one.service.name, () => {
      if (!started.has(one)) throw new Error('waiting for its streams');
      return Promise.resolve();
    });
  const streams = [...new Set(hosted.flatMap(({ service }) => service.streams))];
  await provisioned({ broker, health, log, streams, replicas }, signal);
  if (signal.aborted) return;
  await Promise.all(hosted.map(async (one) => void started.add((await consume(one), one))));
}
