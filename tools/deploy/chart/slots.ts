/** A place in an object of k8s/ that is a value of the chart; its default is what stands there. */
export interface Slot {
  /** The object, as `Kind/name`. */
  id: string;
  path: (string | number)[];
  /** The name of the value. */
  value: string;
  /** Left out where this holds. */
  unless?: string;
}

const SCALED = ['ingest', 'inbound', 'triage'];
const REPLICATED = [...SCALED, 'scheduler', 'sender', 'console'];
export const SERVICES = [...REPLICATED, 'projector', 'webhooks', 'crm', 'watch'];

const pod = ['spec', 'template', 'spec'];
const container = [...pod, 'containers', 0];

const workloads: Slot[] = [
  // One projector writes the read model, one webhooks delivers, one crm is enough, and two watches show the same: their
  // number is no value.
  ...REPLICATED.map((name) => ({
    id: `Deployment/${name}`,
    path: ['spec', 'replicas'],
    value: `services.${name}.replicas`,
    ...(SCALED.includes(name) ? { unless: '.Values.keda.enabled' } : {}),
  })),
  ...[...SERVICES, 'all'].map((name) => ({
    id: `Deployment/${name}`,
    path: [...container, 'resources'],
    value: `services.${name}.resources`,
  })),
];

const STORAGE = ['spec', 'volumeClaimTemplates', 0, 'spec', 'resources', 'requests', 'storage'];
const stores: Slot[] = [
  { id: 'StatefulSet/nats', path: ['spec', 'replicas'], value: 'nats.replicas' },
  { id: 'StatefulSet/nats', path: [...container, 'image'], value: 'nats.image' },
  { id: 'StatefulSet/nats', path: [...container, 'resources'], value: 'nats.resources' },
  { id: 'StatefulSet/nats', path: STORAGE, value: 'nats.storage' },
  {
    id: 'StatefulSet/nats',
    path: [...pod, 'topologySpreadConstraints', 0, 'whenUnsatisfiable'],
    value: 'nats.zoneSpread',
  },
  { id: 'ConfigMap/nats', path: ['data', 'nats.conf'], value: 'nats.config' },
  { id: 'StatefulSet/mongodb', path: [...container, 'image'], value: 'mongodb.image' },
  { id: 'StatefulSet/mongodb', path: [...container, 'resources'], value: 'mongodb.resources' },
  { id: 'StatefulSet/mongodb', path: STORAGE, value: 'mongodb.storage' },
];

const jobPod = ['spec', 'jobTemplate', ...pod];
const jobs: Slot[] = [
  { id: 'PersistentVolumeClaim/backup', path: ['spec', 'resources', 'requests', 'storage'], value: 'backup.storage' },
  { id: 'CronJob/backup', path: ['spec', 'schedule'], value: 'backup.schedule' },
  { id: 'CronJob/restore-drill', path: ['spec', 'schedule'], value: 'backup.drillSchedule' },
  { id: 'CronJob/restore-drill', path: [...jobPod, 'initContainers', 0, 'image'], value: 'nats.image' },
  { id: 'CronJob/verify', path: ['spec', 'schedule'], value: 'verify.schedule' },
];

const options: Slot[] = [
  ...['leads', 'events', 'mails'].flatMap((name) => [
    { id: `HTTPRoute/${name}`, path: ['spec', 'parentRefs'], value: 'gateway.parentRefs' },
    {
      id: `HTTPRoute/${name}`,
      path: ['spec', 'hostnames'],
      value: name === 'leads' ? 'gateway.leadsHostnames' : 'gateway.mailHostnames',
    },
    {
      id: `BackendTrafficPolicy/${name}`,
      path: ['spec', 'requestBuffer', 'limit'],
      value: `gateway.envoyLimits.${name}`,
    },
  ]),
  ...SCALED.flatMap((name) => [
    { id: `ScaledObject/${name}`, path: ['spec', 'minReplicaCount'], value: `keda.${name}.min` },
    { id: `ScaledObject/${name}`, path: ['spec', 'maxReplicaCount'], value: `keda.${name}.max` },
  ]),
  ...['triage', 'inbound'].flatMap((name) => [
    {
      id: `ScaledObject/${name}`,
      path: ['spec', 'triggers', 0, 'metadata', 'serverAddress'],
      value: 'keda.prometheus',
    },
    { id: `ScaledObject/${name}`, path: ['spec', 'triggers', 0, 'metadata', 'threshold'], value: `keda.${name}.lag` },
  ]),
  { id: 'ExternalSecret/leadstream', path: ['spec', 'target', 'name'], value: 'secretName' },
  ...Object.entries({ leadstream: 'key', 'mongodb-users': 'usersKey' }).flatMap(([name, key]) => [
    { id: `ExternalSecret/${name}`, path: ['spec', 'secretStoreRef'], value: 'externalSecrets.storeRef' },
    { id: `ExternalSecret/${name}`, path: ['spec', 'refreshInterval'], value: 'externalSecrets.refreshInterval' },
    {
      id: `ExternalSecret/${name}`,
      path: ['spec', 'dataFrom', 0, 'extract', 'key'],
      value: `externalSecrets.${key}`,
    },
  ]),
];

export const SLOTS: readonly Slot[] = [...workloads, ...stores, ...jobs, ...options];
