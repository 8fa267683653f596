import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { render } from '../deploy/kustomize.ts';
import { DASHBOARDS, dashboardNames } from './dashboards/grafana.ts';
import { knownSeries, seriesIn } from './names.ts';
import { recordings } from './objectives.ts';
import { REAL } from './scale.ts';

const panels = Object.values(DASHBOARDS).flatMap(({ rows }) => rows.flatMap((row) => row.panels));
const exprs = panels.flatMap(({ queries }) => queries.map(({ expr }) => expr));

describe('the dashboards', () => {
  it('ask for series and labels that a service shows, or that a rule records', async () => {
    const known = await knownSeries();
    const unknown = exprs
      .flatMap(seriesIn)
      .filter(({ name, labels }) => !labels.every((label) => known.get(name)?.has(label) ?? false));
    expect(unknown).toEqual([]);
    const recorded = recordings(REAL).map(({ record }) => record);
    for (const name of exprs.flatMap((expr) => expr.match(/leadstream:\w+:\w+/g) ?? []))
      expect(recorded).toContain(name);
  });

  it('fill each row of 24 columns', () => {
    for (const { rows } of Object.values(DASHBOARDS))
      for (const row of rows) expect(row.panels.reduce((sum, { width }) => sum + width, 0) % 24).toBe(0);
  });

  it('are what the sidecar of Grafana imports', () => {
    const { data } = render(join(import.meta.dirname, '../../k8s/monitoring'))['ConfigMap/leadstream-dashboards'] ?? {};
    expect(Object.keys(data as object)).toEqual(dashboardNames.map((name) => `${name}.json`));
  });
});
