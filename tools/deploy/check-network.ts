import { z } from 'zod';
import { issuesOf } from './environment.ts';
import type { Cluster } from './kustomize.ts';
import { podLabels, portsOf, selects, type Workload } from './pods.ts';

const labels = z.record(z.string(), z.string());
const podSelector = z.strictObject({
  matchLabels: labels.default({}),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
    .default([]),
});
const peer = z.strictObject({
  podSelector: podSelector.optional(),
  namespaceSelector: z.looseObject({}).optional(),
  ipBlock: z.looseObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const ports = z.array(
  z.strictObject({ protocol: z.enum(['TCP', 'UDP']).optional(), port: z.union([z.number(), z.string()]) }),
);
const policySchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.strictObject({
    podSelector,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.strictObject({ from: z.array(peer).optional(), ports })).default([]),
    egress: z.array(z.strictObject({ to: z.array(peer), ports })).default([]),
  }),
});
type Policy = z.infer<typeof policySchema>;
type Selector = z.infer<typeof podSelector>;
type Ports = z.infer<typeof ports>;

const FRONT_DOORS = ['ingest', 'inbound'];
/** The providers, other teams' endpoints, and HubSpot. */
const LEAVING = ['sender', 'webhooks', 'crm'];
/** The address of clouds' credential services. */
const METADATA_SERVICE = '169.254.0.0/16';

const matches = ({ matchLabels, matchExpressions }: Selector, workload: Workload): boolean =>
  selects(matchLabels, podLabels(workload)) &&
  matchExpressions.every(({ key, values }) => values.includes(podLabels(workload)[key] ?? ''));

/**
 * Whether the policies deny all other traffic, select existing pods, and allow the connections in the services'
 * configuration.
 */
export function networkProblems(cluster: Cluster, workloads: Workload[]): string[] {
  const parsed = Object.entries(cluster)
    .filter(([id]) => id.startsWith('NetworkPolicy/'))
    .map(([id, tree]) => ({ id, ...policySchema.safeParse(tree) }));
  const policies = parsed.flatMap(({ data }) => data ?? []);
  return [
    ...parsed.flatMap(({ id, error }) => issuesOf(id, error)),
    ...(policies.some(deniesAll) ? [] : ['no policy denies what no other allows']),
    ...policies.flatMap((policy) =>
      policyProblems(policy, workloads).map((problem) => `NetworkPolicy/${policy.metadata.name}: ${problem}`),
    ),
    ...reachProblems(policies, workloads),
  ];
}

const deniesAll = ({ spec }: Policy): boolean =>
  isEmpty(spec.podSelector) && spec.policyTypes.length === 2 && spec.ingress.length === 0 && spec.egress.length === 0;
const isEmpty = ({ matchLabels, matchExpressions }: Selector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

function policyProblems({ spec }: Policy, workloads: Workload[]): string[] {
  const selected = workloads.filter((each) => matches(spec.podSelector, each));
  const names = selected.map(({ metadata }) => metadata.name);
  const peers = [...spec.ingress.flatMap(({ from }) => from ?? []), ...spec.egress.flatMap(({ to }) => to)];
  const selectors = [
    spec.podSelector,
    ...peers.flatMap(({ podSelector: own, namespaceSelector }) => (own && !namespaceSelector ? [own] : [])),
  ];
  const open = spec.ingress.filter(({ from }) => !from || from.some(({ ipBlock }) => ipBlock));
  const out = spec.egress.filter(({ to }) => to.some(({ ipBlock }) => ipBlock));
  return [
    ...selectors.flatMap((each) => unmatched(each, workloads)),
    ...spec.ingress.flatMap((rule) => closed(rule.ports, selected)),
    ...spec.egress.flatMap(({ to, ports: wanted }) =>
      to.flatMap(({ podSelector: other, namespaceSelector }) =>
        other && !namespaceSelector
          ? closed(
              wanted,
              workloads.filter((each) => matches(other, each)),
            )
          : [],
      ),
    ),
    ...(open.length === 0
      ? []
      : names.filter((name) => !FRONT_DOORS.includes(name)).map((name) => `${name} is open to all networks`)),
    ...(out.length === 0
      ? []
      : names.filter((name) => !LEAVING.includes(name)).map((name) => `${name} may leave the cluster`)),
    ...out.flatMap((rule) =>
      rule.ports.filter(({ port }) => port !== 443).map(({ port }) => `leaves the cluster by port ${port}`),
    ),
    ...out.flatMap(({ to }) =>
      to
        .filter(({ ipBlock }) => !ipBlock?.except.includes(METADATA_SERVICE))
        .map(() => 'reaches the cloud’s metadata service'),
    ),
  ];
}

/**
 * Every value must match a workload: a misspelt service in a list is denied access just like a list without a match.
 */
function unmatched(selector: Selector, workloads: Workload[]): string[] {
  const none =
    isEmpty(selector) || workloads.some((each) => matches(selector, each))
      ? []
      : [`selects no pod by ${JSON.stringify(selector)}`];
  const values = selector.matchExpressions.flatMap(({ key, values: all }) =>
    all.filter((value) => !workloads.some((each) => podLabels(each)[key] === value)),
  );
  return [...none, ...values.map((value) => `selects no pod by ${value}`)];
}

const listens = (workload: Workload, wanted: number | string): boolean =>
  portsOf(workload).some(({ name, containerPort }) => name === wanted || containerPort === wanted);
const closed = (wanted: Ports, targets: Workload[]): string[] =>
  targets.flatMap((each) =>
    wanted
      .filter(({ port }) => !listens(each, port))
      .map(({ port }) => `${each.metadata.name} does not listen on ${port}`),
  );

/** A workload with a server's address must be allowed to reach it, by both sides' policies; any other must not. */
function reachProblems(policies: Policy[], workloads: Workload[]): string[] {
  return Object.entries({ NATS_URL: 'nats', MONGODB_URI: 'mongodb' }).flatMap(([variable, server]) => {
    const target = workloads.find(({ metadata }) => metadata.name === server);
    if (!target) return [`no ${server}`];
    const [port] = portsOf(target);
    const ours = (each: Workload) => ['service', 'job'].includes(podLabels(each)['app.kubernetes.io/component'] ?? '');
    return workloads.filter(ours).flatMap((each) => {
      const needsServer = each.spec.template.spec.containers[0].env.some(({ name }) => name === variable);
      const lets = (rules: { ports: Ports; peers: z.infer<typeof peer>[] }[], other: Workload) =>
        rules.some(
          (rule) =>
            rule.peers.some(({ podSelector: own }) => own && matches(own, other)) &&
            rule.ports.some((open) => open.port === port?.containerPort),
        );
      const mayGo = lets(
        policies
          .filter(({ spec }) => matches(spec.podSelector, each))
          .flatMap(({ spec }) => spec.egress.map((rule) => ({ ports: rule.ports, peers: rule.to }))),
        target,
      );
      const mayCome = lets(
        policies
          .filter(({ spec }) => matches(spec.podSelector, target))
          .flatMap(({ spec }) => spec.ingress.map((rule) => ({ ports: rule.ports, peers: rule.from ?? [] }))),
        each,
      );
      if (needsServer)
        return mayGo && mayCome
          ? []
          : [`${each.metadata.name}: has ${variable}, but the network policies keep it from ${server}`];
      return mayGo || mayCome ? [`${each.metadata.name}: may reach ${server} and has no ${variable}`] : [];
    });
  });
}
