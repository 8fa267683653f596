import type { SpanContext } from '@opentelemetry/api';
import { getNumberFromEnv } from '@opentelemetry/core';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { ProtobufTraceSerializer, TraceExporterMetricsHelper, type ISerializer } from '@opentelemetry/otlp-transformer';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { message, resourceBytes, scopeBytes, spanBytes } from './span-bytes.ts';

/** What a batch keeps of a span. */
class EncodedSpan {
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly bytes: Buffer;
  readonly #context: SpanContext;

  constructor(span: ReadableSpan, bytes: Buffer) {
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.bytes = bytes;
    this.#context = span.spanContext();
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

type Batched = ReadableSpan | EncodedSpan;
const isEncoded = (span: Batched): span is EncodedSpan => span instanceof EncodedSpan;

/** Spans of one resource, as all of a process are. */
function encoded(spans: readonly EncodedSpan[]): Buffer[] {
  const [first] = spans;
  if (!first) return [];
  const scopes = [...Map.groupBy(spans, ({ instrumentationScope }) => instrumentationScope)];
  return message(1, [
    resourceBytes(first.resource.attributes),
    ...scopes.flatMap(([scope, its]) => message(2, [scopeBytes(scope), ...its.map(({ bytes }) => bytes)])),
  ]);
}

/** Two requests of protobuf, one after the other, are one request with the spans of both. */
export const serializer: ISerializer<Batched[], object> = {
  serializeRequest: (spans) => {
    const others = spans.filter((span): span is ReadableSpan => !isEncoded(span));
    const rest = others.length > 0 ? ProtobufTraceSerializer.serializeRequest(others) : undefined;
    return Buffer.concat([...encoded(spans.filter(isEncoded)), ...(rest ? [rest] : [])]);
  },
  deserializeResponse: (bytes) => ProtobufTraceSerializer.deserializeResponse(bytes),
};

/** OTLP over HTTP with protobuf, by the standard variables. */
const exporter = (): SpanExporter =>
  new OTLPExporterBase<ReadableSpan[]>(
    createOtlpHttpExportDelegate(
      convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': 'application/x-protobuf' }),
      serializer,
      'otlp_http_span_exporter',
      TraceExporterMetricsHelper,
      undefined,
    ),
  );

const atLeastZero = (name: string): number | undefined => {
  const number = getNumberFromEnv(name);
  return number !== undefined && number >= 0 ? number : undefined;
};

/**
 * Encodes a span at its end, and not with its batch: a span waits up to five seconds for that, V8 copies it twice on
 * its way to the old generation, and it is read when no cache has it any more.
 */
export class EncodedSpans extends BatchSpanProcessor {
  constructor() {
    super({
      exporter: exporter(),
      maxQueueSize: atLeastZero('OTEL_BSP_MAX_QUEUE_SIZE'),
      scheduledDelayMillis: atLeastZero('OTEL_BSP_SCHEDULE_DELAY'),
      exportTimeoutMillis: atLeastZero('OTEL_BSP_EXPORT_TIMEOUT'),
      maxExportBatchSize: atLeastZero('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    });
  }

  override onEnd(span: ReadableSpan): void {
    const bytes = spanBytes(span);
    // A batch reads nothing else of a span.
    super.onEnd(bytes ? (new EncodedSpan(span, bytes) as unknown as ReadableSpan) : span);
  }
}
