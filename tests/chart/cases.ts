/** One rendering of the chart, and the folders of k8s/ that must give the same objects. */
export interface Same {
  title: string;
  values: string[];
  /** Folders beside k8s/base. */
  resources: string[];
  components: string[];
}

/** The example of a site, for either way. */
export const EXAMPLE = { values: 'deploy/helm/example.yaml', overlay: 'k8s/overlays/example' };

const COMPONENT = 'components';
const external = (name: string) => `${COMPONENT}/external-${name}`;

export const SAME: readonly Same[] = [
  { title: 'the defaults', values: [], resources: [], components: [] },
  { title: 'one process', values: ['mode=single'], resources: [], components: [`${COMPONENT}/single`] },
  { title: 'NATS elsewhere', values: ['nats.enabled=false'], resources: [], components: [external('nats')] },
  {
    title: 'both stores elsewhere, one process',
    values: ['nats.enabled=false', 'mongodb.enabled=false', 'mode=single'],
    resources: [],
    components: [`${COMPONENT}/single`, external('nats'), external('mongodb')],
  },
  { title: 'MongoDB elsewhere', values: ['mongodb.enabled=false'], resources: [], components: [external('mongodb')] },
  {
    title: 'gateway, with limits of bodies',
    values: ['gateway.enabled=true', 'gateway.envoyLimits.enabled=true'],
    resources: [],
    components: [`${COMPONENT}/gateway`, `${COMPONENT}/gateway-envoy`],
  },
  { title: 'KEDA', values: ['keda.enabled=true'], resources: [], components: [`${COMPONENT}/keda`] },
  {
    title: 'a vault',
    values: ['externalSecrets.enabled=true'],
    resources: [],
    components: [`${COMPONENT}/external-secrets`],
  },
  {
    title: 'a vault that has the passwords of MongoDB elsewhere too',
    values: ['externalSecrets.enabled=true', 'users.enabled=true', 'mongodb.enabled=false'],
    resources: [],
    components: [
      `${COMPONENT}/external-secrets`,
      `${COMPONENT}/users`,
      `${COMPONENT}/external-secrets-users`,
      external('mongodb'),
    ],
  },
  { title: 'an upgrade', values: ['upgrade.enabled=true'], resources: [], components: [`${COMPONENT}/upgrade`] },
  { title: 'users', values: ['users.enabled=true'], resources: [], components: [`${COMPONENT}/users`] },
  {
    title: 'users of one process, by cert-manager',
    values: ['mode=single', 'users.enabled=true', 'users.certManager.enabled=true'],
    resources: [],
    components: [`${COMPONENT}/single`, `${COMPONENT}/users`, `${COMPONENT}/cert-manager`],
  },
  {
    title: 'users, by cert-manager, and MongoDB elsewhere',
    values: ['users.enabled=true', 'users.certManager.enabled=true', 'mongodb.enabled=false'],
    resources: [],
    components: [`${COMPONENT}/users`, `${COMPONENT}/cert-manager`, external('mongodb')],
  },
  { title: 'monitoring', values: ['monitoring.enabled=true'], resources: ['monitoring'], components: [] },
];

/** The objects of the rendering, or its refusal. */
export interface Rule {
  title: string;
  values: string[];
  /** Values that are text, although they look like numbers. */
  strings?: string[];
  has?: RegExp;
  hasNot?: RegExp;
  refused?: RegExp;
}

export const RULES: readonly Rule[] = [
  { title: 'two projectors are refused', values: ['services.projector.replicas=2'], refused: /replicas/ },
  { title: 'a misspelt key is refused', values: ['config.FROM_EMAL=a@b.example'], refused: /FROM_EMAL/ },
  {
    title: 'a log of four streams is made by the Job',
    values: ['users.enabled=true'],
    strings: ['config.LOG_PARTITIONS=4'],
    has: /LOG_PARTITIONS: "4"[\s\S]*name: provision[\s\S]*key: LOG_PARTITIONS/,
  },
  {
    title: 'a log of four streams without the Job that makes it is refused',
    values: [],
    strings: ['config.LOG_PARTITIONS=4'],
    refused: /config\.LOG_PARTITIONS: takes users\.enabled/,
  },
  {
    title: 'a log of 33 streams is refused',
    values: ['users.enabled=true'],
    strings: ['config.LOG_PARTITIONS=33'],
    refused: /LOG_PARTITIONS/,
  },
  { title: 'another mode is refused', values: ['mode=both'], refused: /mode/ },
  { title: 'a tag as a digest is refused', values: ['image.digest=latest'], refused: /digest/ },
  { title: 'an unknown value is refused', values: ['ingres.enabled=true'], refused: /ingres/ },
  {
    title: 'a digest wins over the tag',
    values: [`image.digest=sha256:${'a'.repeat(64)}`, 'image.repository=registry.example/leadstream'],
    has: /image: "registry\.example\/leadstream@sha256:a{64}"/,
    hasNot: /leadstream:0/,
  },
  {
    title: 'a Secret of another name',
    values: ['secretName=vault'],
    has: /name: vault/,
    hasNot: /secretKeyRef:\s+name: leadstream/,
  },
  {
    title: 'services reach a NATS elsewhere by the named peers alone',
    values: ['nats.enabled=false', 'nats.url=tls://nats.example:4222', 'nats.peers[0].ipBlock.cidr=192.0.2.0/24'],
    has: /name: external-nats[\s\S]*cidr: 192\.0\.2\.0\/24/,
    hasNot: /kind: StatefulSet\nmetadata:\n {2}name: nats/,
  },
  {
    title: 'the URL is in the ConfigMap',
    values: ['nats.url=tls://n.example:4222'],
    has: /NATS_URL: tls:\/\/n\.example:4222/,
  },
  {
    title: 'KEDA owns the number of pods',
    values: ['keda.enabled=true', 'services.triage.replicas=9'],
    hasNot: /replicas: 9/,
  },
  {
    title: 'KEDA does not scale the sender',
    values: ['keda.enabled=true'],
    hasNot: /scaleTargetRef:\s+name: (sender|projector|scheduler)/,
  },
  { title: 'a class for every pod', values: ['priorityClassName=high'], has: /priorityClassName: high/ },
  { title: 'nothing for the retired ingress', values: ['gateway.enabled=true'], hasNot: /kind: Ingress\b/ },
  {
    title: 'the host of a route',
    values: ['gateway.enabled=true', 'gateway.leadsHostnames[0]=l.example'],
    has: /- l\.example/,
  },
  {
    title: 'no policy where the site has its own',
    values: ['networkPolicies.enabled=false'],
    hasNot: /kind: NetworkPolicy/,
  },
  { title: 'no token of the API server in any pod', values: [], hasNot: /automountServiceAccountToken: true/ },
];
