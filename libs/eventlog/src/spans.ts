import type { MsgHdrs } from '@nats-io/transport-node';
import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import { LEAD_SPAN, TRACEPARENT } from '@leadstream/contracts/envelope';
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

/** Runs `work` in a stored trace without a span of its own: its log lines have the `trace_id`. */
export const inTrace = <T>(traceparent: string | null | undefined, work: () => T): T =>
  context.with(traceOf(traceparent ?? null), work);

/** The span that appended the event of a message or of a state: below its trace's first span, as its cause. */
export function appendSpan(trace_: Context, spanId: string | null | undefined): SpanContext | undefined {
  const first = trace.getSpanContext(trace_);
  return first && spanId ? { ...first, spanId } : undefined;
}

/** The span that appended the event of a message. */
export const causeOf = (headers: MsgHdrs | undefined): SpanContext | undefined =>
  appendSpan(contextOf(headers), headers?.get(LEAD_SPAN));

/**
 * The first span of the active trace, in which its later hops begin: with each below its cause, a lead with two steps
 * has a trace of depth 36.
 */
const FIRST = createContextKey('leadstream: the first span of the trace');
export const firstSpan = (): Context => {
  const first = context.active().getValue(FIRST);
  return first ? trace.setSpanContext(ROOT_CONTEXT, first as SpanContext) : context.active();
};

/** Whether a span has anything to show: a span below it that is exported, or an error. */
interface Shown {
  isWorth: boolean;
}
const SHOWN = createContextKey('leadstream: whether the active span is exported');

/** The service that a span belongs to: the resource of a trace names only the process, which may run several. */
export const SERVICE = 'leadstream.service';

interface SpanOptions {
  service: string;
  kind: SpanKind;
  attributes: Attributes;
  parent?: Context;
  links?: Link[];
  /** Exported only with a span below it, or an error: most deliveries change nothing, and a span costs 15 µs of CPU. */
  isHop?: boolean;
}

/** Runs `work` in a span; an error marks the span and is rethrown. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { parent = context.active(), service, isHop = false, ...rest } = options;
  const above = context.active().getValue(SHOWN) as Shown | undefined;
  const shown: Shown = { isWorth: !isHop };
  const attributes = { [SERVICE]: service, ...rest.attributes };
  const span = tracer().startSpan(name, { ...rest, attributes }, parent);
  const first = parent.getValue(FIRST) ?? trace.getSpanContext(parent) ?? span.spanContext();
  const within = trace.setSpan(parent, span).setValue(FIRST, first).setValue(SHOWN, shown);
  return context.with(within, async () => {
    try {
      return await work(span);
    } catch (error) {
      const { name: type, message } = describeError(error);
      shown.isWorth = true;
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      // A span without an end is exported nowhere.
      if (shown.isWorth) span.end();
      if (shown.isWorth && above) above.isWorth = true;
    }
  });
}

/** `wait`: a hop after a long wait begins a trace of its own, for backends that close a trace after some time. */
export type Legs = 'lead' | 'wait';
const LEG_MS = 15 * 60_000;

/** A lead's latest event, as its state remembers it. */
export interface Latest {
  trace: string | null;
  span: string | null;
  /** Its time; null before the first event. */
  at: string | null;
}

export interface Hop {
  service: string;
  leadId: string;
  latest: Latest;
  now: Temporal.Instant;
  legs?: Legs | undefined;
}

/**
 * Runs `work` in a span of the lead's trace, also if the active span is of another trace, as a webhook's: below the
 * first span, with a link to the cause. With `legs: 'wait'` and 15 minutes after the latest event, the span begins
 * another trace, linked both ways once `work` has appended an event.
 */
export async function inHop<T extends object>(name: string, hop: Hop, work: (span: Span) => Promise<T>): Promise<T> {
  const { service, leadId, latest, now, legs = 'lead' } = hop;
  const trace_ = traceOf(latest.trace);
  const last = appendSpan(trace_, latest.span) ?? trace.getSpanContext(trace_);
  const active = trace.getSpanContext(context.active());
  const cause = active && active.traceId !== last?.traceId ? active : last;
  const waitedMs = now.epochMilliseconds - Date.parse(latest.at ?? now.toString());
  const isLeg = legs === 'wait' && waitedMs > LEG_MS && last !== undefined;
  const links = new Set([cause, isLeg ? last : cause].filter((one) => one !== undefined));
  const options = {
    service,
    kind: SpanKind.INTERNAL,
    parent: isLeg ? ROOT_CONTEXT : trace_,
    attributes: { 'lead.id': leadId },
    links: [...links].map((context) => ({ context })),
    isHop: true,
  };
  return inSpan(name, options, async (span) => {
    const result = await work(span);
    if (isLeg && 'event' in result) await linkTraces(service, leadId, latest.trace);
    return result;
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
