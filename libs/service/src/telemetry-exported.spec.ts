import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Parts of OTEL_RESOURCE_ATTRIBUTES, beside those of the endpoint. */
const OF_KUBERNETES = readFileSync('k8s/components/every-service/every-service.yaml', 'utf8')
  .matchAll(/name: (OTEL_\w+)/g)
  .map(([, name = '']) => name)
  .filter((name) => !name.startsWith('OTEL_EXPORTER_OTLP_'))
  .toArray();

/** A process that ends one span; the modules of the whole SDK that it has loaded. */
const PROGRAM = `
  import { trace, context } from '@opentelemetry/api';
  import { startTelemetry, flushTelemetry } from '@leadstream/service/telemetry';
  import { registerHooks } from 'node:module';
  let sdk = false;
  registerHooks({ resolve: (name, about, next) => ((sdk ||= name === '@opentelemetry/sdk-node'), next(name, about)) });
  await startTelemetry('triage', process.env);
  await trace.getTracer('test').startActiveSpan('outer', async (span) => {
    await null;
    trace.getTracer('test').startSpan('inner').end();
    span.end();
  });
  await flushTelemetry();
  console.log(sdk ? 'sdk' : 'plain');
`;

async function spansWith(env: Record<string, string>): Promise<string> {
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const args = ['--conditions=@leadstream/source', '--input-type=module', '-e', PROGRAM];
  const options = { env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return stdout.trim();
}

describe('tracing that is exported', () => {
  it.each([
    ['plain', {}],
    ['plain', { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1', OTEL_SERVICE_NAME: '', OTEL_TRACES_SAMPLER: '' }],
    ['plain', Object.fromEntries(OF_KUBERNETES.map((name) => [name, 'triage-0']))],
    ['sdk', { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }],
    ['sdk', { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '100' }],
  ])('is %s with %j, and sends protobuf', async (by, env) => {
    await expect(spansWith({ ...env, OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=triage-0' })).resolves.toBe(by);
    const all = bodies.join('\n');
    for (const part of ['application/x-protobuf', 'outer', 'inner', 'triage', 'leadstream', 'triage-0', 'host.name'])
      expect(all).toContain(part);
    expect(all).not.toContain('process.command');
  });

  it('is off by a variable in any case', async () => {
    await expect(spansWith({ OTEL_SDK_DISABLED: 'TRUE' })).resolves.toBe('plain');
    expect(bodies).toEqual([]);
  });

  it('takes the SDK for another protocol', async () => {
    await expect(spansWith({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })).resolves.toBe('sdk');
    expect(bodies.join()).toMatch(/^application\/json .*"outer"/);
  });

  it('takes the SDK for a sampler, and exports no span that it leaves out', async () => {
    await expect(spansWith({ OTEL_TRACES_SAMPLER: 'always_off' })).resolves.toBe('sdk');
    expect(bodies).toEqual([]);
  });
});
