import { z } from 'zod';
import { issuesOf } from './environment.ts';
import type { Cluster } from './kustomize.ts';

const probe = z.looseObject({
  timeoutSeconds: z.number().default(1),
  httpGet: z.looseObject({ path: z.string(), port: z.string() }).optional(),
});
const keyRef = z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });

export const variable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .strictObject({
      configMapKeyRef: keyRef.optional(),
      secretKeyRef: keyRef.optional(),
      fieldRef: z.looseObject({}).optional(),
    })
    .optional(),
});

/** The container rules of the `restricted` Pod Security Standard, plus a read-only root and a memory limit. */
const container = z.looseObject({
  name: z.string(),
  image: z.string().regex(/:\d/, 'has no version'),
  args: z.array(z.string()).default([]),
  env: z.array(variable).default([]),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })),
  resources: z.looseObject({
    requests: z.looseObject({ cpu: z.string(), memory: z.string() }),
    limits: z.looseObject({ memory: z.string() }),
  }),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe,
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
  lifecycle: z
    .looseObject({ preStop: z.looseObject({ sleep: z.looseObject({ seconds: z.number() }).optional() }) })
    .optional(),
  securityContext: z.looseObject({
    privileged: z.never().optional(),
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});

const volume = z.looseObject({
  name: z.string(),
  emptyDir: z.looseObject({ sizeLimit: z.string() }).optional(),
  configMap: z.looseObject({ name: z.string(), optional: z.boolean().default(false) }).optional(),
  secret: z.looseObject({ secretName: z.string(), optional: z.boolean().default(false) }).optional(),
  persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
  hostPath: z.never().optional(),
});

const podSpec = z.looseObject({
  automountServiceAccountToken: z.literal(false),
  hostNetwork: z.never().optional(),
  hostPID: z.never().optional(),
  hostIPC: z.never().optional(),
  initContainers: z.never().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([container]),
  volumes: z.array(volume).default([]),
});

/** A container of a pod that runs to completion, or its sidecar: no probes, no ports. */
const jobContainer = container.extend({
  ports: container.shape.ports.default([]),
  readinessProbe: probe.default({ timeoutSeconds: 1 }),
});
const jobPodSpec = podSpec.extend({
  restartPolicy: z.enum(['Never', 'OnFailure']),
  containers: z.tuple([jobContainer]),
  initContainers: z.array(jobContainer.extend({ restartPolicy: z.literal('Always') })).default([]),
});

const labels = z.record(z.string(), z.string());
const workload = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number(),
    selector: z.strictObject({ matchLabels: labels }),
    strategy: z.looseObject({ type: z.string() }).optional(),
    template: z.looseObject({ metadata: z.looseObject({ labels, annotations: labels.default({}) }), spec: podSpec }),
  }),
});
export type Workload = z.infer<typeof workload>;
export type Labels = z.infer<typeof labels>;

const job = z.looseObject({
  activeDeadlineSeconds: z.number(),
  template: z.looseObject({ metadata: z.looseObject({ labels, annotations: labels.default({}) }), spec: jobPodSpec }),
});

/** A Job's pods, in the form of a Deployment's. */
const asWorkload = (metadata: { name: string }, { template }: z.infer<typeof job>): Workload => {
  const { initContainers: _, ...pod } = template.spec;
  const selector = { matchLabels: template.metadata.labels };
  return { metadata, spec: { replicas: 1, selector, template: { ...template, spec: pod } } };
};
const named = z.looseObject({ name: z.string() });
/** The template of a Job that is there cannot be changed, so the next version's Job needs its place. */
const oneJob = z
  .looseObject({ metadata: named, spec: job.extend({ ttlSecondsAfterFinished: z.number().max(300) }) })
  .transform(({ metadata, spec }) => asWorkload(metadata, spec));
const cronJob = z
  .looseObject({
    metadata: named,
    spec: z.looseObject({
      schedule: z.string(),
      concurrencyPolicy: z.literal('Forbid'),
      jobTemplate: z.looseObject({ spec: job }),
    }),
  })
  .transform(({ metadata, spec: { jobTemplate } }) => asWorkload(metadata, jobTemplate.spec));

/** Deployments, StatefulSets, Jobs and CronJobs; a workload that is not hardened is reported, and left out. */
export function workloadsOf(cluster: Cluster): { workloads: Workload[]; problems: string[] } {
  const kinds = { Deployment: workload, StatefulSet: workload, Job: oneJob, CronJob: cronJob };
  const read = Object.entries(cluster).flatMap(([id, tree]) => {
    const schema = Object.entries(kinds).find(([kind]) => id.startsWith(`${kind}/`))?.[1];
    return schema ? [{ id, parsed: schema.safeParse(tree) }] : [];
  });
  return {
    workloads: read.flatMap(({ parsed }) => parsed.data ?? []),
    problems: read.flatMap(({ id, parsed }) => issuesOf(id, parsed.error)),
  };
}

export const podLabels = ({ spec }: Workload): Labels => spec.template.metadata.labels;
export const selects = (selector: Labels, found: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => found[name] === value);
export const portsOf = ({ spec }: Workload) => spec.template.spec.containers[0].ports;
