import { Metrics } from '@leadstream/service/metrics';
import { z } from 'zod';

const metric = z.object({ name: z.string(), type: z.string(), help: z.string(), labelNames: z.array(z.string()) });

/** Every metric of ours, from the registry itself; Node's own are left out. */
export function metricsPage(): string {
  const metrics = new Metrics('docs');
  metrics.httpHeldBytes(() => 0);
  const ours = z
    .array(metric)
    .parse(metrics.registry.getMetricsAsArray())
    .filter(({ name }) => name.startsWith('leadstream_'));
  const rows = ours
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, type, help, labelNames }) =>
        `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(' ')} | ${help} |`,
    );
  return [
    '# Metrics',
    '',
    '<!-- Generated from libs/service/src/metrics.ts by `npm run docs:generate`; do not edit. -->',
    '',
    'Every service answers `GET /metrics` (Prometheus text format) with those of ' +
      'them that it counts, each with the label `service`, and with the',
    'default metrics of Node.js (`process_*`, `nodejs_*`). What to do about a value: [runbook.md](runbook.md).',
    '',
    '| metric | type | labels | what |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
