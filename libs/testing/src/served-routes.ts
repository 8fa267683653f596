/** What a running service serves: `<METHOD> <route>`, and the reasons of each route's refusals. */
export interface Served {
  routes: string[];
  reasons: ReadonlyMap<string, readonly string[]>;
}

const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * The routes that a service at `url` has, as its own metrics name them from its start, and the methods that a 405
 * names. Neither HEAD nor the preflights of CORS count. No route may take DELETE.
 */
export async function servedBy(url: string): Promise<Served> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const labels = (metric: string, name: string): [route: string, value: string][] =>
    [...metrics.matchAll(new RegExp(`^${metric}\\{([^}]*)\\}`, 'gm'))].map(([, text = '']) => [
      /route="([^"]*)"/.exec(text)?.[1] ?? '',
      new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? '',
    ]);
  const paths = [...new Set(labels('leadstream_http_requests_total', 'code').map(([route]) => route))].filter(
    (route) => route.startsWith('/') && !PROBES.has(route),
  );
  const routes = await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${url}${path.replaceAll(/:\w+/g, 'x')}`, { method: 'DELETE' });
      const methods = (answer.headers.get('allow') ?? '').split(', ');
      return methods.filter((method) => !['HEAD', 'OPTIONS'].includes(method)).map((method) => `${method} ${path}`);
    }),
  );
  const refused = Map.groupBy(labels('leadstream_http_refusals_total', 'reason'), ([route]) => route);
  return {
    routes: routes.flat().sort(),
    reasons: new Map(
      [...refused].map(([route, pairs]) => [route, [...new Set(pairs.map(([, reason]) => reason))].sort()]),
    ),
  };
}
