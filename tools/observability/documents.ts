import { dashboardNames, grafana } from './dashboards/grafana.ts';
import { prometheusRule, rulesFile } from './rules.ts';

/** The files of `deploy/` and `k8s/monitoring` that are made from the code here, by their paths. */
export const observability = (): [string, string][] => [
  ['deploy/alerts/leadstream.yaml', rulesFile()],
  ['k8s/monitoring/prometheus-rule.yaml', prometheusRule()],
  ...dashboardNames.map((name): [string, string] => [`deploy/dashboards/${name}.json`, grafana(name)]),
];
