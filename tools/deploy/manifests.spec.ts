import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Esp } from '@leadstream/contracts/events';
import { problems } from './check.ts';
import { apps } from './environment.ts';
import { readManifests } from './manifests.ts';

const root = `${import.meta.dirname}/../..`;
const real = readManifests(root);
const ABSENT = undefined;

const inside = (place: unknown, step: string): unknown =>
  typeof place === 'object' && place !== null ? Reflect.get(place, step) : undefined;

/** The manifests with one value, given by its path, replaced or removed. */
function planted(path: string[], value: unknown) {
  const manifests = structuredClone(real);
  const last = path.at(-1) ?? '';
  const place = path.slice(0, -1).reduce(inside, manifests);
  if (typeof place !== 'object' || place === null || (value === ABSENT && !(last in place)))
    throw new Error(`nothing is at ${path.join(' ')}`);
  if (value === ABSENT) Reflect.deleteProperty(place, last);
  else Reflect.set(place, last, value);
  return manifests;
}

const deployment = (name: string) => ['overlays', 'example', `Deployment/${name}`, 'spec'];
const pod = (name: string) => [...deployment(name), 'template', 'spec'];
const container = (name: string) => [...pod(name), 'containers', '0'];
const variable = (name: string, of: string) => {
  const env = [...container(name), 'env'];
  const place = env.reduce(inside, real);
  const index = Array.isArray(place) ? place.findIndex((each) => inside(each, 'name') === of) : -1;
  return [...env, String(index)];
};
const job = (name: string) => ['overlays', 'example', `CronJob/${name}`, 'spec'];
const jobPod = (name: string) => [...job(name), 'jobTemplate', 'spec', 'template', 'spec'];
const config = ['overlays', 'example', 'ConfigMap/leadstream', 'data'];
const policy = (name: string) => ['overlays', 'example', `NetworkPolicy/${name}`, 'spec'];
const budget = ['overlays', 'example', 'PodDisruptionBudget/sender'];
const compose = (service: string) => ['compose', 'services', service];
const natsConf = readFileSync(`${root}/k8s/base/nats.conf`, 'utf8');
const literal = (name: string, value: string) => ({ name, value });

it('the manifests have no problems', () => {
  expect(problems(real)).toEqual([]);
});

const SES = {
  AWS_REGION: 'eu-west-1',
  SES_CONFIGURATION_SET: 'leadstream',
  SNS_TOPIC_ARNS: 'arn:aws:sns:eu-west-1:123456789012:leadstream',
};

/** The settings of a site that each provider needs. */
const SITES = {
  postmark: {},
  mailgun: { MAILGUN_DOMAIN: 'mg.example.com' },
  ses: SES,
  smtp: { SMTP_HOST: 'smtp.example.com' },
} satisfies Record<Exclude<Esp, 'sendgrid'>, Record<string, string>>;

describe('another provider than SendGrid', () => {
  const of = (site: Record<string, string>): string[] => {
    const manifests = planted([...config, 'SENDGRID_EVENT_PUBLIC_KEYS'], ABSENT);
    Object.assign(config.reduce(inside, manifests) ?? {}, site);
    return problems(manifests);
  };
  it.each(Object.entries(SITES))('needs its own variables alone: %s', (esp, site) => {
    expect(of({ ESP: esp, ...site })).toEqual([]);
  });
  it('is refused without one of them, and without a name that the services know', () => {
    expect(of({ ESP: 'mailgun' })).toEqual(['k8s/overlays/example: sender: MAILGUN_DOMAIN: is required']);
    expect(of({ ESP: 'ses', ...SES, SES_CONFIGURATION_SET: 'no name', SNS_TOPIC_ARNS: 'x' }).toSorted()).toEqual([
      'k8s/overlays/example: inbound: SNS_TOPIC_ARNS: each must be the ARN of an SNS topic',
      'k8s/overlays/example: sender: SES_CONFIGURATION_SET: must be the name of a configuration set',
    ]);
    expect(of({ ESP: 'pigeon' })).toContainEqual(expect.stringContaining('sender: ESP: '));
  });
});

describe('an environment is refused with', () => {
  it.each<[string, string[], unknown, string]>([
    [
      'a required variable that the site did not give',
      [...config, 'FROM_EMAIL'],
      ABSENT,
      'sender: FROM_EMAIL: is required',
    ],
    [
      'a reference to a key that is not there',
      [...config, 'BOOKING_URL'],
      ABSENT,
      'sender: ConfigMap/leadstream has no BOOKING_URL',
    ],
    [
      'a value that the service would not take',
      [...config, 'DELAY_SCALE'],
      '2',
      'scheduler: DELAY_SCALE: must be at most 1',
    ],
    [
      'a public key that is none',
      [...config, 'SENDGRID_EVENT_PUBLIC_KEYS'],
      'abc',
      'inbound: SENDGRID_EVENT_PUBLIC_KEYS: public key 1 of 1',
    ],
    [
      'a name that no schema has',
      [...container('triage'), 'env', '0'],
      literal('NATS_URI', 'nats://nats'),
      'triage: NATS_URI is not in its schema',
    ],
    [
      'a variable that is given twice',
      [...container('triage'), 'env', '0'],
      literal('LOG_LEVEL', 'info'),
      'triage: LOG_LEVEL is given twice',
    ],
    [
      'a secret as a plain value',
      variable('triage', 'LEAD_ID_SECRET'),
      literal('LEAD_ID_SECRET', 'a-secret-in-the-open'),
      'triage: LEAD_ID_SECRET is a secret and given in the open',
    ],
    [
      'a password in a plain URL',
      variable('triage', 'MONGODB_URI'),
      literal('MONGODB_URI', 'mongodb://me:word@mongodb/leadstream'),
      'triage: MONGODB_URI is a secret and given in the open',
    ],
    [
      'a port beside the declared one',
      [...container('ingest'), 'env', '0'],
      literal('PORT', '8080'),
      'ingest: listens on 8080, the port named http is another',
    ],
    ['a variable that .env does not explain', ['dotenv', 'FROM_NAME'], ABSENT, '.env.example: FROM_NAME is missing'],
    [
      'a variable in .env that nothing reads',
      ['dotenv', 'FROM_NAMES'],
      'x',
      '.env.example: FROM_NAMES is used nowhere',
    ],
    [
      'a value in .env that the service would not take',
      ['dotenv', 'REPLY_DOMAIN'],
      'not a host',
      'compose: sender: REPLY_DOMAIN: must be a host name',
    ],
    [
      'a secret that is too short',
      ['dotenv', 'INBOUND_SECRET'],
      'short',
      'compose: inbound: INBOUND_SECRET: must have at least 16 characters',
    ],
    [
      'a name in Compose that no schema has',
      [...compose('ingest'), 'environment', 'MONGODB_URI'],
      'mongodb://mongodb',
      'compose: ingest: MONGODB_URI is not in its schema',
    ],
    [
      'a Secret in the base',
      ['base', 'Secret/leadstream'],
      { kind: 'Secret' },
      'k8s/base: Secret/leadstream is in the open',
    ],
    [
      'a Secret in the site’s example',
      ['overlays', 'example', 'Secret/leadstream'],
      { kind: 'Secret', data: {} },
      'k8s/overlays/example: Secret/leadstream is in the open',
    ],
    [
      'a development Secret that lacks a key',
      ['overlays', 'dev', 'Secret/leadstream', 'data', 'TOKEN_SECRET'],
      ABSENT,
      'sender: Secret/leadstream has no TOKEN_SECRET',
    ],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

it.each(apps)('%s’s pod takes every variable that Compose passes to it', (app) => {
  const names = (path: string[]): string[] => {
    const place = path.reduce(inside, real);
    return Array.isArray(place) ? place.map((each) => String(inside(each, 'name'))) : Object.keys(place ?? {});
  };
  const taken = names([...container(app), 'env']);
  expect(names([...compose(app), 'environment']).filter((name) => name !== 'PORT' && !taken.includes(name))).toEqual(
    [],
  );
});

describe('a pod is refused that', () => {
  it.each<[string, string[], unknown, string]>([
    [
      'may run as root',
      [...pod('sender'), 'securityContext', 'runAsNonRoot'],
      false,
      'Deployment/sender: spec.template.spec.securityContext.runAsNonRoot',
    ],
    ['is root by number', [...pod('sender'), 'securityContext', 'runAsUser'], 0, 'securityContext.runAsUser'],
    [
      'has no seccomp profile',
      [...pod('sender'), 'securityContext', 'seccompProfile'],
      ABSENT,
      'securityContext.seccompProfile',
    ],
    [
      'can write its root',
      [...container('sender'), 'securityContext', 'readOnlyRootFilesystem'],
      ABSENT,
      'securityContext.readOnlyRootFilesystem',
    ],
    [
      'can gain privileges',
      [...container('sender'), 'securityContext', 'allowPrivilegeEscalation'],
      true,
      'securityContext.allowPrivilegeEscalation',
    ],
    [
      'keeps capabilities',
      [...container('sender'), 'securityContext', 'capabilities', 'drop'],
      ['NET_RAW'],
      'securityContext.capabilities.drop',
    ],
    [
      'adds a capability',
      [...container('sender'), 'securityContext', 'capabilities', 'add'],
      ['SYS_ADMIN'],
      'securityContext.capabilities',
    ],
    [
      'has a token for the API server',
      [...pod('sender'), 'automountServiceAccountToken'],
      ABSENT,
      'automountServiceAccountToken',
    ],
    ['shares the node’s network', [...pod('sender'), 'hostNetwork'], true, 'hostNetwork'],
    ['has no memory limit', [...container('sender'), 'resources', 'limits'], ABSENT, 'resources.limits'],
    [
      'runs another image than its neighbours',
      [...container('sender'), 'image'],
      'leadstream:0.0.9',
      'the services have several images',
    ],
    ['runs an image without a version', [...container('sender'), 'image'], 'leadstream', 'has no version'],
    [
      'runs another app’s entry',
      [...container('sender'), 'args'],
      ['apps/triage/dist/main.js'],
      'sender: runs apps/triage/dist/main.js',
    ],
    [
      'lets inbound’s garbage lie',
      [...container('inbound'), 'args'],
      ['apps/inbound/dist/main.js'],
      'inbound: runs apps/inbound/dist/main.js',
    ],
    [
      'is restarted because a dependency is away',
      [...container('sender'), 'livenessProbe', 'httpGet', 'path'],
      '/readyz',
      'sender: a probe does not ask /healthz on http',
    ],
    [
      'is ready by being alive',
      [...container('sender'), 'readinessProbe', 'httpGet', 'path'],
      '/healthz',
      'sender: a probe does not ask /readyz on http',
    ],
    [
      'gives /readyz no time to name what is missing',
      [...container('sender'), 'readinessProbe', 'timeoutSeconds'],
      1,
      'readiness gives up before',
    ],
    ['listens elsewhere', [...container('sender'), 'ports', '0', 'containerPort'], 3000, 'sender: listens on 3013'],
    [
      'is scraped elsewhere',
      [...deployment('sender'), 'template', 'metadata', 'annotations', 'prometheus.io/port'],
      '3000',
      'Prometheus would ask another port',
    ],
    [
      'is killed before it can stop',
      [...pod('sender'), 'terminationGracePeriodSeconds'],
      29,
      'sender: is killed after 29 s, needs up to 30 s',
    ],
    ['writes the read model beside another', [...deployment('projector'), 'replicas'], 2, 'projector: two at a time'],
    [
      'its own Deployment does not select',
      [...deployment('sender'), 'selector', 'matchLabels', 'app.kubernetes.io/name'],
      'sendr',
      'sender: selects other pods than its own',
    ],
    [
      'has no /tmp for leadctl',
      [...container('triage'), 'volumeMounts'],
      ABSENT,
      'triage: has no /tmp that can be written',
    ],
    ['has a /tmp without a bound', [...pod('triage'), 'volumes', '0', 'emptyDir'], {}, 'emptyDir.sizeLimit'],
    [
      'mounts what is not there',
      ['overlays', 'dev', 'Secret/sandbox-esp'],
      ABSENT,
      'sandbox-esp: mounts Secret/sandbox-esp',
    ],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

describe('a cluster is refused where', () => {
  it.each<[string, string[], unknown, string]>([
    ['an app has no Deployment', ['overlays', 'example', 'Deployment/sender'], ABSENT, 'no Deployment for sender'],
    ['an app of apps/ is unknown', ['apps', '0'], 'stranger', 'apps/stranger has no schema'],
    [
      'a file is in the folder and in no kustomization',
      ['unlisted', '0'],
      'k8s/base/old.yaml',
      'k8s/base/old.yaml: no kustomization lists it',
    ],
    ['the image is another version than package.json', ['version'], '9.9.9', 'the image is not leadstream:9.9.9'],
    [
      'a Service selects no pod',
      ['overlays', 'example', 'Service/ingest', 'spec', 'selector'],
      { app: 'ingest' },
      'Service/ingest: selects no pod',
    ],
    [
      'a budget selects no pod',
      [...budget, 'spec', 'selector', 'matchLabels'],
      { app: 'sender' },
      'PodDisruptionBudget/sender: selects no pod',
    ],
    ['a drain may take all pods of a service', budget, ABSENT, 'sender: no PodDisruptionBudget'],
    [
      'the namespace takes privileged pods',
      ['overlays', 'example', 'Namespace/leadstream', 'metadata', 'labels'],
      {},
      'does not enforce the restricted standard',
    ],
    [
      'no route leads a text to inbound',
      ['overlays', 'example', 'HTTPRoute/events', 'spec', 'rules', '0', 'matches', '4', 'path', 'value'],
      '/v1/other',
      'no HTTPRoute leads /v1/twilio/inbound to inbound',
    ],
    ['nothing is denied', [...policy('default-deny'), 'policyTypes'], ['Ingress'], 'no policy denies'],
    ['a Job runs as root', [...jobPod('backup'), 'securityContext', 'runAsNonRoot'], false, 'CronJob/backup: '],
    [
      'a Job may run for ever',
      [...job('backup'), 'jobTemplate', 'spec', 'activeDeadlineSeconds'],
      ABSENT,
      'activeDeadlineSeconds',
    ],
    ['two backups may run at once', [...job('backup'), 'concurrencyPolicy'], 'Allow', 'CronJob/backup: '],
    [
      'a Job runs another program',
      [...jobPod('backup'), 'containers', '0', 'args', '0'],
      'apps/sender/dist/main.js',
      'backup: runs apps',
    ],
    [
      'a Job has a secret in the open',
      [...jobPod('restore-drill'), 'containers', '0', 'env', '0'],
      literal('DATA_KEYS', 'in the open'),
      'restore-drill: DATA_KEYS is a secret and given in the open',
    ],
    [
      'a Job has another image',
      [...jobPod('backup'), 'containers', '0', 'image'],
      'leadstream:0.0.9',
      'several images',
    ],
    [
      'a sidecar can write its root',
      [...jobPod('restore-drill'), 'initContainers', '0', 'securityContext'],
      {},
      'CronJob/restore-drill: ',
    ],
    [
      'a backup has no volume',
      ['overlays', 'example', 'PersistentVolumeClaim/backup'],
      ABSENT,
      'mounts PersistentVolumeClaim/backup',
    ],
    [
      'the backup is kept from NATS',
      [...policy('backup'), 'egress'],
      [],
      'backup: has NATS_URL, but the network policies keep it',
    ],
    [
      'NATS does not let the backup in',
      [...policy('nats'), 'ingress', '0', 'from', '1'],
      ABSENT,
      'backup: has NATS_URL, but the network',
    ],
    [
      'the drill may reach NATS',
      [...policy('backup'), 'podSelector'],
      {},
      'restore-drill: may reach nats and has no NATS_URL',
    ],
    [
      'a policy selects no pod',
      [...policy('nats'), 'podSelector', 'matchLabels'],
      { app: 'nats' },
      'NetworkPolicy/nats: selects no pod',
    ],
    [
      'a policy lists a service that is misspelt',
      [...policy('read-model'), 'podSelector', 'matchExpressions', '0', 'values', '0'],
      'triag',
      'selects no pod by triag',
    ],
    [
      'a policy opens a port without a listener',
      [...policy('mongodb'), 'ingress', '0', 'ports', '0', 'port'],
      27018,
      'mongodb does not listen on 27018',
    ],
    [
      'a policy leads to a port without a listener',
      [...policy('services'), 'egress', '0', 'ports', '0', 'port'],
      4223,
      'nats does not listen on 4223',
    ],
    [
      'a worker is open to all networks',
      [...policy('front-doors'), 'podSelector', 'matchExpressions', '0', 'values', '0'],
      'triage',
      'triage is open to all networks',
    ],
    [
      'a worker is open to networks by their addresses',
      [...policy('services'), 'ingress', '0', 'from'],
      [{ ipBlock: { cidr: '0.0.0.0/0' } }],
      'triage is open to all networks',
    ],
    [
      'another than the sender may leave',
      [...policy('sender-to-provider'), 'podSelector'],
      {},
      'triage may leave the cluster',
    ],
    [
      'the sender may leave by any port',
      [...policy('sender-to-provider'), 'egress', '0', 'ports', '0', 'port'],
      25,
      'leaves the cluster by port 25',
    ],
    [
      'the sender reaches the metadata service',
      [...policy('sender-to-provider'), 'egress', '0', 'to', '0', 'ipBlock', 'except'],
      [],
      'metadata service',
    ],
    [
      'a service is denied a server of its configuration',
      [...policy('services'), 'egress', '0'],
      ABSENT,
      'sender: has NATS_URL, but the network policies keep it from nats',
    ],
    [
      'a service may reach what it has no use for',
      [...policy('read-model'), 'podSelector'],
      {},
      'ingest: may reach mongodb and has no MONGODB_URI',
    ],
    [
      'the proof has no folder to sort in',
      [...jobPod('verify'), 'containers', '0', 'volumeMounts'],
      ABSENT,
      'verify: has no /tmp that can be written',
    ],
    [
      'the proof has MongoDB’s password in the open',
      [...jobPod('verify'), 'containers', '0', 'env', '2'],
      literal('MONGODB_URI', 'mongodb://mongodb'),
      'verify: MONGODB_URI is a secret',
    ],
    [
      'the proof is kept from MongoDB',
      [...policy('verify'), 'egress', '1'],
      ABSENT,
      'verify: has MONGODB_URI, but the network policies keep it from mongodb',
    ],
    [
      'mongod logs documents',
      ['overlays', 'example', 'StatefulSet/mongodb', 'spec', 'template', 'spec', 'containers', '0', 'args'],
      ['mongod'],
      'mongodb: is not started with --slowOpSampleRate 0',
    ],
    [
      'NATS takes smaller messages than we send',
      ['overlays', 'dev', 'ConfigMap/nats', 'data', 'nats.conf'],
      'port: 4222',
      'nats.conf: max_payload is not 8388608 bytes',
    ],
    [
      'NATS forgets with the power',
      ['overlays', 'example', 'ConfigMap/nats', 'data', 'nats.conf'],
      natsConf.replace('always', '2m'),
      'sync_interval is not always',
    ],
    [
      'NATS servers do not know each other',
      ['overlays', 'example', 'ConfigMap/nats', 'data', 'nats.conf'],
      natsConf.replace(', nats://nats-2.nats:6222', ''),
      '3 servers with 2 routes',
    ],
    ['there are more copies than servers', [...config, 'STREAM_REPLICAS'], '5', '3 servers for STREAM_REPLICAS=5'],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

describe('the pod of all services is refused that', () => {
  const all = ['single', 'Deployment/all', 'spec', 'template', 'spec', 'containers', '0'];
  it.each<[string, string[], unknown, string]>([
    [
      'lacks a variable of a service',
      [...all, 'env', '20'],
      literal('LOG_LEVEL', 'info'),
      'k8s/components/single: all: has no ',
    ],
    ['runs another app', [...all, 'args', '0'], 'apps/ingest/dist/main.js', 'all: runs apps/ingest/dist/main.js'],
    ['runs beside a service', ['single', 'Deployment/sender'], {}, 'sender runs beside it'],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

describe('users of MongoDB are refused where', () => {
  const spec = (id: string) => ['users', id, 'spec', 'template', 'spec'];
  const service = (name: string) => [...spec(`Deployment/${name}`), 'containers', '0'];
  const volume = (name: string, of: string) => {
    const place = [...spec(`Deployment/${name}`), 'volumes'];
    const all = place.reduce(inside, real) as { name: string }[];
    return [...place, String(all.findIndex((each) => each.name === of))];
  };
  it.each<[string, string[], unknown, string]>([
    [
      'mongod speaks without TLS',
      [...spec('StatefulSet/mongodb'), 'containers', '0', 'args'],
      ['mongod', '--slowOpSampleRate', '0'],
      'mongodb: is started without --tlsMode requireTLS',
    ],
    ['nothing creates them', ['users', 'Job/mongodb-users'], ABSENT, 'no Job/mongodb-users'],
    [
      'a service has another’s password',
      [...volume('triage', 'mongodb'), 'secret', 'items', '0', 'key'],
      'projector',
      'Deployment/triage: is given the passwords of projector, and is triage',
    ],
    [
      'a service has all passwords',
      [...volume('sender', 'mongodb'), 'secret', 'items'],
      ABSENT,
      'Deployment/sender: is given the passwords of all passwords',
    ],
    [
      'a service without a way to MongoDB has a password',
      ['users', 'Deployment/ingest', 'spec', 'template', 'spec', 'volumes'],
      [{ name: 'mongodb', secret: { secretName: 'mongodb-users', items: [{ key: 'triage', path: 'password' }] } }],
      'Deployment/ingest: is given triage without MONGODB_URI',
    ],
    [
      'a service has the administrator’s password',
      [...service('watch'), 'env', '0'],
      { name: 'X', valueFrom: { secretKeyRef: { name: 'leadstream', key: 'MONGODB_ROOT_PASSWORD' } } },
      'Deployment/watch: has the administrator’s password',
    ],
    [
      'the password is elsewhere',
      ['users', 'ConfigMap/leadstream', 'data', 'MONGODB_PASSWORD_FILE'],
      '/run/mongodb/word',
      'Deployment/triage: no password is at /run/mongodb/word',
    ],
    [
      'no authority is named',
      ['users', 'ConfigMap/leadstream', 'data', 'MONGODB_CA'],
      ABSENT,
      'Deployment/triage: has no MONGODB_CA',
    ],
    [
      'a Job stays after its end',
      ['users', 'Job/upgrade-projection', 'spec', 'ttlSecondsAfterFinished'],
      ABSENT,
      'Job/upgrade-projection: spec.ttlSecondsAfterFinished',
    ],
    [
      'a Job runs as root',
      ['users', 'Job/mongodb-users', 'spec', 'template', 'spec', 'securityContext', 'runAsNonRoot'],
      false,
      'Job/mongodb-users: spec.template.spec.securityContext.runAsNonRoot',
    ],
    [
      'a Job is nobody',
      ['users', 'Job/upgrade-projection', 'spec', 'template', 'spec', 'containers', '0', 'env'],
      [literal('MONGODB_URI', 'mongodb://mongodb'), literal('MONGODB_USER', 'root')],
      'Job/upgrade-projection: root is no user of MongoDB',
    ],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

describe('Compose is refused where', () => {
  it.each<[string, string[], unknown, string]>([
    ['an app has no service', compose('sender'), ABSENT, 'compose: no service sender'],
    ['no container runs all services', compose('all'), ABSENT, 'compose: no service all'],
    [
      'the container of all services lacks a variable of one',
      [...compose('all'), 'environment', 'DELAY_SCALE'],
      ABSENT,
      'compose: all: has no DELAY_SCALE, which scheduler has',
    ],
    [
      'the container of all services has one that none reads',
      [...compose('all'), 'environment', 'NATS_URI'],
      'nats://nats',
      'compose: all: NATS_URI is not in its schema',
    ],
    [
      'a service starts beside the container of all',
      [...compose('sender'), 'profiles'],
      ABSENT,
      'compose: sender: starts with the profiles ',
    ],
    [
      'nothing starts without a profile',
      ['dotenv', 'COMPOSE_PROFILES'],
      '',
      'compose: triage: starts with the profiles services',
    ],
    ['a container can write its root', [...compose('sender'), 'read_only'], ABSENT, 'services.sender.read_only'],
    ['a container keeps capabilities', [...compose('sender'), 'cap_drop'], [], 'services.sender.cap_drop'],
    ['a container can gain privileges', [...compose('sender'), 'security_opt'], ABSENT, 'services.sender.security_opt'],
    ['a server runs as root', [...compose('nats'), 'user'], '0:0', 'compose: nats: runs as root'],
    [
      'a server has a capability',
      [...compose('nats'), 'cap_add'],
      ['CHOWN'],
      'compose: nats: has the capability CHOWN',
    ],
    [
      'a port is published to the network',
      [...compose('mongodb'), 'ports', '0'],
      '27017:27017',
      'is published beyond 127.0.0.1',
    ],
    [
      'a published port leads nowhere',
      [...compose('ingest'), 'ports', '0'],
      '127.0.0.1:3001:3000',
      'ingest: publishes 127.0.0.1:3001:3000, listens on 3001',
    ],
    [
      'a health check has no port',
      [...compose('ingest'), 'environment', 'PORT'],
      ABSENT,
      'ingest: its healthcheck reads PORT',
    ],
    ['a server has no health check', [...compose('nats'), 'healthcheck'], ABSENT, 'compose: nats: has no healthcheck'],
    [
      'something waits for what is not there',
      compose('mongodb'),
      ABSENT,
      'sender: depends on mongodb, which is not there',
    ],
    [
      'mongod logs documents',
      [...compose('mongodb'), 'command'],
      ABSENT,
      'compose: mongodb: is not started with --slowOpSampleRate 0',
    ],
    ['a /tmp has no bound', [...compose('triage'), 'tmpfs'], ['/tmp'], 'compose: triage: has no bounded /tmp'],
    [
      'something waits for a server’s end',
      [...compose('sender'), 'depends_on', 'nats', 'condition'],
      'service_completed_successfully',
      'sender: waits for nats',
    ],
    [
      'a service is killed before it can stop',
      [...compose('sender'), 'stop_grace_period'],
      ABSENT,
      'sender: is killed after 10s',
    ],
    [
      'a service runs another app',
      [...compose('sender'), 'command'],
      ['apps/triage/dist/main.js'],
      'compose: sender: runs apps/triage/dist/main.js',
    ],
    [
      'inbound’s garbage lies about',
      [...compose('inbound'), 'command'],
      ['apps/inbound/dist/main.js'],
      'compose: inbound: runs apps/inbound/dist/main.js',
    ],
    [
      'a service runs another image',
      [...compose('sender'), 'image'],
      'leadstream:0.0.9',
      'sender: image leadstream:0.0.9',
    ],
  ])('%s', (_, path, value, problem) => {
    expect(problems(planted(path, value)).join('\n')).toContain(problem);
  });
});

describe('the image is refused where', () => {
  const { dockerfile } = real;
  it.each([
    ['its Node is not the one that is tested', dockerfile.replaceAll('node:26', 'node:25'), 'Node is 26'],
    ['its base has a shell', dockerfile.replace(/^ARG BASE_IMAGE=.*$/m, 'ARG BASE_IMAGE=debian:12'), 'has a shell'],
    ['its label has another version', dockerfile.replace('ARG VERSION=0', 'ARG VERSION=9'), 'VERSION is not 0'],
    ['it runs as root', dockerfile.replace('USER 1000:1000', 'USER root'), 'Dockerfile: USER root'],
    ['it names no user', dockerfile.replace('USER 1000:1000', ''), 'Dockerfile: no USER'],
    [
      'the sandbox is what is built by default',
      dockerfile.replace(/FROM runtime\n$/, ''),
      'the last stage is not the runtime',
    ],
    [
      'a source is copied',
      dockerfile.replace('USER 1000', 'COPY apps/leadctl/src ./apps/leadctl/src\nUSER 1000'),
      'COPY apps/leadctl/src ./apps/leadctl/src: the image has what tools/image assembled',
    ],
    ['it needs a shell', dockerfile.replace('USER 1000', 'RUN true\nUSER 1000'), 'RUN true: the base has no shell'],
  ])('%s', (_, text, problem) => {
    expect(problems({ ...real, dockerfile: text }).join('\n')).toContain(problem);
  });
});
