import { Problem } from '@leadstream/service/problem';
import { z } from 'zod';
import { monitoring, type Monitoring } from './monitoring-schemas.ts';

const TIMEOUT_MS = 3_000;
const BYTES_MAX = 4 * 1024 * 1024;
const PREFIX = /^Leadstream/;
/** The dead man's switch fires always. */
const SWITCH = 'Watchdog';
/** Replicas of the watch show the same. */
const CANARY =
  'max by (__name__, kind, result, stage, trace_id, mail) ({__name__=~"leadstream_canary_' +
  '(verdict|stage_seconds|failures_in_a_row|last_success_timestamp_seconds)"})';

const labels = z.record(z.string(), z.string());
const alerts = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), activeAt: z.string(), labels, annotations: labels.default({}) })),
  }),
});
const vector = z.object({
  data: z.object({
    result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.coerce.number()]) })),
  }),
});
type Alert = z.infer<typeof alerts>['data']['alerts'][number];
type Sample = z.infer<typeof vector>['data']['result'][number];

/** The alerts of ours that fire, and the canary's last verdicts. Throws a Problem when Prometheus gives no answer. */
export async function readPrometheus(url: string): Promise<NonNullable<Monitoring>> {
  try {
    const [firing, samples] = await Promise.all([
      ask(url, 'api/v1/alerts', alerts),
      ask(url, `api/v1/query?query=${encodeURIComponent(CANARY)}`, vector),
    ]);
    return { alerts: firing.data.alerts.flatMap(shown).sort(pagesFirst), canary: canaryOf(samples.data.result) };
  } catch (cause) {
    throw new Problem('unavailable', 'Prometheus gives no answer', { cause });
  }
}

async function ask<T>(base: string, path: string, schema: z.ZodType<T>): Promise<T> {
  const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`Prometheus answers ${answer.status}`);
  const body: AsyncIterable<Uint8Array> | null = answer.body;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > BYTES_MAX) throw new Error(`Prometheus answers more than ${BYTES_MAX} bytes`);
    parts.push(part);
  }
  return schema.parse(JSON.parse(Buffer.concat(parts).toString()));
}

const NAMED_ELSEWHERE = new Set(['alertname', 'severity']);

function shown({ state, activeAt, labels: all, annotations }: Alert): NonNullable<Monitoring>['alerts'] {
  const { alertname = '', severity = '' } = all;
  const name = alertname.replace(PREFIX, '');
  if (state !== 'firing' || name === alertname || name === SWITCH) return [];
  const about = Object.entries(all).filter(([label]) => !NAMED_ELSEWHERE.has(label));
  return [
    {
      name,
      severity,
      says: annotations['summary'] ?? name,
      about: about.map(([label, value]) => `${label}=${value}`),
      since: new Date(activeAt).toISOString(),
      runbook: annotations['runbook'] ?? null,
    },
  ];
}

type Shown = NonNullable<Monitoring>['alerts'][number];
const pagesFirst = (a: Shown, b: Shown): number =>
  Number(b.severity === 'page') - Number(a.severity === 'page') || a.since.localeCompare(b.since);

const KINDS = ['silent', 'answering'] as const;
const known = (text: string | undefined): string | null => (text === undefined || text === 'none' ? null : text);
const verdict = monitoring.unwrap().shape.canary.element.shape.result;

function canaryOf(samples: readonly Sample[]): NonNullable<Monitoring>['canary'] {
  return KINDS.flatMap((kind) => {
    const of = (name: string) =>
      samples.filter(({ metric }) => metric['__name__'] === `leadstream_canary_${name}` && metric['kind'] === kind);
    const [latest] = of('verdict');
    const result = verdict.safeParse(latest?.metric['result']).data;
    if (!latest || !result) return [];
    const success = of('last_success_timestamp_seconds')[0]?.value[1];
    return [
      {
        kind,
        result,
        stage: known(latest.metric['stage']),
        trace: known(latest.metric['trace_id']),
        failures: Math.max(0, ...of('failures_in_a_row').map(({ value: [, many] }) => many)),
        passedAt: success === undefined ? null : new Date(success * 1_000).toISOString(),
        stages: of('stage_seconds').map(({ metric, value: [, seconds] }) => ({
          stage: metric['stage'] ?? '',
          mail: Number(metric['mail']),
          seconds,
        })),
      },
    ];
  });
}
