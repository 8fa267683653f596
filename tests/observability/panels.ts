import { setTimeout as delay } from 'node:timers/promises';
import { DASHBOARDS } from '../../tools/observability/dashboards/grafana.ts';
import { strangers } from './load.ts';
import type { Prometheus } from './prometheus.ts';
import type { System } from './system.ts';

/** The time in which every event of a lead has happened. */
const DATA_MS_MAX = 180_000;

/** Grafana's variables, each with a value that stands for all. */
const filled = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '10m').replace(/\$\w+/g, '.*');

export interface Answer {
  dashboard: string;
  panel: string;
  legend: string;
  expr: string;
  /** Of the last answer. */
  series: number;
}

/** The number of series that each query of each panel returns, once it returns some; 0: it never did. */
export async function askPanels(system: System, prometheus: Prometheus): Promise<Answer[]> {
  const queries = Object.entries(DASHBOARDS).flatMap(([dashboard, { rows }]) =>
    rows
      .filter(({ needs }) => needs === undefined)
      .flatMap(({ panels }) => panels)
      .flatMap(({ title: panel, queries: all }) => all.map((query) => ({ dashboard, panel, ...query, series: 0 }))),
  );
  for (const deadline = performance.now() + DATA_MS_MAX; performance.now() < deadline; await delay(2_000)) {
    await strangers(system);
    const open = queries.filter(({ series }) => series === 0);
    if (open.length === 0) break;
    for (const query of open) {
      const samples = await prometheus.query(filled(query.expr));
      query.series = samples.filter(({ value }) => !Number.isNaN(value)).length;
    }
  }
  return queries;
}
