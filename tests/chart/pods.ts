import { z } from 'zod';

const template = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).optional() }).optional(),
  spec: z.looseObject({ containers: z.array(z.unknown()), volumes: z.array(z.unknown()).nullish() }),
});
const workload = z.looseObject({
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    template: template.optional(),
    jobTemplate: z.looseObject({ spec: z.looseObject({ template }) }).optional(),
    volumeClaimTemplates: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).default([]),
  }),
});

export interface Pod {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: { name: string; labels?: Record<string, string> | undefined };
  spec: object;
}

/** The Pods that the controllers create of these objects: Pod Security refuses a Pod, and only warns of a template. */
export const podsOf = (objects: readonly unknown[]): Pod[] =>
  objects.flatMap((object) => {
    const { data } = workload.safeParse(object);
    if (!data) return [];
    const { kind, metadata, spec } = data;
    const of = spec.template ?? spec.jobTemplate?.spec.template;
    if (!of) throw new Error(`${kind} ${metadata.name} has no template of Pods`);
    const claims = spec.volumeClaimTemplates.map(({ metadata: { name } }) => ({
      name,
      persistentVolumeClaim: { claimName: `${name}-${metadata.name}-0` },
    }));
    return [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${kind.toLowerCase()}-${metadata.name}`, labels: of.metadata?.labels },
        spec: { ...of.spec, volumes: [...(of.spec.volumes ?? []), ...claims] },
      },
    ];
  });
