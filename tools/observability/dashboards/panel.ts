/** A query, in which Grafana replaces `$__rate_interval` and the dashboard's variables. */
export interface Query {
  expr: string;
  /** Labels in double braces. */
  legend: string;
  /** Points that lead to a trace. */
  exemplars?: true;
}

export interface Panel {
  title: string;
  /** The question that it answers, and the values that are wrong. */
  about: string;
  /** `state`: a bar of time in the colours of its values. */
  kind: 'lines' | 'stacked' | 'stat' | 'state';
  /** Grafana's name. */
  unit: 's' | 'short' | 'percentunit' | 'bytes' | 'reqps' | 'cpm';
  /** A value from which it is red. */
  limit?: number;
  /** Of a row of 24. */
  width: number;
  queries: Query[];
}

export interface Dashboard {
  title: string;
  about: string;
  /** `needs`: it has data only where there is a canary, which test:canary asks. */
  rows: { title: string; panels: Panel[]; needs?: 'canary' }[];
  /** A variable with the values of a label. */
  variable?: { name: string; label: string; values: string };
}

/** A quantile of a histogram, by labels if there are some. */
export const quantile = (q: number, name: string, matchers = '', by: string[] = []): string =>
  `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) ` +
  `(rate(${name}_bucket${matchers && `{${matchers}}`}[$__rate_interval])))`;

/** The median and the 99th percentile, the latter with exemplars. */
export const p50p99 = (name: string, matchers = ''): Query[] => [
  { expr: quantile(0.5, name, matchers), legend: 'p50' },
  { expr: quantile(0.99, name, matchers), legend: 'p99', exemplars: true },
];
