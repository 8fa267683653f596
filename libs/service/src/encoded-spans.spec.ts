import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
} from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { EncodedSpans } from './encoded-spans.ts';
import { spanBytes } from './span-bytes.ts';

const bodies: Buffer[] = [];
const collector = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      bodies.push(Buffer.concat(chunks));
      response.end();
    });
});
/** Spans as the library gets them. */
const whole: ReadableSpan[] = [];
const keeping: SpanProcessor = {
  onStart: () => undefined,
  onEnd: (span) => void whole.push(span),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
let provider: TracerProvider;

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const resource = resourceFromAttributes({ 'service.name': 'triage', 'host.id': Promise.resolve('some host') });
  provider = new TracerProvider({ resource, spanProcessors: [keeping, new EncodedSpans()] });
});
afterAll(async () => {
  await provider.shutdown();
  collector.closeAllConnections();
  collector.close();
});

/** What the collector has got of the spans that `work` ends, beside the library's bytes of them. */
async function exported(work: () => void): Promise<[ours: Buffer, library: Buffer]> {
  bodies.length = whole.length = 0;
  work();
  await provider.forceFlush();
  return [Buffer.concat(bodies), Buffer.from(ProtobufTraceSerializer.serializeRequest(whole) ?? [])];
}

const context = (traceState?: string) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  ...(traceState ? { traceState: createTraceState(traceState) } : {}),
});
const spanOf = (attributes: Attributes, name = 'hunt') => provider.getTracer('a').startSpan(name, { attributes });

describe('a span that is encoded at its end', () => {
  it.each<[string, () => Span]>([
    ['without anything', () => spanOf({})],
    [
      'with texts',
      () =>
        spanOf({ 'lead.id': 'x', empty: '', ascii: 'a'.repeat(300), naïve: 'Zoë 🙂 \ud800', long: 'é'.repeat(20_000) }),
    ],
    [
      'with numbers and booleans',
      () => spanOf({ zero: 0, one: 1, seq: 12_345, most: 2 ** 32 - 1, yes: true, no: false }),
    ],
    ['with a name beyond ASCII', () => spanOf({}, 'append «größe»')],
    [
      'at a time whose nanoseconds carry',
      () => provider.getTracer('a').startSpan('b', { startTime: [1_796_042_103, 999_999_999] }),
    ],
    ['of a kind', () => provider.getTracer('a').startSpan('b', { kind: SpanKind.CONSUMER })],
    [
      'below a remote span with a state',
      () => provider.getTracer('a').startSpan('b', {}, trace.setSpanContext(ROOT_CONTEXT, context('vendor=x'))),
    ],
    [
      'with links',
      () =>
        provider.getTracer('a').startSpan('b', {
          links: [{ context: context() }, { context: context('v=1'), attributes: { why: 'wait' } }],
        }),
    ],
    ['that failed', () => spanOf({}).setStatus({ code: SpanStatusCode.ERROR, message: 'no — answer' })],
    ['that succeeded', () => spanOf({}).setStatus({ code: SpanStatusCode.OK })],
    ['of a tracer with a version', () => provider.getTracer('a', '1.2.3').startSpan('b')],
  ])('%s has the bytes of the library', async (_, begin) => {
    const [ours, library] = await exported(() => begin().end());
    expect(ours.toString('hex')).toBe(library.toString('hex'));
    expect(whole.map(spanBytes)).toEqual([expect.any(Buffer)]);
  });

  it.each<[string, () => Span]>([
    ['an event', () => spanOf({ 'lead.id': 'x' }).addEvent('retried')],
    ['a fraction', () => spanOf({ share: 0.5 })],
    ['a negative number', () => spanOf({ less: -1 })],
    ['a number above 32 bits', () => spanOf({ seq: 2 ** 32 })],
    ['a list', () => spanOf({ all: ['a', 'b'] })],
    [
      'a list in a link',
      () => provider.getTracer('a').startSpan('b', { links: [{ context: context(), attributes: { all: [1] } }] }),
    ],
  ])('with %s is encoded by the library', async (_, begin) => {
    const [ours, library] = await exported(() => begin().end());
    expect(ours.toString('hex')).toBe(library.toString('hex'));
    expect(whole.map(spanBytes)).toEqual([undefined]);
  });

  it('is in one batch with spans of other tracers and with those of the library', async () => {
    const [ours, library] = await exported(() => {
      for (const name of ['a', 'b', 'a']) provider.getTracer(name).startSpan('of ours', { attributes: { name } }).end();
      spanOf({ share: 0.5 }).end();
    });
    expect(bodies).toHaveLength(1);
    const rest = Buffer.from(ProtobufTraceSerializer.serializeRequest(whole.slice(3)) ?? []);
    const first = Buffer.from(ProtobufTraceSerializer.serializeRequest(whole.slice(0, 3)) ?? []);
    expect(ours.toString('hex')).toBe(Buffer.concat([first, rest]).toString('hex'));
    expect(library.length).toBeLessThan(ours.length);
  });
});
