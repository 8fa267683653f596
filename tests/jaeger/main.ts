import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import { eventually } from '@leadstream/testing/eventually';
import { onPath } from '../../tools/observability/promtool.ts';
import { skip } from '../chart/tools.ts';
import { linksOf, startJaeger, tagOf, tree, type Jaeger, type JaegerSpan, type Trace } from './jaeger.ts';

const DEPTH_MAX = 4;
const CALLER = '4bf92f3577b34da6a3ce929d0e0e4736';
const SHOWN = ['lead.sequence', 'lead.step', 'leadstream.outcome', 'http.response.status_code', 'error.type'];
/** Every service that has to do with the sample. */
const SERVICES = ['ingest', 'triage', 'enricher', 'scheduler', 'sender', 'inbound'];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const serviceOf = (span: JaegerSpan): string => {
  const service = tagOf(span, 'leadstream.service');
  return typeof service === 'string' ? service : 'ingest';
};

function must(holds: boolean, what: string): void {
  say(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
  if (!holds) process.exitCode = 1;
}

function show(trace: Trace): void {
  for (const { span, depth } of tree(trace)) {
    const name = '  '.repeat(depth - 1) + span.operationName;
    const tags = SHOWN.flatMap((key) => (tagOf(span, key) === undefined ? [] : [`${key}=${String(tagOf(span, key))}`]));
    say(`  ${name.padEnd(48)} ${serviceOf(span).padEnd(10)} ${linksOf(span).length > 0 ? '⤳ ' : ''}${tags.join(' ')}`);
  }
}

function judgeTrace(trace: Trace): void {
  const lines = tree(trace);
  must(lines.length === trace.spans.length, `${trace.spans.length} spans, each below one of the trace`);
  const roots = lines.filter(({ depth }) => depth === 1).map(({ span }) => span.operationName);
  must(roots.join() === 'create lead.created', `its first span: ${roots.join(', ')}`);
  const depth = Math.max(...lines.map((line) => line.depth));
  must(depth <= DEPTH_MAX, `depth ${depth}, at most ${DEPTH_MAX}`);
  // Of a span and its child in one process Jaeger may warn, too: the SDK's clock has a millisecond.
  const warnings = lines
    .filter((line) => line.depth === 2)
    .flatMap(({ span: { operationName, warnings: of } }) =>
      (of ?? []).map((warning) => `${operationName}: ${warning}`),
    );
  must(warnings.length === 0, `no warnings of Jaeger’s at a hop: ${warnings[0] ?? 'none'}`);
  const services = new Set(trace.spans.map(serviceOf));
  must(
    SERVICES.every((service) => services.has(service)),
    `spans of ${[...services].join(', ')}`,
  );
  const hops = trace.spans.filter(({ operationName }) =>
    /^(hunt|feedback|process lead\.(?!created))/.test(operationName),
  );
  must(
    hops.length > 0 && hops.every((span) => linksOf(span).length === 1),
    `each of ${hops.length} hops links its cause`,
  );
  const messages = trace.spans.filter((span) => tagOf(span, 'messaging.system') !== undefined);
  must(
    messages.every((span) => tagOf(span, 'messaging.operation.name') !== undefined),
    `each of ${messages.length} spans of messages says its operation`,
  );
  const nameless = trace.spans.filter((span) => tagOf(span, 'lead.id') === undefined);
  must(
    nameless.every(({ operationName }) => ['create lead.created', 'publish lead.created'].includes(operationName)),
    'every span has lead.id, but for those of its publisher',
  );
  const versions = new Set(
    Object.values(trace.processes).map(({ tags }) => tags.find((one) => one.key === 'service.version')?.value),
  );
  must(versions.size === 1 && !versions.has(undefined), `every process says its version: ${[...versions].join(', ')}`);
}

/** A form again: the lead goes on in a trace of its own, and both name the other. */
async function judgeSecond(jaeger: Jaeger, first: Trace, id: string, submit: () => Promise<unknown>): Promise<void> {
  await submit();
  const traces = await eventually(async () => {
    const found = await jaeger.search('triage', { 'lead.id': id });
    return found.length === 2 && linkedFrom(found, first).length > 0 ? found : undefined;
  });
  const second = traces.find(({ traceID }) => traceID !== first.traceID);
  const back = second?.spans.flatMap(linksOf).some(({ traceID }) => traceID === first.traceID) ?? false;
  const atTheDoor = second?.spans.find(({ operationName }) => operationName === 'create lead.created');
  must(
    atTheDoor !== undefined && linksOf(atTheDoor).some(({ traceID }) => traceID === CALLER),
    'a submission links the trace of the request that brought it',
  );
  must(back, 'a second submission is another trace of the same search, which links the first one');
  must(linkedFrom(traces, first).join() === 'goes on in another trace', 'and the first one links it');
}

const linkedFrom = (traces: readonly Trace[], { traceID }: Trace): string[] =>
  (traces.find((one) => one.traceID === traceID)?.spans ?? [])
    .filter((span) =>
      linksOf(span).some((link) => traces.some((one) => one.traceID === link.traceID && link.traceID !== traceID)),
    )
    .map(({ operationName }) => operationName);

async function prove(binary: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-traces-'));
  await using started = new AsyncDisposableStack();
  started.defer(() => rm(dir, { recursive: true, force: true }));
  const jaeger = started.use(await startJaeger(binary));
  Object.assign(process.env, {
    LEADSTREAM_DIR: dir,
    NATS_URL: '',
    MONGODB_URI: '',
    OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlp,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  // They read the environment when they are loaded.
  const { startLocalStack } = await import('../../tools/start/local-stack.ts');
  const { follow, sendSample } = await import('../../tools/start/sample.ts');
  const stack = started.use(await startLocalStack({ realTime: false, oneProcess: false, canary: false, print: say }));
  await sandboxClient(stack.sandbox.url).faults({ status: 503 });
  const lead = await sendSample(stack, say);
  await follow(stack, lead, say, { replyOnce: true, timeoutMs: 90_000 });

  const trace = await eventually(async () => {
    const found = await jaeger.search('triage', { 'lead.id': lead.id });
    const [one] = found;
    if (one?.spans.some(({ operationName }) => operationName.endsWith('append lead.sequence-completed')) !== true)
      return undefined;
    must(found.length === 1, `one trace has lead.id=${lead.id}`);
    return one;
  });
  show(trace);
  judgeTrace(trace);
  const red = await jaeger.search('sender', { error: 'true', 'error.type': 'server-error' });
  must(
    red.some(({ traceID }) => traceID === trace.traceID),
    'the refused call is found by error=true error.type=server-error',
  );
  await judgeSecond(jaeger, trace, lead.id, () =>
    fetch(`${stack.ingest}/v1/leads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${CALLER}-00f067aa0ba902b7-01` },
      body: JSON.stringify({ email: lead.email, leadData: { source: 'webinar' } }),
    }),
  );
}

const binary =
  process.env['JAEGER'] ?? ['jaeger-all-in-one', 'all-in-one'].map(onPath).find((path) => path !== undefined);
if (binary === undefined) skip('test:jaeger', 'no jaeger-all-in-one is on PATH, and JAEGER does not name one');
await prove(binary);
process.exit();
