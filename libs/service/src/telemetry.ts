import { context, propagation, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Environment } from './config.ts';

let registered: Promise<void> | undefined;

/**
 * Registers tracing, once a process: the first service's name stands for all that start in it. Without an OTLP endpoint
 * in the standard `OTEL_*` variables nothing is exported, but spans have ids all the same, so every event carries a
 * valid traceparent and a lead's way can be followed in the log alone.
 */
export const startTelemetry = (service: string, env: Environment): Promise<void> =>
  (registered ??= exports(env) ? exporting(env['OTEL_SERVICE_NAME'] || service) : silent());

const exports = (env: Environment): boolean =>
  env['OTEL_SDK_DISABLED'] !== 'true' &&
  env['OTEL_TRACES_EXPORTER'] !== 'none' &&
  Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);

/** Imported when it is used: with all its exporters it costs four times as much to load as what `silent` needs. */
async function exporting(service: string): Promise<void> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  new NodeSDK({ serviceName: service, metricReaders: [], logRecordProcessors: [] }).start();
}

function silent(): Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider());
  return Promise.resolve();
}

/**
 * Hands the spans that are still in memory to the exporter. Never throws: a collector that is away stops no shutdown.
 */
export async function flushTelemetry(): Promise<void> {
  const provider = trace.getTracerProvider();
  const sdk = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (sdk instanceof TracerProvider) await sdk.forceFlush({ timeoutMillis: 3_000 }).catch(() => undefined);
}
