import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, spawnWatched } from '@leadstream/testing/child';
import { eventually } from '@leadstream/testing/eventually';
import { freePort } from '@leadstream/testing/servers';
import { z } from 'zod';

const tag = z.object({ key: z.string(), value: z.unknown() });
const span = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: z.array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() })),
  startTime: z.number().describe('Microseconds since 1970'),
  duration: z.number(),
  tags: z.array(tag),
  processID: z.string(),
  warnings: z.array(z.string()).nullable(),
});
const response = z.object({
  data: z.array(
    z.object({
      traceID: z.string(),
      spans: z.array(span),
      processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: z.array(tag) })),
      warnings: z.array(z.string()).nullable(),
    }),
  ),
});
export type Trace = z.infer<typeof response>['data'][number];
export type JaegerSpan = Trace['spans'][number];

export interface Jaeger extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  otlp: string;
  /** As the page's form searches: by a service and tags. */
  search(service: string, tags: Record<string, string>): Promise<Trace[]>;
}

/** Starts Jaeger with its memory as the store, on free ports. */
export async function startJaeger(binary: string): Promise<Jaeger> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-jaeger-'));
  const port = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
  const [otlp, query] = [await port(), await port()];
  const child = spawnWatched(
    [
      binary,
      `--collector.otlp.http.host-port=${otlp}`,
      `--collector.otlp.grpc.host-port=${await port()}`,
      `--collector.http-server.host-port=${await port()}`,
      `--collector.grpc-server.host-port=${await port()}`,
      `--query.http-server.host-port=${query}`,
      `--query.grpc-server.host-port=${await port()}`,
      `--admin.http.host-port=${await port()}`,
    ],
    join(dir, 'log'),
  );
  const search = async (service: string, tags: Record<string, string>): Promise<Trace[]> => {
    const asked = new URLSearchParams({ service, tags: JSON.stringify(tags), limit: '100' });
    const answer = await fetch(`http://${query}/api/traces?${asked.toString()}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Jaeger: ${answer.status} ${text}`);
    return response.parse(JSON.parse(text)).data;
  };
  await eventually(() => search('any', {}).then(() => true));
  return {
    otlp: `http://${otlp}`,
    search,
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export const tagOf = ({ tags }: JaegerSpan, key: string): unknown => tags.find((one) => one.key === key)?.value;

/** The spans as the page lists them: each below its parent, by their time. */
export function tree({ spans }: Trace): { span: JaegerSpan; depth: number }[] {
  const ids = new Set(spans.map(({ spanID }) => spanID));
  const parentOf = ({ traceID, references }: JaegerSpan): string | undefined =>
    references.find((one) => one.refType === 'CHILD_OF' && one.traceID === traceID && ids.has(one.spanID))?.spanID;
  const below = Map.groupBy(
    spans.toSorted((one, other) => one.startTime - other.startTime),
    parentOf,
  );
  const from = (parent: string | undefined, depth: number): { span: JaegerSpan; depth: number }[] =>
    (below.get(parent) ?? []).flatMap((one) => [{ span: one, depth }, ...from(one.spanID, depth + 1)]);
  return from(undefined, 1);
}

/** Links to causes and to other traces. */
export const linksOf = ({ references }: JaegerSpan): JaegerSpan['references'] =>
  references.filter(({ refType }) => refType !== 'CHILD_OF');
