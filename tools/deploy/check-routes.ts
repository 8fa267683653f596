import { openapi as inbound } from '@leadstream/inbound/openapi';
import { openapi as ingest } from '@leadstream/ingest/openapi';
import { z } from 'zod';
import { issuesOf } from './environment.ts';
import type { Cluster } from './kustomize.ts';

const routeSchema = z.looseObject({
  spec: z.looseObject({
    rules: z.array(
      z.looseObject({
        matches: z.array(
          z.strictObject({ path: z.strictObject({ type: z.enum(['Exact', 'PathPrefix']), value: z.string() }) }),
        ),
        backendRefs: z.tuple([z.looseObject({ name: z.string() })]),
      }),
    ),
  }),
});

const paths = z.looseObject({ paths: z.record(z.string(), z.unknown()) });
/** The paths that strangers and providers call, by the service that has them. */
const CALLED = { ingest: paths.parse(ingest()).paths, inbound: paths.parse(inbound()).paths };

/** Paths of the front doors that the gateway leads to no service: a provider's post there is lost. */
export function routeProblems(cluster: Cluster): string[] {
  const parsed = Object.entries(cluster)
    .filter(([id]) => id.startsWith('HTTPRoute/'))
    .map(([id, tree]) => ({ id, ...routeSchema.safeParse(tree) }));
  const rules = parsed.flatMap(({ data }) => data?.spec.rules ?? []);
  const isRouted = (service: string, path: string): boolean =>
    rules.some(
      ({ matches, backendRefs: [{ name }] }) =>
        name === service &&
        matches.some(
          ({ path: { type, value } }) => path === value || (type !== 'Exact' && path.startsWith(`${value}/`)),
        ),
    );
  return [
    ...parsed.flatMap(({ id, error }) => issuesOf(id, error)),
    ...Object.entries(CALLED).flatMap(([service, served]) =>
      Object.keys(served)
        .filter((path) => !isRouted(service, path))
        .map((path) => `no HTTPRoute leads ${path} to ${service}`),
    ),
  ];
}
