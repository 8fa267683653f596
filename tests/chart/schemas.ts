import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { moduleFolder } from './tools.ts';

/** Go modules whose archives hold the kinds: Kubernetes' own as OpenAPI, others' as CRDs below the folder. */
export const KUBERNETES = 'k8s.io/kubernetes@v1.37.2';
const CRDS: Record<string, string> = {
  'sigs.k8s.io/gateway-api@v1.4.0': 'config/crd/standard',
  'github.com/kedacore/keda/v2@v2.18.1': 'config/crd/bases',
  'github.com/prometheus-operator/prometheus-operator@v0.93.0': 'example/prometheus-operator-crd',
  'github.com/external-secrets/external-secrets@v0.20.4': 'config/crds/bases',
  'github.com/cert-manager/cert-manager@v1.19.1': 'deploy/crds',
  'github.com/envoyproxy/gateway@v1.6.0': 'charts/gateway-helm/crds/generated',
};

type Schema = Record<string, unknown>;

/** Writes a schema a kind into the folder, as kubeconform looks for them; an unknown field is an error. */
export async function writeSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = readFileSync(join(await moduleFolder(KUBERNETES), 'api/openapi-spec/swagger.json'), 'utf8');
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Schema> };
  const strictly = Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, strict(name, each)]));
  await writeFile(join(folder, 'definitions.json'), JSON.stringify({ definitions: strictly }));
  for (const [name, each] of Object.entries(definitions))
    for (const { group, version, kind } of kindsOf(each))
      await writeFile(
        join(folder, fileOf(kind, group, version)),
        JSON.stringify({ $ref: `definitions.json#/definitions/${name}` }),
      );
  for (const { spec } of await operatorKinds())
    for (const { name, schema } of spec.versions)
      await writeFile(
        join(folder, fileOf(spec.names.kind, spec.group, name)),
        JSON.stringify(strict('', schema.openAPIV3Schema, true)),
      );
}

const kindsOf = (definition: Schema) =>
  (definition['x-kubernetes-group-version-kind'] ?? []) as { group: string; version: string; kind: string }[];
/** The core group has no name, and kubeconform takes its version for one. */
const fileOf = (kind: string, group: string, version: string): string =>
  `${[kind, group || version, version].join('_').toLowerCase()}.json`;

interface Crd {
  kind?: string;
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

/** The CustomResourceDefinitions of the operators. */
export async function operatorKinds(): Promise<Crd[]> {
  const folders = await Promise.all(
    Object.entries(CRDS).map(async ([module, below]) => join(await moduleFolder(module), below)),
  );
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
      .map((document) => document.toJS() as Crd | null)
      .filter((each): each is Crd => each?.kind === 'CustomResourceDefinition'),
  );
}

/** OpenAPI's schema as JSON Schema: named fields only, and the two types that are a number or a text. */
function strict(name: string, value: unknown, isTop = false): unknown {
  if (Array.isArray(value)) return value.map((each) => strict('', each));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Schema;
  if (
    name.endsWith('.Quantity') ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['format'] === 'int-or-string'
  )
    return { anyOf: [{ type: 'string' }, { type: 'number' }] };
  const kept = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !key.startsWith('x-kubernetes') && key !== 'description' && key !== 'format')
      .map(([key, each]) => [
        key,
        key === 'properties'
          ? Object.fromEntries(Object.entries(each as Schema).map(([field, inner]) => [field, strict('', inner)]))
          : strict('', each),
      ]),
  );
  const isOpen =
    !('properties' in schema) || 'additionalProperties' in schema || schema['x-kubernetes-preserve-unknown-fields'];
  // A CRD says nothing of the metadata, which the API server adds.
  const metadata = isTop ? { properties: { ...(kept['properties'] as Schema), metadata: { type: 'object' } } } : {};
  return { ...kept, ...metadata, ...(isOpen ? {} : { additionalProperties: false }) };
}
