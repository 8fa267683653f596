import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Cluster, Tree } from '../../tools/deploy/kustomize.ts';

const object = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

/** The objects of a rendering by `Kind/name`. */
export const objectsOf = (yaml: string): Cluster =>
  Object.fromEntries(
    parseAllDocuments(yaml)
      .map((each) => object.safeParse(each.toJS()).data)
      .flatMap((each) => (each ? [[`${each.kind}/${withoutHash(each.metadata.name)}`, each]] : [])),
  );

/** kustomize's suffix of a generated ConfigMap's name. */
const HASHED = /^(leadstream|nats|leadstream-dashboards)-[0-9a-z]{10}$/;
const withoutHash = (name: string): string => (name === 'leadstream-dashboards' ? name : name.replace(HASHED, '$1'));

/** The lines of difference: kustomize marks another content by a ConfigMap's name, the chart by a sum at the pod. */
export function differences(chart: Cluster, kustomize: Cluster): string[] {
  const [one, other] = [plain(chart), plain(kustomize)];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((id) => {
    if (!one[id]) return [`${id} is in k8s/ alone`];
    if (!other[id]) return [`${id} is in the chart alone`];
    return isDeepStrictEqual(one[id], other[id]) ? [] : [`${id} differs: ${firstDifference(one[id], other[id])}`];
  });
}

const plain = (cluster: Cluster): Cluster =>
  Object.fromEntries(
    Object.entries(cluster)
      .filter(([id]) => !id.startsWith('Namespace/'))
      .map(([id, tree]) => [id, clean(tree) as Tree]),
  );

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === 'string') return withoutHash(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, each]) => key !== 'checksum/config' && key !== 'namespace' && each !== null)
    .map(([key, each]): [string, unknown] => [key, clean(each)])
    .filter(([key, each]) => key !== 'annotations' || Object.keys(each as object).length > 0);
  return Object.fromEntries(entries);
}

function firstDifference(one: unknown, other: unknown, path = ''): string {
  const isBoth = [one, other].every((each) => typeof each === 'object' && each !== null);
  if (!isBoth) return `${path}: ${JSON.stringify(one)} is ${JSON.stringify(other)} in k8s/`;
  const [left, right] = [one as Tree, other as Tree];
  const key = [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
    (each) => !isDeepStrictEqual(left[each], right[each]),
  );
  return key === undefined ? path : firstDifference(left[key], right[key], `${path}.${key}`);
}
