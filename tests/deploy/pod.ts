import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Store } from './store.ts';

const ref = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      configMapKeyRef: ref.optional(),
      secretKeyRef: ref.optional(),
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});
const items = z.array(z.object({ key: z.string(), path: z.string() })).optional();
export const template = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    securityContext: z.looseObject({ runAsUser: z.number(), runAsGroup: z.number() }),
    containers: z.tuple([
      z.looseObject({
        image: z.string(),
        args: z.array(z.string()),
        env: z.array(variable).default([]),
        ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
        resources: z.looseObject({ limits: z.looseObject({ memory: z.string() }) }),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
      }),
    ]),
    volumes: z
      .array(
        z.looseObject({
          name: z.string(),
          secret: z.looseObject({ secretName: z.string(), optional: z.boolean().default(false), items }).optional(),
          configMap: z.looseObject({ name: z.string(), optional: z.boolean().default(false) }).optional(),
        }),
      )
      .default([]),
  }),
});
export type Template = z.infer<typeof template>;

const data = z.looseObject({
  data: z.record(z.string(), z.string()).default({}),
  stringData: z.record(z.string(), z.string()).default({}),
});

/** The content of a ConfigMap or Secret; undefined where there is none. */
function contentOf(store: Store, kind: 'ConfigMap' | 'Secret', name: string): Record<string, string> | undefined {
  const found = store.all()[`${kind}/${name}`];
  if (!found) return undefined;
  const { data: plain, stringData } = data.parse(found);
  const decoded = kind === 'Secret' ? mapped(plain, (text) => Buffer.from(text, 'base64').toString()) : plain;
  return { ...decoded, ...stringData };
}

const mapped = (record: Record<string, string>, change: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, text]) => [key, change(text)]));

/** A pod's variables as the kubelet makes them; throws its message for a key that is missing. */
export function environmentOf(store: Store, pod: string, { metadata, spec }: Template): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of spec.containers[0].env) {
    const found = valueFrom ? resolved(store, pod, metadata.labels, valueFrom) : (value ?? '');
    if (found !== undefined) env[name] = found.replace(/\$\((\w+)\)/g, (text, other: string) => env[other] ?? text);
  }
  return env;
}

type From = NonNullable<z.infer<typeof variable>['valueFrom']>;

function resolved(store: Store, pod: string, labels: Record<string, string>, from: From): string | undefined {
  const path = from.fieldRef?.fieldPath;
  if (path !== undefined) {
    const [, label] = /^metadata\.labels\['(.+)'\]$/.exec(path) ?? [];
    if (label !== undefined) return labels[label];
    return { 'metadata.name': pod, 'metadata.namespace': 'leadstream', 'spec.nodeName': 'node' }[path];
  }
  const kind = from.secretKeyRef ? 'Secret' : 'ConfigMap';
  const { name = '', key = '', optional } = from.secretKeyRef ?? from.configMapKeyRef ?? {};
  const found = contentOf(store, kind, name)?.[key];
  if (found === undefined && !optional) throw new Error(`couldn't find key ${key} in ${kind} ${name}`);
  return found;
}

/** The pod's volumes as folders below `dir`, as options of podman. */
export function mountsOf(store: Store, dir: string, { spec }: Template): string[] {
  const { runAsUser: uid, runAsGroup: gid } = spec.securityContext;
  return spec.containers[0].volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = spec.volumes.find((each) => each.name === name);
    const place = join(dir, name);
    if (!volume?.secret && !volume?.configMap) {
      if (mountPath === '/tmp') return ['--tmpfs=/tmp:size=256m,mode=1777'];
      mkdirSync(place, { recursive: true });
      chownSync(place, uid, gid);
      return [`--volume=${place}:${mountPath}`];
    }
    mkdirSync(place, { recursive: true });
    for (const [file, text] of Object.entries(filesOf(store, volume))) writeFileSync(join(place, file), text);
    chmodSync(place, 0o755);
    return [`--volume=${place}:${mountPath}:ro`];
  });
}

function filesOf(store: Store, { secret, configMap }: Template['spec']['volumes'][number]): Record<string, string> {
  const [kind, name] = secret
    ? (['Secret', secret.secretName] as const)
    : (['ConfigMap', configMap?.name ?? ''] as const);
  const content = contentOf(store, kind, name);
  if (!content) {
    if (secret?.optional ?? configMap?.optional) return {};
    throw new Error(`MountVolume.SetUp failed: ${kind} ${name} not found`);
  }
  if (!secret?.items) return content;
  return Object.fromEntries(
    secret.items.flatMap(({ key, path }) => (key in content ? [[path, content[key] ?? '']] : [])),
  );
}
