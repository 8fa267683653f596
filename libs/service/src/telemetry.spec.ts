import { beforeAll, describe, expect, it } from '@jest/globals';
import { context, propagation, trace, TraceFlags } from '@opentelemetry/api';
import { flushTelemetry, startTelemetry } from './telemetry.ts';

describe('tracing that is exported nowhere', () => {
  beforeAll(async () => {
    await startTelemetry('ingest', {});
    await startTelemetry('triage', {});
  });

  it('gives every event a valid traceparent', () => {
    const carrier: Record<string, string> = {};
    trace.getTracer('test').startActiveSpan('publish', () => propagation.inject(context.active(), carrier));
    expect(carrier['traceparent']).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
  });

  it('continues the trace that a message was written in, across await', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const carrier: Record<string, string> = {};
    await context.with(propagation.extract(context.active(), { traceparent }), () =>
      trace.getTracer('test').startActiveSpan('process', async () => {
        await Promise.resolve();
        propagation.inject(context.active(), carrier);
      }),
    );
    expect(carrier['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/);
  });

  it('keeps the choice of the caller’s sampler, and a root span takes nothing from it', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const parent = propagation.extract(context.active(), { traceparent, tracestate: 'vendor=x' });
    const tracer = trace.getTracer('test');
    const child = tracer.startSpan('child', {}, parent).spanContext();
    expect(child).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', traceFlags: TraceFlags.NONE });
    expect([child.spanId, child.traceState?.serialize()]).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      'vendor=x',
    ]);
    const root = tracer.startSpan('root', { root: true }, parent).spanContext();
    expect(root).toMatchObject({ traceFlags: TraceFlags.SAMPLED });
    expect(root.traceId).not.toBe(child.traceId);
  });

  it('runs the work of an active span in it, with options or without', () => {
    const tracer = trace.getTracer('test');
    const parent = trace.setSpan(context.active(), tracer.startSpan('parent'));
    const traceOf = (id = '') => ({ traceId: trace.getSpanContext(parent)?.traceId, spanId: id });
    tracer.startActiveSpan('a', (span) => expect(trace.getActiveSpan()).toBe(span));
    context.with(parent, () =>
      tracer.startActiveSpan('b', {}, (span) =>
        expect(span.spanContext()).toMatchObject(traceOf(span.spanContext().spanId)),
      ),
    );
    tracer.startActiveSpan('c', {}, parent, (span) =>
      expect(trace.getActiveSpan()?.spanContext()).toMatchObject(traceOf(span.spanContext().spanId)),
    );
  });

  it('exports nothing at shutdown, and does not fail', async () => {
    await expect(flushTelemetry()).resolves.toBeUndefined();
  });
});
