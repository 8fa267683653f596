import { PARTITIONS_MAX } from '@leadstream/contracts/streams';
import type { Tree } from '../kustomize.ts';

/** Trees of Kubernetes' own, whose shape the API server checks. */
const FREE = /(^|\.)(resources|nodeSelector|storeRef)$/;
const CHOICES: Record<string, readonly string[]> = {
  mode: ['services', 'single'],
  'nats.zoneSpread': ['ScheduleAnyway', 'DoNotSchedule'],
  'config.LOG_PARTITIONS': Array.from({ length: PARTITIONS_MAX }, (_, index) => String(index + 1)),
};
const PATTERNS: Record<string, string> = {
  'image.digest': '^(sha256:[0-9a-f]{64})?$',
  'nats.url': '^(nats|tls)://',
  secretName: '^[a-z0-9.-]+$',
};

/** values.schema.json: the types of the defaults, no other names, and the keys of the ConfigMap that a pod reads. */
export function schemaOf(values: Tree, keys: string[]): Tree {
  const { config: _, ...rest } = values;
  const schema = typed('', rest);
  const config = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(keys.map((key) => [key, typed(`config.${key}`, '')])),
  };
  return {
    $schema: 'https://json-schema.org/draft-07/schema#',
    ...schema,
    properties: { ...(schema['properties'] as Tree), config, global: { type: 'object' } },
  };
}

function typed(path: string, value: unknown): Tree {
  const choices = CHOICES[path];
  const pattern = PATTERNS[path];
  if (choices) return { type: 'string', enum: choices };
  if (FREE.test(path)) return { type: 'object' };
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'number') return { type: 'integer', minimum: 1 };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (typeof value !== 'object' || value === null) return { type: 'string', ...(pattern ? { pattern } : {}) };
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, typed(path ? `${path}.${name}` : name, each)]),
    ),
  };
}
