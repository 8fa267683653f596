import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { render, type Cluster, type Tree } from '../kustomize.ts';
import { SERVICES } from './slots.ts';

/** One template: the same object of each variant, with the condition under which it is that one. */
export interface Template {
  file: string;
  id: string;
  variants: { when: string | undefined; object: Tree }[];
}

const SINGLE = 'eq .Values.mode "single"';
const SEVERAL = 'ne .Values.mode "single"';
const USERS = '.Values.users.enabled';
const POLICIES = '.Values.networkPolicies.enabled';

/** The components that add objects, by the value that switches them on. */
export const OPTIONS: Record<string, string> = {
  'components/gateway': '.Values.gateway.enabled',
  'components/gateway-envoy': 'and .Values.gateway.enabled .Values.gateway.envoyLimits.enabled',
  'components/keda': `and .Values.keda.enabled (${SEVERAL})`,
  'components/external-secrets': '.Values.externalSecrets.enabled',
  'components/external-secrets-users': `and .Values.externalSecrets.enabled ${USERS}`,
  'components/upgrade': '.Values.upgrade.enabled',
  'components/users': USERS,
  'components/cert-manager': 'and .Values.users.enabled .Values.users.certManager.enabled',
  monitoring: '.Values.monitoring.enabled',
};

const OF_SERVICES = new Set(
  SERVICES.flatMap((name) => [`Deployment/${name}`, `ServiceAccount/${name}`, `PodDisruptionBudget/${name}`]),
);

/** The condition of an object of the base. */
function conditionOf(id: string): string | undefined {
  const [kind = '', name = ''] = id.split('/');
  const parts = [
    ...(kind === 'NetworkPolicy' ? [POLICIES] : []),
    ...(name === 'nats' ? ['.Values.nats.enabled'] : []),
    ofMongo(id),
    ...(name === 'backup' || name === 'restore-drill' ? ['.Values.backup.enabled'] : []),
    ...(name === 'verify' ? ['.Values.verify.enabled'] : []),
  ];
  return both(...parts);
}

/** A MongoDB of the site's has users too, so the Secret of their passwords is there for both. */
const ofMongo = (id: string): string | undefined =>
  id.includes('/mongodb') && !id.startsWith('ExternalSecret/') ? '.Values.mongodb.enabled' : undefined;

const both = (...parts: (string | undefined)[]): string | undefined => {
  const given = parts.filter((part) => part !== undefined);
  if (given.length < 2) return given[0];
  return `and ${given.map((part) => (part.includes(' ') ? `(${part})` : part)).join(' ')}`;
};

/** Every object of k8s/ with its variants, grouped by what it belongs to. */
export function templatesOf(k8s: string): Template[] {
  const several = render(join(k8s, 'base'));
  const single = render(join(k8s, 'base'), join(k8s, 'components/single'));
  const secured = render(join(k8s, 'base'), join(k8s, 'components/users'));
  const base = [...new Set([...Object.keys(several), ...Object.keys(single)])]
    .filter((id) => !id.startsWith('Namespace/'))
    .map((id): Template => ({ file: fileOf(id), id, variants: variantsOf(id, several[id], single[id], secured[id]) }));
  const optional = Object.entries(OPTIONS).flatMap(([folder, when]) =>
    Object.entries(addedBy(k8s, folder, several)).map(([id, object]): Template => ({
      file: folder.replace('components/', ''),
      id,
      variants: [{ when: both(when, ofMongo(id)), object }],
    })),
  );
  return [...base, ...optional];
}

function variantsOf(id: string, several?: Tree, single?: Tree, secured?: Tree): Template['variants'] {
  const when = conditionOf(id);
  // Those objects differ by the mode or by the users, and none by both.
  if (several && secured && !isSame(several, secured))
    return [
      { when: both(when, `not ${USERS}`), object: several },
      { when: both(when, USERS), object: secured },
    ];
  if (several && single && isSame(several, single)) return [{ when, object: several }];
  return [
    ...(several ? [{ when: both(when, SEVERAL), object: several }] : []),
    ...(single ? [{ when: both(when, SINGLE), object: single }] : []),
  ];
}

const isSame = (one: Tree, other: Tree): boolean => JSON.stringify(one) === JSON.stringify(other);

function addedBy(k8s: string, folder: string, base: Cluster): Cluster {
  const { kind } = parse(readFileSync(join(k8s, folder, 'kustomization.yaml'), 'utf8')) as { kind: string };
  const all = kind === 'Component' ? render(join(k8s, 'base'), join(k8s, folder)) : render(join(k8s, folder));
  return Object.fromEntries(Object.entries(all).filter(([id]) => !(id in base)));
}

function fileOf(id: string): string {
  const [kind = '', name = ''] = id.split('/');
  if (id === 'ConfigMap/leadstream') return 'config';
  if (id === 'ConfigMap/nats') return 'nats-config';
  if (kind === 'NetworkPolicy') return 'network-policies';
  if (kind === 'ServiceAccount') return 'service-accounts';
  if (kind === 'PodDisruptionBudget') return 'disruption-budgets';
  return OF_SERVICES.has(`Deployment/${name}`) || name === 'all' ? name : name.replace('restore-drill', 'backup');
}
