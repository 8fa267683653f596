import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VERSION } from '@leadstream/service/version';
import { z } from 'zod';

const traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) })),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).optional(),
              name: z.string(),
              attributes: z
                .array(z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) }))
                .optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** An OTLP collector that keeps what it is sent. */
function startCollector(
  spans: {
    service: string;
    traceId: string;
    spanId: string;
    parentSpanId?: string | undefined;
    causes: number;
    name: string;
    leadId?: string | undefined;
    version?: string | undefined;
  }[],
): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        if (request.url === '/v1/traces') {
          for (const { resource, scopeSpans } of traces.parse(JSON.parse(Buffer.concat(chunks).toString()))
            .resourceSpans) {
            const ofProcess = (wanted: string) =>
              resource.attributes.find(({ key }) => key === wanted)?.value.stringValue;
            const version = ofProcess('service.version');
            for (const { attributes, links = [], ...span } of scopeSpans.flatMap((scope) => scope.spans)) {
              const of = (wanted: string) => attributes?.find(({ key }) => key === wanted)?.value.stringValue;
              const service = of('leadstream.service') ?? ofProcess('service.name') ?? '';
              spans.push({ ...span, service, causes: links.length, leadId: of('lead.id'), version });
            }
          }
        }
        response.end('{}');
      });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe('npm start -- --once', () => {
  let dir: string;
  let collector: Server;
  const spans: Parameters<typeof startCollector>[0] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'leadstream-start-'));
    collector = await startCollector(spans);
  });
  afterAll(async () => {
    collector.close();
    await rm(dir, { recursive: true, force: true });
  });

  const once = (...options: string[]) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const { port } = collector.address() as AddressInfo;
      const env = {
        ...process.env,
        LEADSTREAM_DIR: dir,
        NATS_URL: '',
        MONGODB_URI: '',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      };
      const child = execFile(
        process.execPath,
        ['--conditions=@leadstream/source', 'tools/start/main.ts', '--once', ...options],
        { env },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
      );
    });

  it('shows the sample’s way from lead.created to stopped, and again over the same data in one process', async () => {
    for (const options of [[], ['--one-process']]) {
      const { code, output } = await once(...options);
      expect({ options, code, output }).toMatchObject({ code: 0 });
      const words = [
        'lead.created',
        'triaged',
        'enrolled',
        'step-due',
        'send-started',
        ' sent ',
        'delivered',
        'replied',
        'stopped',
      ];
      expect(words.filter((word) => !output.includes(word))).toEqual([]);
    }
  });

  it('tells the collector its version', () => {
    expect([...new Set(spans.map(({ version }) => version))]).toEqual([VERSION]);
  });

  it('has log lines of each lead in that lead’s trace alone', async () => {
    const logs = (await readdir(join(dir, 'logs'))).map((name) => join(dir, 'logs', name));
    const line = z.looseObject({ msg: z.string(), leadId: z.string().optional(), trace_id: z.string().optional() });
    const lines = (await Promise.all(logs.map((path) => readFile(path, 'utf8'))))
      .flatMap((text) => text.split('\n'))
      .flatMap((text) => (text.startsWith('{') ? [line.parse(JSON.parse(text))] : []))
      .filter(({ leadId }) => leadId !== undefined);
    const traceOf = new Map(spans.flatMap(({ leadId, traceId }) => (leadId ? [[leadId, traceId]] : [])));
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['lead transition', 'esp call']));
    expect(lines.filter(({ leadId = '', trace_id: id }) => id === undefined || id !== traceOf.get(leadId))).toEqual([]);
  });

  it('is one trace in the collector, over every service', () => {
    const traceOfLead = Map.groupBy(
      spans.filter(({ leadId }) => leadId),
      ({ leadId }) => leadId,
    );
    expect(traceOfLead.size).toBe(2);
    for (const ofLead of traceOfLead.values()) {
      const [traceId, ...others] = new Set(ofLead.map((span) => span.traceId));
      expect(others).toEqual([]);
      const services = new Set(spans.filter((span) => span.traceId === traceId).map(({ service }) => service));
      expect([...services].sort()).toEqual(['enricher', 'inbound', 'ingest', 'scheduler', 'sender', 'triage']);
      // Each hop is below the lead's first span and links its cause: a trace with two mails is read in one page.
      const inTrace = new Map(spans.filter((span) => span.traceId === traceId).map((span) => [span.spanId, span]));
      const depthOf = ({ parentSpanId = '' }: (typeof spans)[number]): number => {
        const parent = inTrace.get(parentSpanId);
        return parent ? depthOf(parent) + 1 : 1;
      };
      expect(Math.max(...inTrace.values().map(depthOf))).toBeLessThanOrEqual(4);
      expect([...inTrace.values()].filter(({ parentSpanId }) => !inTrace.has(parentSpanId ?? ''))).toMatchObject([
        { name: 'create lead.created' },
      ]);
      const hops = inTrace.values().filter(({ name }) => /^(?:hunt|feedback|process lead\.(?!created))\b/.test(name));
      expect([...hops].filter(({ causes }) => causes !== 1)).toEqual([]);
      expect(
        ['hunt, append lead.step-due', 'send by sendgrid', 'append lead.sent'].filter(
          (name) => !ofLead.some((span) => span.name === name),
        ),
      ).toEqual([]);
    }
  });
});
