import { flushTelemetry, startTelemetry } from '@leadstream/service/telemetry';
import { trace } from '@opentelemetry/api';

/** A process of its own that exports one span: tracing is registered once a process, by its environment. */
await startTelemetry('ingest', process.env);
trace.getTracer('proof').startSpan('proof').end();
await flushTelemetry();
process.exit();
