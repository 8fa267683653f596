import { context, propagation, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Environment } from './config.ts';
import { unexported } from './unexported.ts';
import { VERSION } from './version.ts';

let registered: Promise<void> | undefined;

/**
 * Registers tracing, once per process, under the name of the first service in it. Without an OTLP endpoint in the
 * standard `OTEL_*` variables nothing is exported, but spans still have ids: every event has a valid traceparent, and
 * the log alone shows which events belong to one trace.
 */
export const startTelemetry = (service: string, env: Environment): Promise<void> =>
  (registered ??= exports(env) ? exporting(env['OTEL_SERVICE_NAME'] || service) : silent());

const exports = (env: Environment): boolean =>
  env['OTEL_SDK_DISABLED']?.trim().toLowerCase() !== 'true' &&
  env['OTEL_TRACES_EXPORTER'] !== 'none' &&
  Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);

/** Imported when it is used: its exporters take four times as long to load as the rest. */
async function exporting(service: string): Promise<void> {
  const [{ NodeSDK }, { envDetector, hostDetector, resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/resources'),
  ]);
  new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'leadstream',
      'service.version': VERSION,
    }),
    // The process's detector adds the command line and the owner, which name a machine.
    resourceDetectors: [envDetector, hostDetector],
    metricReaders: [],
    logRecordProcessors: [],
  }).start();
}

function silent(): Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(unexported);
  return Promise.resolve();
}

/** Exports the spans that are still in memory. Never throws: an unavailable collector does not stop a shutdown. */
export async function flushTelemetry(): Promise<void> {
  const provider = trace.getTracerProvider();
  const sdk = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (sdk === unexported) return;
  const { TracerProvider } = await import('@opentelemetry/sdk-trace');
  if (sdk instanceof TracerProvider) await sdk.forceFlush({ timeoutMillis: 3_000 }).catch(() => undefined);
}
