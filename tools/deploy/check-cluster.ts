import { PAYLOAD_BYTES_MAX } from '@leadstream/contracts/streams';
import { serviceArgs } from '@leadstream/testing/child';
import { MONGOD_ARGS } from '@leadstream/testing/servers';
import { z } from 'zod';
import { apps, environmentProblems, isApp, portOf, type App, type Environment, type Given } from './environment.ts';
import type { Cluster } from './kustomize.ts';
import { networkProblems } from './check-network.ts';
import { podLabels, selects, workloadsOf, type variable, type Workload } from './pods.ts';

/** A service's shutdown limit; it also gives each dependency 1 s to respond to /readyz (libs/service/src). */
const STOP_SECONDS = 25;
/** One pod each, by design. */
const ALONE: readonly App[] = ['projector', 'webhooks', 'crm', 'watch'];
const READY_SECONDS = 1;

const data = z.looseObject({ data: z.record(z.string(), z.string()) });
const selector = z.looseObject({ spec: z.looseObject({ selector: z.looseObject({}) }) });

/** The problems of one rendered folder of k8s/. */
export function clusterProblems(cluster: Cluster, { production }: { production: boolean }): string[] {
  const { workloads, problems } = workloadsOf(cluster);
  const services = workloads.filter((each) => podLabels(each)['app.kubernetes.io/component'] === 'service');
  const jobs = workloads.filter((each) => podLabels(each)['app.kubernetes.io/component'] === 'job');
  const images = new Set([...services, ...jobs].map(({ spec }) => spec.template.spec.containers[0].image));
  return [
    ...problems,
    ...apps.filter((app) => !cluster[`Deployment/${app}`]).map((app) => `no Deployment for ${app}`),
    ...(images.size > 1 ? [`the services have several images: ${[...images].join(', ')}`] : []),
    ...services.flatMap((each) => serviceProblems(cluster, each)),
    ...jobs.flatMap(jobProblems),
    ...[...services, ...jobs].flatMap(scratchProblems),
    ...mongodProblems(workloads),
    ...workloads.flatMap((each) => referenceProblems(cluster, each)),
    ...selectorProblems(cluster, workloads),
    ...networkProblems(cluster, workloads),
    ...namespaceProblems(cluster),
    ...natsProblems(cluster, workloads, production),
  ];
}

function serviceProblems(cluster: Cluster, workload: Workload): string[] {
  const {
    metadata: { name },
    spec: { replicas, strategy, template },
  } = workload;
  if (!isApp(name)) return [`${name}: is no app`];
  const {
    terminationGracePeriodSeconds: grace,
    containers: [container],
  } = template.spec;
  const env: Environment = new Map(container.env.flatMap((each) => given(cluster, each)));
  const port = portOf(name, env);
  const { livenessProbe: alive, startupProbe: started, readinessProbe: ready } = container;
  const neededSeconds = (container.lifecycle?.preStop.sleep?.seconds ?? 0) + STOP_SECONDS;
  return [
    ...environmentProblems(name, env),
    ...container.env
      .filter((each, index) => container.env.findIndex((first) => first.name === each.name) < index)
      .map((each) => `${name}: ${each.name} is given twice`),
    ...(container.args.join(' ') === serviceArgs(name).join(' ') ? [] : [`${name}: runs ${container.args.join(' ')}`]),
    ...(container.ports.some((each) => each.name === 'http' && each.containerPort === port)
      ? []
      : [`${name}: listens on ${port}, the port named http is another`]),
    ...(template.metadata.annotations['prometheus.io/port'] === String(port)
      ? []
      : [`${name}: Prometheus would ask another port than ${port}`]),
    ...Object.entries({ '/healthz': [started, alive], '/readyz': [ready] }).flatMap(([path, probes]) =>
      probes
        .filter((each) => each?.httpGet?.path !== path || each.httpGet.port !== 'http')
        .map(() => `${name}: a probe does not ask ${path} on http`),
    ),
    ...(ready.timeoutSeconds > READY_SECONDS
      ? []
      : [`${name}: readiness gives up before /readyz can say what is missing`]),
    ...(grace >= neededSeconds ? [] : [`${name}: is killed after ${grace} s, needs up to ${neededSeconds} s`]),
    ...(name !== 'projector' || (replicas === 1 && strategy?.type === 'Recreate')
      ? []
      : ['projector: two at a time would write the read model']),
  ];
}

/** A Job runs leadctl, which reads secrets as the services do. */
function jobProblems({ metadata: { name }, spec: { template } }: Workload): string[] {
  const { args, env } = template.spec.containers[0];
  return [
    ...(args[0] === 'apps/leadctl/dist/main.js' ? [] : [`${name}: runs ${args.join(' ')}`]),
    ...env
      .filter((each) => ['NATS_CREDS', 'MONGODB_URI', 'DATA_KEYS'].includes(each.name) && !each.valueFrom?.secretKeyRef)
      .map((each) => `${name}: ${each.name} is a secret and given in the open`),
  ];
}

/** leadctl stores temporary data in /tmp, and the root is read-only; services have /tmp for `kubectl exec`. */
function scratchProblems({
  metadata: { name },
  spec: {
    template: {
      spec: {
        containers: [{ args, volumeMounts }],
        volumes,
      },
    },
  },
}: Workload): string[] {
  const mounted = volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
  if (args.includes('backup')) return [];
  return volumes.some((each) => each.name === mounted?.name && each.emptyDir)
    ? []
    : [`${name}: has no /tmp that can be written`];
}

function mongodProblems(workloads: Workload[]): string[] {
  const { args } = workloads.find(({ metadata }) => metadata.name === 'mongodb')?.spec.template.spec.containers[0] ?? {
    args: [],
  };
  return args.join(' ').includes(MONGOD_ARGS.join(' '))
    ? []
    : [`mongodb: is not started with ${MONGOD_ARGS.join(' ')}, and would log documents`];
}

/** The variables that a container gets; none for an optional key that is missing. */
function given(cluster: Cluster, { name, value, valueFrom }: z.infer<typeof variable>): [string, Given][] {
  const ref = valueFrom?.secretKeyRef ?? valueFrom?.configMapKeyRef;
  if (!ref) return [[name, { value: value ?? '', secret: false }]];
  const secret = Boolean(valueFrom?.secretKeyRef);
  const source = data.safeParse(cluster[`${secret ? 'Secret' : 'ConfigMap'}/${ref.name}`]).data?.data;
  if (secret && !source) return [[name, { value: undefined, secret }]];
  const found = source?.[ref.key];
  return found === undefined ? [] : [[name, { value: found, secret }]];
}

function referenceProblems(cluster: Cluster, { metadata: { name }, spec: { template } }: Workload): string[] {
  const {
    containers: [{ env }],
    volumes,
  } = template.spec;
  const keys = env.flatMap(({ valueFrom }) => {
    const ref = valueFrom?.configMapKeyRef ?? valueFrom?.secretKeyRef;
    const source = `${valueFrom?.configMapKeyRef ? 'ConfigMap' : 'Secret'}/${ref?.name}`;
    // A site's Secret is not in the repository; a ConfigMap always is.
    if (!ref || ref.optional || (source.startsWith('Secret/') && !cluster[source])) return [];
    return ref.key in (data.safeParse(cluster[source]).data?.data ?? {})
      ? []
      : [`${name}: ${source} has no ${ref.key}`];
  });
  const mounted = volumes.flatMap(({ configMap, secret, persistentVolumeClaim: claim }) => [
    configMap && !configMap.optional && `ConfigMap/${configMap.name}`,
    secret && !secret.optional && `Secret/${secret.secretName}`,
    claim && `PersistentVolumeClaim/${claim.claimName}`,
  ]);
  return [
    ...keys,
    ...mounted.filter((id) => id && !cluster[id]).map((id) => `${name}: mounts ${id}, which is not there`),
  ];
}

/** A selector without a match is a rule without an effect, which no other check reports. */
function selectorProblems(cluster: Cluster, workloads: Workload[]): string[] {
  const own = workloads
    .filter((each) => !selects(each.spec.selector.matchLabels, podLabels(each)))
    .map(({ metadata }) => `${metadata.name}: selects other pods than its own`);
  const others = Object.entries(cluster)
    .filter(([id]) => /^(Service|PodDisruptionBudget)\//.test(id))
    .filter(([, tree]) => {
      const { matchLabels, ...rest } = selector.parse(tree).spec.selector;
      const wanted = z.record(z.string(), z.string()).parse(matchLabels ?? rest);
      return !workloads.some((each) => selects(wanted, podLabels(each)));
    })
    .map(([id]) => `${id}: selects no pod`);
  const unguarded = apps
    .filter((app: App) => !ALONE.includes(app) && !cluster[`PodDisruptionBudget/${app}`])
    .map((app) => `${app}: no PodDisruptionBudget`);
  return [...own, ...others, ...unguarded];
}

function namespaceProblems(cluster: Cluster): string[] {
  const labels = z
    .looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) })
    .safeParse(cluster['Namespace/leadstream']).data?.metadata.labels;
  return labels?.['pod-security.kubernetes.io/enforce'] === 'restricted'
    ? []
    : ['the namespace does not enforce the restricted standard'];
}

function natsProblems(cluster: Cluster, workloads: Workload[], production: boolean): string[] {
  const conf = data.safeParse(cluster['ConfigMap/nats']).data?.data['nats.conf'] ?? '';
  const setting = (name: string) => new RegExp(`^\\s*${name}: *(.+)$`, 'm').exec(conf)?.[1];
  const servers = workloads.find(({ metadata }) => metadata.name === 'nats')?.spec.replicas ?? 0;
  const routes = setting('routes')?.match(/nats:\/\//g)?.length ?? 0;
  const wanted = data.safeParse(cluster['ConfigMap/leadstream']).data?.data['STREAM_REPLICAS'];
  return [
    ...(setting('max_payload') === `${PAYLOAD_BYTES_MAX / 1024 / 1024}MB`
      ? []
      : [`nats.conf: max_payload is not ${PAYLOAD_BYTES_MAX} bytes`]),
    ...(wanted === String(servers) ? [] : [`nats: ${servers} servers for STREAM_REPLICAS=${wanted}`]),
    ...(!production || setting('sync_interval') === 'always'
      ? []
      : ['nats.conf: sync_interval is not always: a power failure loses acknowledged leads']),
    ...(!production || (servers >= 3 && routes === servers) ? [] : [`nats: ${servers} servers with ${routes} routes`]),
  ];
}
