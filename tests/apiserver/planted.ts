/** Faults that the API server has to name: without them its silence about the other objects would prove nothing. */
export interface Planted {
  title: string;
  problem: RegExp;
  object: object;
}

const metadata = { name: 'planted' };
const container = { name: 'planted', image: 'planted' };
const selector = { matchLabels: { planted: 'yes' } };
const labels = selector.matchLabels;
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };

export const PLANTED: readonly Planted[] = [
  {
    title: 'a Pod with all capabilities',
    problem: /forbidden: violates PodSecurity "restricted/,
    object: { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } },
  },
  {
    title: 'a Deployment of such Pods',
    problem: /^Warning: would violate PodSecurity "restricted/,
    object: {
      ...deployment,
      spec: { selector, template: { metadata: { labels }, spec: { containers: [container] } } },
    },
  },
  {
    title: 'a misspelt field',
    problem: /unknown field "spec\.replica"/,
    object: {
      ...deployment,
      spec: { replica: 1, selector, template: { metadata: { labels }, spec: { containers: [container] } } },
    },
  },
  {
    title: 'a selector of other labels',
    problem: /`selector` does not match template `labels`/,
    object: { ...deployment, spec: { selector, template: { metadata: {}, spec: { containers: [container] } } } },
  },
  {
    title: 'a route of another kind’s field',
    problem: /unknown field "spec\.host"/,
    object: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata, spec: { host: 'a.example' } },
  },
  {
    title: 'a retired kind',
    problem: /no matches for kind "Ingress" in version "extensions\/v1beta1"/,
    object: { apiVersion: 'extensions/v1beta1', kind: 'Ingress', metadata, spec: {} },
  },
];
