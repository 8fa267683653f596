import type { MsgHdrs } from '@nats-io/transport-node';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import { TRACEPARENT } from '@leadstream/contracts/envelope';
import { describeError } from './errors.ts';

/** Resolved at each use: a tracer taken before the SDK has started stays silent in some set-ups. */
const tracer = () => trace.getTracer('@leadstream/eventlog');

const headerGetter: TextMapGetter<MsgHdrs | undefined> = {
  get: (headers, name) => headers?.get(name) || undefined,
  keys: (headers) => headers?.keys() ?? [],
};
export const headerSetter: TextMapSetter<MsgHdrs> = { set: (headers, name, value) => headers.set(name, value) };

/** The trace a message was written in, or a fresh one; the currently active context is irrelevant. */
export const contextOf = (headers: MsgHdrs | undefined): Context =>
  propagation.extract(ROOT_CONTEXT, headers, headerGetter);

/** The trace of a stored `traceparent`, or a fresh one: so a lead's events stay in one trace over any wait. */
export const traceOf = (traceparent: string | null): Context =>
  traceparent ? propagation.extract(ROOT_CONTEXT, { [TRACEPARENT]: traceparent }) : ROOT_CONTEXT;

/** The service that a span belongs to: the resource of a trace names only the process, which may run several. */
export const SERVICE = 'leadstream.service';

interface SpanOptions {
  service: string;
  kind: SpanKind;
  attributes: Attributes;
  parent?: Context;
  links?: Link[];
}

/** Runs `work` in a span; an error marks the span and is rethrown. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { parent = context.active(), service, ...rest } = options;
  const attributes = { [SERVICE]: service, ...rest.attributes };
  return tracer().startActiveSpan(name, { ...rest, attributes }, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const { name: type, message } = describeError(error);
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Links the active span and the lead's earlier trace, both ways: a second submission has a trace of its own, and the
 * first one would just end.
 */
export async function linkTraces(service: string, leadId: string, earlier: string | null): Promise<void> {
  const here = trace.getActiveSpan();
  const there = trace.getSpanContext(traceOf(earlier));
  if (!here || !there || there.traceId === here.spanContext().traceId) return;
  here.addLink({ context: there });
  await inSpan(
    'goes on in another trace',
    {
      service,
      kind: SpanKind.INTERNAL,
      parent: traceOf(earlier),
      attributes: { 'lead.id': leadId },
      links: [{ context: here.spanContext() }],
    },
    () => Promise.resolve(),
  );
}
