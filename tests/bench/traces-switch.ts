import { flushTelemetry } from '@leadstream/service/telemetry';
import { unexported } from '@leadstream/service/unexported';
import { ProxyTracerProvider, trace, type TracerProvider } from '@opentelemetry/api';

/** While traces are off. */
let recording: TracerProvider | undefined;

/**
 * A service with this module turns its traces off at SIGUSR2, once the spans in memory are exported, and on again at
 * the next one. Off is what it does without an OTLP endpoint.
 */
process.on('SIGUSR2', () => void turn());

async function turn(): Promise<void> {
  const proxy = trace.getTracerProvider();
  if (!(proxy instanceof ProxyTracerProvider)) throw new Error('the process exports no traces');
  if (recording) {
    proxy.setDelegate(recording);
    recording = undefined;
    return;
  }
  await flushTelemetry();
  recording = proxy.getDelegate();
  proxy.setDelegate(unexported);
}
