import { stringify } from 'yaml';
import type { Alert } from './alert.ts';
import { alertGroups } from './alerts.ts';
import { recordings } from './objectives.ts';
import { REAL, type Scale } from './scale.ts';

const GENERATED = 'Generated from tools/observability by `npm run docs:generate`; do not edit.';

/** The names as Alertmanager has them, next to those of other systems. */
export const PREFIX = 'Leadstream';
export const RUNBOOK = 'docs/runbook.md';

/** The anchor of the heading `### <alert>`, as renderers of Markdown make it. */
export const anchorOf = (alert: string): string => `${PREFIX}${alert}`.toLowerCase();

/** The groups of Prometheus' rule file. */
export const ruleGroups = (scale: Scale) =>
  Object.entries(alertGroups(scale)).map(([group, alerts]) => ({
    name: `leadstream-${group}`,
    rules: [
      // Within one group each rule sees the results of those before it.
      ...(group === 'budgets' ? recordings(scale) : []),
      ...Object.entries(alerts).map(([name, alert]) => ruleOf(name, alert, scale)),
    ],
  }));

const ruleOf = (name: string, { severity, expr, minutes, summary, dashboard }: Alert, { range }: Scale) => ({
  alert: `${PREFIX}${name}`,
  expr,
  ...(minutes > 0 ? { for: range(minutes) } : {}),
  labels: { severity },
  annotations: {
    summary,
    runbook: `${RUNBOOK}#${anchorOf(name)}`,
    dashboard: `/d/leadstream-${dashboard}`,
  },
});

const yaml = (value: object): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

export const rulesFile = (scale: Scale = REAL, groups = ruleGroups(scale)): string =>
  `# ${GENERATED}\n${yaml({ groups })}`;

/** The same for the operator of Prometheus in Kubernetes. */
export const prometheusRule = (): string =>
  `# ${GENERATED}\n${yaml({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'leadstream', labels: { 'app.kubernetes.io/component': 'monitoring' } },
    spec: { groups: ruleGroups(REAL) },
  })}`;
