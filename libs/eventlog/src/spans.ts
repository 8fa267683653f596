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
  type SpanContext,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import { LEAD_SPAN, TRACEPARENT } from '@leadstream/contracts/envelope';
import { describeError } from './errors.ts';
import { LeadSpan, tracer } from './lead-span.ts';

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

/** The span that appended the event of a message, which was written in that trace. */
export const causeOf = (trace_: Context, headers: MsgHdrs | undefined): SpanContext | undefined =>
  appendSpan(trace_, headers?.get(LEAD_SPAN));

const leadSpanOf = (within: Context): LeadSpan | undefined => {
  const span = trace.getSpan(within);
  return span instanceof LeadSpan ? span : undefined;
};

export const firstSpan = (): Context => {
  const { first } = leadSpanOf(context.active()) ?? {};
  return first ? trace.setSpanContext(ROOT_CONTEXT, first) : context.active();
};

/** The service that a span belongs to: the resource of a trace names only the process, which may run several. */
export const SERVICE = 'leadstream.service';

interface SpanOptions {
  service: string;
  kind: SpanKind;
  attributes: Attributes;
  parent?: Context;
  links?: Link[];
  /** Default: now. */
  startTime?: number;
  /** Default: false. */
  isHop?: boolean;
}

/** Runs `work` in a span; an error marks the span and is rethrown. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { parent = context.active(), startTime = Date.now(), isHop = false } = options;
  const above = leadSpanOf(context.active());
  const span = new LeadSpan({
    begin: () => {
      const { service, kind, attributes, links = [] } = options;
      return tracer().startSpan(
        name,
        { kind, attributes: { [SERVICE]: service, ...attributes }, links, startTime },
        parent,
      );
    },
    startTime,
    first: leadSpanOf(parent)?.first ?? trace.getSpanContext(parent),
    hop: isHop ? name : undefined,
  });
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work(span);
    } catch (error) {
      const { name: type, message } = describeError(error);
      span.isWorth = true;
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      // A span without an end is exported nowhere.
      if (span.isWorth) span.end();
      if (span.isWorth && above) above.isWorth = true;
    }
  });
}

/** An append of one event. */
interface AppendSpan {
  service: string;
  type: string;
  /** Of the event, whoever tells of it. */
  event: Attributes;
  /** Of a span of its own. */
  message: Attributes;
}

/**
 * Runs one attempt to append an event, with the id of the span that tells of it, which the event keeps. That is the
 * span of the hop for its first event, because a hop seldom has another, and a span of its own for a later one. One
 * that added nothing (`work` returns undefined) and one that failed have a span of their own, too, and leave the hop's
 * to the next attempt.
 */
export async function inAppend<T extends { seq: number }>(
  { service, type, event, message }: AppendSpan,
  work: (spanId: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const name = `append ${type}`;
  const own = { service, kind: SpanKind.PRODUCER, attributes: { ...message, ...event } };
  const hop = leadSpanOf(context.active());
  if (!hop?.untold) {
    return inSpan(name, own, async (span) => {
      const added = await work(span.spanContext().spanId);
      if (added) span.setAttribute('leadstream.seq', added.seq);
      else conflict(span, name);
      return added;
    });
  }
  const startTime = Date.now();
  const { untold } = hop;
  // Another append at the same time has a span of its own.
  hop.untold = undefined;
  try {
    const added = await work(hop.spanContext().spanId);
    if (!added) {
      hop.untold = untold;
      await inSpan(name, { ...own, startTime }, (span) => Promise.resolve(conflict(span, name)));
      return undefined;
    }
    hop.updateName(`${untold}, ${name}`);
    hop.setAttributes({ ...event, 'leadstream.seq': added.seq });
    hop.isWorth = true;
    return added;
  } catch (error) {
    hop.untold = untold;
    return inSpan(name, { ...own, startTime }, () => Promise.reject(error as Error));
  }
}

/** Another event has the position: a span of an append that added nothing looks like no other. */
function conflict(span: Span, name: string): void {
  span.updateName(`${name} (conflict)`);
  span.setAttribute('leadstream.conflict', true);
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
