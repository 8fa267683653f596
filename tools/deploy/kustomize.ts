import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

export type Tree = Record<string, unknown>;
/** The rendered resources of a folder, by `Kind/name`. */
export type Cluster = Record<string, Tree>;

const generator = z.strictObject({
  name: z.string(),
  behavior: z.enum(['merge', 'replace']).optional(),
  literals: z.array(z.string()).default([]),
  files: z.array(z.string()).default([]),
  options: z.strictObject({ labels: z.record(z.string(), z.string()) }).optional(),
});

/** The subset of kustomize that k8s/ uses. Strict: a new feature must be added here first. */
const kustomization = z.strictObject({
  apiVersion: z.enum(['kustomize.config.k8s.io/v1beta1', 'kustomize.config.k8s.io/v1alpha1']),
  kind: z.enum(['Kustomization', 'Component']),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  patches: z
    .array(
      z.strictObject({
        path: z.string(),
        target: z.strictObject({ kind: z.string(), name: z.string().optional(), labelSelector: z.string().optional() }),
      }),
    )
    .default([]),
  replicas: z.array(z.strictObject({ name: z.string(), count: z.number() })).default([]),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
  configMapGenerator: z.array(generator).default([]),
  secretGenerator: z.array(generator).default([]),
});
type Kustomization = z.infer<typeof kustomization>;

const resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
});

const rendered = z.record(z.string(), z.record(z.string(), z.unknown()));

const load = (dir: string): Kustomization =>
  kustomization.parse(parse(readFileSync(join(dir, 'kustomization.yaml'), 'utf8')));

/** Renders as `kustomize build` does, without namespaces and without the hashes of generated names. */
export const render = (dir: string, ...components: string[]): Cluster =>
  components.reduce((cluster, each) => accumulate(each, cluster), accumulate(dir, {}));

/** The resources of a folder added to those before it, which a component changes. */
function accumulate(dir: string, before: Cluster): Cluster {
  const { resources, components, replicas, images, configMapGenerator, secretGenerator, patches } = load(dir);
  let cluster = { ...before };
  for (const path of resources)
    Object.assign(cluster, path.endsWith('.yaml') ? documents(join(dir, path)) : render(join(dir, path)));
  for (const each of configMapGenerator) generate(dir, cluster, 'ConfigMap', each);
  for (const each of secretGenerator) generate(dir, cluster, 'Secret', each);
  for (const each of components) cluster = accumulate(join(dir, each), cluster);
  for (const { path, target } of patches) cluster = patched(cluster, join(dir, path), target);
  for (const { name, count } of replicas) {
    const found = Object.entries(cluster).find(([id]) => id === `Deployment/${name}` || id === `StatefulSet/${name}`);
    if (!found) throw new Error(`${dir}: replicas of ${name}, which is not there`);
    cluster[found[0]] = merge(found[1], { spec: { replicas: count } });
  }
  const renamed = new Map(images.map(({ name, newName, newTag }) => [name, `${newName}:${newTag}`]));
  return rendered.parse(
    JSON.parse(JSON.stringify(cluster), (key, value: unknown) =>
      key === 'image' && typeof value === 'string' ? (renamed.get(value.split(':')[0] ?? '') ?? value) : value,
    ),
  );
}

function patched(cluster: Cluster, path: string, { kind, name, labelSelector = '' }: Target): Cluster {
  const [label = '', value] = labelSelector.split('=');
  const {
    metadata: _,
    apiVersion: __,
    kind: ___,
    ...patch
  } = z.looseObject({}).parse(parse(readFileSync(path, 'utf8')));
  const isMeant = (id: string, found: Tree) =>
    name === undefined
      ? id.startsWith(`${kind}/`) && resource.parse(found).metadata.labels[label] === value
      : id === `${kind}/${name}`;
  return Object.fromEntries(
    Object.entries(cluster).flatMap(([id, found]) => {
      if (!isMeant(id, found)) return [[id, found]];
      return patch['$patch'] === 'delete' ? [] : [[id, merge(found, patch)]];
    }),
  );
}
type Target = Kustomization['patches'][number]['target'];

/** Files of the folder that its kustomization does not use: they look deployed, but are not. */
export function unlisted(dir: string): string[] {
  const { resources, patches, configMapGenerator, secretGenerator } = load(dir);
  const listed = [
    ...resources,
    ...patches.map(({ path }) => path),
    ...[...configMapGenerator, ...secretGenerator].flatMap(({ files }) => files),
    'kustomization.yaml',
  ];
  return readdirSync(dir).filter((file) => !listed.map(normalize).includes(file));
}

function documents(path: string): Cluster {
  const docs = parseAllDocuments(readFileSync(path, 'utf8')).map((doc) => z.looseObject({}).parse(doc.toJS()));
  return Object.fromEntries(
    docs.map((doc) => {
      const { kind, metadata } = resource.parse(doc);
      return [`${kind}/${metadata.name}`, doc];
    }),
  );
}

function generate(
  dir: string,
  cluster: Cluster,
  kind: string,
  { name, behavior, literals, files, options }: z.infer<typeof generator>,
): void {
  const data = {
    ...Object.fromEntries(
      literals.map((literal) => [literal.slice(0, literal.indexOf('=')), literal.slice(literal.indexOf('=') + 1)]),
    ),
    ...Object.fromEntries(files.map((file) => [file, readFileSync(join(dir, file), 'utf8')])),
  };
  const there = cluster[`${kind}/${name}`];
  if (Boolean(there) !== Boolean(behavior))
    throw new Error(`${dir}: ${kind} ${name} ${there ? 'is there already' : 'is not there to change'}`);
  cluster[`${kind}/${name}`] =
    there && behavior === 'merge'
      ? merge(there, { data })
      : { apiVersion: 'v1', kind, metadata: { name, ...options }, data };
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A strategic merge; null removes a key. Lists of items with names (containers, variables), and mounts by their paths,
 * are merged; any other is replaced. The patch's items are first, as
 * kustomize has them: a variable may refer to one above it.
 */
const merge = (base: Tree, patch: Tree): Tree =>
  Object.fromEntries(
    Object.entries({
      ...base,
      ...Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, mergeValue(key, base[key], value)])),
    }).filter(([, value]) => value !== null),
  );

/** The lists that Kubernetes merges, by the field that names their items. */
const NAMED_BY: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
};

function mergeValue(key: string, base: unknown, patch: unknown): unknown {
  if (isTree(base) && isTree(patch)) return merge(base, patch);
  const by = NAMED_BY[key];
  if (by === undefined || !Array.isArray(base) || !Array.isArray(patch)) return patch;
  if (!base.every(isTree) || !patch.every(isTree)) return patch;
  const items = new Map<unknown, Tree>(patch.map((item) => [item[by], item]));
  for (const item of base) items.set(item[by], merge(item, items.get(item[by]) ?? {}));
  return [...items.values()];
}
