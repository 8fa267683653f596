import { randomUUID } from 'node:crypto';
import {
  context,
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';

/** 32 hexadecimal digits; the last 16 are never all zero. */
const digits = (): string => randomUUID().replaceAll('-', '');

/**
 * Spans with ids that nobody records: the trace of the parent, sampled as it is, or a new one that is sampled. The SDK
 * would copy and check the attributes of each span that is exported nowhere.
 */
class UnexportedTracer implements Tracer {
  startSpan(_name: string, { root = false }: SpanOptions = {}, parent = context.active()): Span {
    const spanId = digits().slice(16);
    const from = root ? undefined : trace.getSpanContext(parent);
    return trace.wrapSpanContext(
      from && isSpanContextValid(from)
        ? { ...from, spanId, isRemote: false }
        : { traceId: digits(), spanId, traceFlags: TraceFlags.SAMPLED },
    );
  }

  startActiveSpan<F extends (span: Span) => ReturnType<F>>(
    name: string,
    ...args: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const work = args.at(-1) as F;
    const [options, parent] = args.slice(0, -1) as [SpanOptions?, Context?];
    const active = parent ?? context.active();
    const span = this.startSpan(name, options, active);
    return context.with(trace.setSpan(active, span), work, undefined, span);
  }
}

/** For a process without an OTLP endpoint. */
export const unexported: TracerProvider = { getTracer: () => tracer };
const tracer = new UnexportedTracer();
