import type { Tree } from '../kustomize.ts';
import type { Template } from './objects.ts';
import { SLOTS } from './slots.ts';
import { at } from './template.ts';

/** Values that are no place in an object. */
const PLAIN = {
  mode: 'services',
  image: { repository: 'leadstream', tag: '', digest: '' },
  imagePullSecrets: [],
  priorityClassName: '',
  nodeSelector: {},
  tolerations: [],
  secretName: 'leadstream',
  nats: { enabled: true, url: 'nats://nats:4222', peers: [], port: 4222 },
  mongodb: { enabled: true, peers: [], port: 27017 },
  backup: { enabled: true },
  verify: { enabled: true },
  upgrade: { enabled: false },
  users: { enabled: false, certManager: { enabled: false } },
  networkPolicies: { enabled: true, namespaces: { monitoring: 'monitoring', dns: 'kube-system' } },
  monitoring: { enabled: false },
  keda: { enabled: false },
  gateway: { enabled: false, envoyLimits: { enabled: false } },
  externalSecrets: { enabled: false },
};

/** values.yaml: the plain values, the ConfigMap, and each slot with what stands there. */
export function valuesOf(templates: Template[]): Tree {
  const values = structuredClone(PLAIN) as Tree;
  const { NATS_URL: _, ...config } = at(objectOf(templates, 'ConfigMap/leadstream'), ['data']) as Tree;
  values['config'] = config;
  for (const { id, path, value } of SLOTS) {
    const names = value.split('.');
    const last = names.pop() ?? '';
    const place = names.reduce((tree, name) => (tree[name] ??= {}) as Tree, values);
    const found = at(objectOf(templates, id), path);
    if (last in place && JSON.stringify(place[last]) !== JSON.stringify(found))
      throw new Error(`${value} stands for ${JSON.stringify(place[last])} and, in ${id}, for ${JSON.stringify(found)}`);
    place[last] = found;
  }
  return values;
}

function objectOf(templates: Template[], id: string): Tree {
  const found = templates.find((each) => each.id === id)?.variants[0]?.object;
  if (!found) throw new Error(`no ${id} in k8s/`);
  return found;
}

/** The keys of the ConfigMap that any pod reads: another one in `config` is a slip of the pen. */
export function configKeys(templates: Template[]): string[] {
  const text = JSON.stringify(templates);
  const refs = [...text.matchAll(/"configMapKeyRef":\{"name":"leadstream","key":"(\w+)"/g)];
  return [...new Set(refs.map(([, key = '']) => key))].filter((key) => key !== 'NATS_URL').sort();
}
