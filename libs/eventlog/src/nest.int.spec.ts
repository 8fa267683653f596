import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Recorded } from '@leadstream/contracts/events';
import { eventually } from '@leadstream/testing/eventually';
import { Delivery } from './delivery.ts';
import { Poison } from './errors.ts';
import { PassThroughFilter } from './handlers.ts';
import { inSpan, linkTraces, traceOf } from './spans.ts';
import { paused } from './testing/small-lead.ts';
import { LogFixture } from './testing/log-fixture.ts';

const seen: string[] = [];
let world: LogFixture;

@Controller()
class Sender {
  @EventPattern<string>('lead.step-due')
  async onStepDue(@Payload() event: Recorded<'lead.step-due'>, @Ctx() delivery: Delivery) {
    seen.push(`${event.data.stepId} ${delivery instanceof Delivery}`);
    await world.events.decide(event.leadId, 'pause', (state) =>
      state.paused ? { nothing: 'paused-already' } : paused,
    );
  }

  @EventPattern<string>('lead.step-due')
  alsoOnStepDue() {
    seen.push('also');
  }

  @EventPattern<string>('lead.paused')
  onPaused(): void {
    throw new Poison('the class of an error arrives as it is');
  }
}

describe('a Nest controller on the log', () => {
  const spans = new InMemorySpanExporter();
  let app: INestMicroservice;
  let event: Recorded;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    );
    world = await LogFixture.open();
    await world.begin();
    const module = await Test.createTestingModule({ controllers: [Sender] }).compile();
    app = module.createNestMicroservice({ strategy: world.transport(), logger: false });
    app.useGlobalFilters(new PassThroughFilter());
    await app.listen();
    event = await world.due();
    await eventually(() => world.quarantined());
    await world.allAcked();
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
    trace.disable();
    context.disable();
    propagation.disable();
  });

  it('gets the event and its delivery, in all of its handlers', () => {
    expect(seen.toSorted()).toEqual(['also', 'first true']);
  });

  it('ends a delivery by the class of its error', async () => {
    expect(await world.entry()).toMatchObject({
      reason: 'the class of an error arrives as it is',
      origin: { stream: 'LEADS' },
    });
  });

  it('has all of a lead’s spans in one trace, each under its cause', async () => {
    const [due, handled] = ['append lead.step-due', 'process lead.step-due, append lead.paused'].map((name) =>
      spans.getFinishedSpans().find((span) => span.name === name),
    );
    expect(event.traceparent).toContain(due?.spanContext().traceId);
    expect(handled?.spanContext().traceId).toBe(due?.spanContext().traceId);
    expect(handled?.parentSpanContext?.spanId).toBe(due?.spanContext().spanId);
    for (const span of [due, handled]) expect(span?.attributes['lead.id']).toBe(event.leadId);
    expect(due?.attributes).toMatchObject({ 'lead.step': 'first', 'messaging.operation.name': 'append' });
    const [paused] = await world.events.history(event.leadId, event.seq);
    expect(handled?.attributes).toMatchObject({
      'messaging.operation.name': 'process',
      'messaging.message.id': event.id,
      'cloudevents.event_type': 'lead.paused',
      'cloudevents.event_id': paused?.id,
      'leadstream.seq': paused?.seq,
    });
    expect(paused?.span).toBe(handled?.spanContext().spanId);
  });

  it('marks the span of a failure', () => {
    const failed = spans.getFinishedSpans().find((span) => span.name === 'process lead.paused');
    expect(failed?.status).toEqual({ code: 2, message: 'the class of an error arrives as it is' });
  });

  it('names an append that added nothing', async () => {
    const at = await world.events.load(event.leadId);
    await world.events.append(at, paused, 'first');
    expect(await world.events.append(at, paused, 'second')).toEqual({ conflict: true });
    const span = spans.getFinishedSpans().find(({ name }) => name === 'append lead.paused (conflict)');
    expect(span?.attributes['leadstream.conflict']).toBe(true);
  });

  it('links the trace of a second submission and the one before, both ways', async () => {
    const { traceparent = '' } = event;
    const earlier = traceparent.split('-')[1];
    const later = await inSpan(
      'again',
      { service: 'triage', kind: SpanKind.CONSUMER, attributes: {}, parent: ROOT_CONTEXT },
      async (span) => {
        await linkTraces('triage', event.leadId, traceparent);
        return span.spanContext().traceId;
      },
    );
    const linked = (name: string) => {
      const span = spans.getFinishedSpans().find((one) => one.name === name);
      return [span?.spanContext().traceId, span?.links[0]?.context.traceId];
    };
    expect(linked('again')).toEqual([later, earlier]);
    expect(linked('goes on in another trace')).toEqual([earlier, later]);
  });

  it('continues the trace of an event at any later time', async () => {
    const later = await context.with(traceOf(event.traceparent ?? null), () => world.due());
    expect(later.traceparent?.split('-')[1]).toBe(event.traceparent?.split('-')[1]);
  });
});
