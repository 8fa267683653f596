import {
  context,
  propagation,
  ProxyTracerProvider,
  trace,
  type TracerProvider as ApiTracerProvider,
} from '@opentelemetry/api';
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
  (registered ??= exports(env)
    ? exporting(env['OTEL_SERVICE_NAME'] || service, env)
    : Promise.resolve(provideBy(unexported)));

const exports = (env: Environment): boolean =>
  env['OTEL_SDK_DISABLED']?.trim().toLowerCase() !== 'true' &&
  env['OTEL_TRACES_EXPORTER'] !== 'none' &&
  Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);

/** By the default protocol, for which the spans are encoded here. */
const isProtobuf = (env: Environment): boolean =>
  (env['OTEL_TRACES_EXPORTER'] || 'otlp') === 'otlp' &&
  (env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || PROTOBUF) === PROTOBUF;
const PROTOBUF = 'http/protobuf';

/** The variables that a provider without the whole SDK follows, too. */
const PLAIN = /^OTEL_(EXPORTER_OTLP_\w+|BSP_\w+|SERVICE_NAME|RESOURCE_ATTRIBUTES\w*|SDK_DISABLED|TRACES_EXPORTER)$/;
/** Kubernetes expands these in OTEL_RESOURCE_ATTRIBUTES (k8s/components/every-service); the SDK has none of them. */
const EXPANDED: ReadonlySet<string> = new Set(['OTEL_POD', 'OTEL_NAMESPACE', 'OTEL_NODE']);

/** The whole SDK has each exporter, sampler and propagator: 15 MB of a process, and 130 ms of CPU at its start. */
const needsSdk = (env: Environment): boolean =>
  !isProtobuf(env) ||
  Object.keys(env).some((name) => name.startsWith('OTEL_') && env[name] && !PLAIN.test(name) && !EXPANDED.has(name));

/** Its modules are imported when they are used, because they take longer to load than the rest. */
async function exporting(service: string, env: Environment): Promise<void> {
  const { detectResources, envDetector, hostDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources');
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.namespace': 'leadstream',
    'service.version': VERSION,
  });
  // The process's detector adds the command line and the owner, which name a machine.
  const detectors = [envDetector, hostDetector];
  const processors = async () => [new (await import('./encoded-spans.ts')).EncodedSpans()];
  if (needsSdk(env)) {
    const { NodeSDK } = await import('@opentelemetry/sdk-node');
    new NodeSDK({
      resource,
      resourceDetectors: detectors,
      ...(isProtobuf(env) ? { spanProcessors: await processors() } : {}),
      metricReaders: [],
      logRecordProcessors: [],
    }).start();
    return;
  }
  const { TracerProvider } = await import('@opentelemetry/sdk-trace');
  provideBy(
    new TracerProvider({
      resource: resource.merge(detectResources({ detectors })),
      spanProcessors: await processors(),
    }),
  );
}

function provideBy(provider: ApiTracerProvider): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
}

/** Exports the spans that are still in memory. Never throws: an unavailable collector does not stop a shutdown. */
export async function flushTelemetry(): Promise<void> {
  const provider = trace.getTracerProvider();
  const sdk = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (sdk === unexported) return;
  const { TracerProvider } = await import('@opentelemetry/sdk-trace');
  if (sdk instanceof TracerProvider) await sdk.forceFlush({ timeoutMillis: 3_000 }).catch(() => undefined);
}
