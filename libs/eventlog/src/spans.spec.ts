import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { firstSpan, inAppend, inHop, inSpan, traceOf, type Hop } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const FIRST = 'b7ad6b7169203331';
const LAST = '00f067aa0ba902b7';
const latest = { trace: `00-${TRACE}-${FIRST}-01`, span: LAST, at: '2026-03-02T09:00:00Z' };
const hop = (after: string, legs?: Hop['legs']): Hop => {
  const now = Temporal.Instant.from(latest.at).add(after);
  return { service: 'scheduler', leadId: 'l-1', latest, now, legs };
};
const send = { service: 'scheduler', kind: SpanKind.PRODUCER, attributes: {} };
const attempt = (step: string) => ({ service: 'scheduler', type: step, event: { 'lead.step': step }, message: {} });
/** As an append does: the id of the span that tells of the event. */
const append = (step: string, work = (): Promise<unknown> => Promise.resolve(true)): Promise<string | undefined> =>
  inAppend(attempt(step), async (spanId) => ((await work()) ? { seq: 7, spanId } : undefined)).then(
    (added) => added?.spanId,
  );
const appended = async () => ({ event: await append('first') });

const spans = new InMemorySpanExporter();
const shown = () =>
  spans.getFinishedSpans().map((span) => ({
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
    expect(shown()).toEqual([
      { name: 'hunt, append first', isOfLead: true, parent: FIRST, links: [LAST], leadId: 'l-1' },
    ]);
  });

  it('links the span of another trace that it is caused by', async () => {
    const webhook = { service: 'inbound', kind: SpanKind.CONSUMER, attributes: {}, parent: ROOT_CONTEXT };
    await inSpan('webhook', webhook, () => inHop('feedback', hop('PT1M'), appended));
    const cause = spanOf('webhook')?.spanId;
    expect(shown()[0]).toMatchObject({ name: 'feedback, append first', isOfLead: true, parent: FIRST, links: [cause] });
  });

  it('stays in one trace after any wait, unless waits begin another', async () => {
    await inHop('hunt', hop('PT48H'), appended);
    expect(shown()).toMatchObject([{ isOfLead: true, parent: FIRST }]);
  });

  it('begins another trace after a long wait, linked both ways', async () => {
    await inHop('hunt', hop('PT48H', 'wait'), appended);
    const later = spanOf('hunt, append first')?.spanId;
    expect(shown()).toMatchObject([
      { name: 'goes on in another trace', isOfLead: true, parent: FIRST, links: [later], leadId: 'l-1' },
      { name: 'hunt, append first', isOfLead: false, parent: undefined, links: [LAST, FIRST], leadId: 'l-1' },
    ]);
  });

  it('that appended nothing leaves no link behind', async () => {
    await inHop('hunt', hop('PT48H', 'wait'), async () => {
      await append('first', () => Promise.resolve(false));
      return { conflict: true };
    });
    expect(shown().map(({ name }) => name)).toEqual(['append first (conflict)', 'hunt']);
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
    await inSpan('process', { ...send, parent: traceOf(latest.trace) }, () =>
      inSpan('send', send, () => inSpan('append', send, inject)),
    );
    expect(carrier['traceparent']).toBe(latest.trace);
  });
});

describe('an event of a hop', () => {
  const told = () => spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes['lead.step']]);
  beforeEach(() => spans.reset());

  it('is told by the hop’s span if it is the first, and by one of its own if it is not', async () => {
    const ids: (string | undefined)[] = [];
    await inHop('process', hop('PT1M'), async () => {
      ids.push(await append('first'));
      await inSpan('send', send, () => Promise.resolve());
      ids.push(await append('second'));
      return {};
    });
    expect(told()).toEqual([
      ['send', undefined],
      ['append second', 'second'],
      ['process, append first', 'first'],
    ]);
    expect(ids).toEqual([spanOf('process, append first')?.spanId, spanOf('append second')?.spanId]);
    expect(shown().map(({ parent }) => parent)).toEqual([ids[0], ids[0], FIRST]);
  });

  it('is told by the hop’s span after a conflict and a failure, which have spans of their own', async () => {
    await inHop('process', hop('PT1M'), async () => {
      await append('first', () => Promise.resolve(false));
      await append('first', () => Promise.reject(new Error('no answer'))).catch(() => undefined);
      await append('second');
      return {};
    });
    expect(told()).toEqual([
      ['append first (conflict)', 'first'],
      ['append first', 'first'],
      ['process, append second', 'second'],
    ]);
    const [conflict, failure, hop_] = spans.getFinishedSpans();
    expect(conflict?.attributes['leadstream.conflict']).toBe(true);
    expect(failure?.status).toMatchObject({ code: 2, message: 'no answer' });
    expect([hop_?.status.code, hop_?.attributes['leadstream.seq']]).toEqual([0, 7]);
  });

  it('that another one prevented, or that failed, has the time of its attempt', async () => {
    await inHop('process', hop('PT1M'), async () => {
      await append('first', () => delay(20).then(() => false));
      await append('first', () => delay(20).then(() => Promise.reject(new Error('no answer')))).catch(() => undefined);
      return {};
    });
    const attempts = spans.getFinishedSpans().slice(0, 2);
    expect(attempts.map(({ name, duration: [s, ns] }) => [name, s * 1_000 + ns / 1e6 > 15])).toEqual([
      ['append first (conflict)', true],
      ['append first', true],
    ]);
  });

  it('of two at the same time has a span of its own', async () => {
    await inHop('process', hop('PT1M'), async () => {
      await Promise.all([append('first'), append('second')]);
      return {};
    });
    expect(told()).toEqual([
      ['append second', 'second'],
      ['process, append first', 'first'],
    ]);
  });

  it('has the time of the hop, from its beginning to its end', async () => {
    const beforeMs = Date.now();
    await inHop('process', hop('PT1M'), async () => {
      await append('first');
      return {};
    });
    const [span] = spans.getFinishedSpans();
    const startMs = (span?.startTime[0] ?? 0) * 1_000 + (span?.startTime[1] ?? 0) / 1e6;
    expect(startMs).toBeGreaterThanOrEqual(beforeMs);
    expect(span?.duration[0]).toBe(0);
    expect(span?.duration[1]).toBeGreaterThan(0);
  });
});
