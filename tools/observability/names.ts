import { Metrics } from '@leadstream/service/metrics';

/** Every series that a service can show, by its name, with its labels; `app` and a bucket's `le` included. */
export async function knownSeries(): Promise<Map<string, Set<string>>> {
  const known = new Map<string, Set<string>>();
  const metrics = new Metrics('docs');
  for (const { name, type, labels } of metrics.described) {
    const names = type === 'histogram' ? ['_count', '_sum', '_bucket'].map((part) => name + part) : [name];
    for (const one of names) known.set(one, new Set([...labels, 'app', 'le']));
  }
  for (const [, name = ''] of (await metrics.exposition()).matchAll(/^(process_\w+|nodejs_\w+)[{ ]/gm))
    known.set(name, new Set(['app', 'le', 'space', 'kind', 'type', 'quantile', 'version']));
  return known;
}

/** The series of a PromQL expression, each with the labels of its matchers. */
export const seriesIn = (expr: string): { name: string; labels: string[] }[] =>
  [...expr.matchAll(/\b((?:leadstream|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
  }));
