import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const bodies: string[] = [];
const collector = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      bodies.push(`${request.headers['content-type']} ${Buffer.concat(chunks).toString('latin1')}`);
      response.end();
    });
});
beforeAll(() => new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve)));
beforeEach(() => void (bodies.length = 0));
afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});

/** A process that ends two spans. */
const PROGRAM = `
  import { trace } from '@opentelemetry/api';
  import { startTelemetry, flushTelemetry } from '@leadstream/service/telemetry';
  await startTelemetry('triage', process.env);
  await trace.getTracer('test').startActiveSpan('outer', async (span) => {
    await null;
    trace.getTracer('test').startSpan('inner').end();
    span.end();
  });
  await flushTelemetry();
`;

/** Runs it with these variables, until its spans are exported. */
async function endSpans(env: Record<string, string>): Promise<void> {
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const args = ['--conditions=@leadstream/source', '--input-type=module', '-e', PROGRAM];
  const options = { env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env } };
  await promisify(execFile)(process.execPath, args, options);
}

describe('tracing that is exported', () => {
  it.each<Record<string, string>>([
    {},
    { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1', OTEL_SERVICE_NAME: '', OTEL_TRACES_SAMPLER: '' },
    { OTEL_TRACES_SAMPLER: 'parentbased_always_on', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '100' },
  ])('is protobuf with %j', async (env) => {
    await endSpans({ ...env, OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=triage-0' });
    const all = bodies.join('\n');
    for (const part of ['application/x-protobuf', 'outer', 'inner', 'triage', 'leadstream', 'triage-0', 'host.name'])
      expect(all).toContain(part);
    expect(all).not.toContain('process.command');
  });

  it('is JSON where the protocol says so', async () => {
    await endSpans({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    expect(bodies.join()).toMatch(/^application\/json .*"outer"/);
  });

  it.each<Record<string, string>>([{ OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_SAMPLER: 'always_off' }])(
    'is none with %j',
    async (env) => {
      await endSpans(env);
      expect(bodies).toEqual([]);
    },
  );
});
