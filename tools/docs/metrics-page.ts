import { Metrics } from '@leadstream/service/metrics';
import { code, table } from './markdown.ts';

/** Every metric of ours, from the registry itself; Node's own are left out. */
export function metricsPage(): string {
  const rows = new Metrics('docs').described
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, by, help }) => [
      code(name),
      type,
      labels.map(code).join(' '),
      typeof by === 'string' ? 'every process' : by.join(', '),
      help,
    ]);
  return [
    '# Metrics',
    '',
    '<!-- Generated from libs/service/src/metrics.ts by `npm run docs:generate`; do not edit. -->',
    '',
    'Every process answers `GET /metrics`, in Prometheus’ text format or in OpenMetrics with exemplars, as ' +
      '`Accept` says. A service shows only what',
    'it counts itself, with the label `app`, and the default metrics of Node.js (`process_*`, `nodejs_*`). What ' +
      'has to be asked for is shown by',
    '[watch](../apps/watch/README.md) alone: several replicas of it tell the same, so take the `max`. A gauge ' +
      'without an answer is absent, and',
    '`leadstream_watch_up` is 0. Of the counters `sum` is right. What to do about a value: [runbook.md](runbook.md).',
    '',
    table(['metric', 'type', 'labels', 'by', 'what'], rows),
    '',
  ].join('\n');
}
