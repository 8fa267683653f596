import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardName } from '../alert.ts';
import { consumer } from './consumer.ts';
import { overview } from './overview.ts';
import type { Dashboard, Panel } from './panel.ts';
import { runtime } from './runtime.ts';
import { sequences } from './sequences.ts';

export const DASHBOARDS: Readonly<Record<DashboardName, Dashboard>> = { overview, consumer, runtime, sequences };
export const dashboardNames: readonly DashboardName[] = ['overview', 'consumer', 'runtime', 'sequences'];

const TAG = 'leadstream';
const HEIGHT = 8;
const LINE_WIDTH = 2;
const FILL_OPACITY = 10;
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

const thresholds = (limit: number): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ]);

const lines = (limit?: number): LinesBuilder => {
  const legend = new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
  const builder = new LinesBuilder().lineWidth(LINE_WIDTH).fillOpacity(FILL_OPACITY).min(0).legend(legend);
  if (limit === undefined) return builder;
  return builder
    .thresholds(thresholds(limit))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
};

/** Kinds of panels, by the builder of each. */
const KINDS = {
  lines: ({ limit }) => lines(limit),
  stacked: ({ limit }) => lines(limit).stacking(new StackingConfigBuilder().mode(StackingMode.Normal)),
  stat: ({ limit }) => (limit === undefined ? new StatBuilder() : new StatBuilder().thresholds(thresholds(limit))),
  state: () => new StateBuilder(),
} satisfies Record<Panel['kind'], (panel: Panel) => LinesBuilder | StatBuilder | StateBuilder>;

function panelOf(panel: Panel): LinesBuilder | StatBuilder | StateBuilder {
  const { title, about, kind, unit, width, queries } = panel;
  const builder = KINDS[kind](panel)
    .title(title)
    .description(about)
    .datasource(SOURCE)
    .unit(unit)
    .height(HEIGHT)
    .span(width);
  for (const [index, { expr, legend, exemplars = false }] of queries.entries())
    builder.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .datasource(SOURCE)
        .expr(expr)
        .legendFormat(legend)
        .exemplar(exemplars)
        .range(),
    );
  return builder;
}

/** The dashboard as Grafana imports it. */
export function grafana(name: DashboardName): string {
  const { title, about, rows, variable } = DASHBOARDS[name];
  const builder = new DashboardBuilder(title)
    .uid(`${TAG}-${name}`)
    .description(about)
    .tags([TAG])
    .timezone('browser')
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('Leadstream')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  if (variable)
    builder.withVariable(
      new QueryVariableBuilder(variable.name)
        .label(variable.label)
        .datasource(SOURCE)
        .query(variable.values)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .includeAll(true)
        .allValue('.*'),
    );
  let id = 0;
  for (const { title: row, panels } of rows) {
    if (row) builder.withRow(new RowBuilder(row).id(++id));
    for (const panel of panels) builder.withPanel(panelOf(panel).id(++id));
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}
