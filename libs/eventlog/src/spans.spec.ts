import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { firstSpan, inHop, inSpan, traceOf, type Hop } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const FIRST = 'b7ad6b7169203331';
const LAST = '00f067aa0ba902b7';
const latest = { trace: `00-${TRACE}-${FIRST}-01`, span: LAST, at: '2026-03-02T09:00:00Z' };
const hop = (after: string, legs?: Hop['legs']): Hop => {
  const now = Temporal.Instant.from(latest.at).add(after);
  return { service: 'scheduler', leadId: 'l-1', latest, now, legs };
};
const append = { service: 'scheduler', kind: SpanKind.PRODUCER, attributes: {} };
const appended = () => inSpan('append', append, () => Promise.resolve({ event: 'lead.step-due' }));

const spans = new InMemorySpanExporter();
const finished = () => spans.getFinishedSpans().filter(({ name }) => name !== 'append');
const shown = () =>
  finished().map((span) => ({
    name: span.name,
    isOfLead: span.spanContext().traceId === TRACE,
    parent: span.parentSpanContext?.spanId,
    links: span.links.map((link) => link.context.spanId),
    leadId: span.attributes['lead.id'],
  }));
const spanOf = (name: string) =>
  spans
    .getFinishedSpans()
    .find((span) => span.name === name)
    ?.spanContext();

describe('a hop of a lead', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    );
  });
  beforeEach(() => spans.reset());

  it.each([['lead'], ['wait']] as const)('is below the first span, and links its cause (%s)', async (legs) => {
    await inHop('hunt', hop('PT14M', legs), appended);
    expect(shown()).toEqual([{ name: 'hunt', isOfLead: true, parent: FIRST, links: [LAST], leadId: 'l-1' }]);
  });

  it('links the span of another trace that it is caused by', async () => {
    const webhook = { service: 'inbound', kind: SpanKind.CONSUMER, attributes: {}, parent: ROOT_CONTEXT };
    await inSpan('webhook', webhook, () => inHop('feedback', hop('PT1M'), appended));
    const cause = spanOf('webhook')?.spanId;
    expect(shown()[0]).toMatchObject({ name: 'feedback', isOfLead: true, parent: FIRST, links: [cause] });
  });

  it('stays in one trace after any wait, unless waits begin another', async () => {
    await inHop('hunt', hop('PT48H'), appended);
    expect(shown()).toMatchObject([{ isOfLead: true, parent: FIRST }]);
  });

  it('begins another trace after a long wait, linked both ways', async () => {
    await inHop('hunt', hop('PT48H', 'wait'), appended);
    const later = spanOf('hunt')?.spanId;
    expect(shown()).toMatchObject([
      { name: 'goes on in another trace', isOfLead: true, parent: FIRST, links: [later], leadId: 'l-1' },
      { name: 'hunt', isOfLead: false, parent: undefined, links: [LAST, FIRST], leadId: 'l-1' },
    ]);
  });

  it('that appended nothing leaves no link behind', async () => {
    await inHop('hunt', hop('PT48H', 'wait'), () =>
      inSpan('append', append, () => Promise.resolve({ conflict: true })),
    );
    expect(shown().map(({ name }) => name)).toEqual(['hunt']);
  });

  it('that changed nothing is not exported, nor what it is in', async () => {
    const delivery = { service: 'inbound', kind: SpanKind.CONSUMER, attributes: {}, isHop: true };
    const feedback = () => inHop('feedback opened', hop('PT1M'), () => Promise.resolve({}));
    await inSpan('process', delivery, feedback);
    expect(shown()).toEqual([]);
  });

  it('that failed is exported, with what it is in', async () => {
    const delivery = { service: 'inbound', kind: SpanKind.CONSUMER, attributes: {}, isHop: true };
    const feedback = () => inHop('feedback opened', hop('PT1M'), () => Promise.reject(new Error('no answer')));
    await expect(inSpan('process', delivery, feedback)).rejects.toThrow('no answer');
    expect(shown().map(({ name }) => name)).toEqual(['feedback opened', 'process']);
  });

  it('gives the first span of its trace on, however deep the append is', async () => {
    const carrier: Record<string, string> = {};
    const inject = () => Promise.resolve(propagation.inject(firstSpan(), carrier));
    await inSpan('process', { ...append, parent: traceOf(latest.trace) }, () =>
      inSpan('send', append, () => inSpan('append', append, inject)),
    );
    expect(carrier['traceparent']).toBe(latest.trace);
  });
});
