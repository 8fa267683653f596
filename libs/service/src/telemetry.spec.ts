import { beforeAll, describe, expect, it } from '@jest/globals';
import { context, propagation, trace } from '@opentelemetry/api';
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

  it('exports nothing at shutdown, and does not fail', async () => {
    await expect(flushTelemetry()).resolves.toBeUndefined();
  });
});
