import { MONGOD_ARGS } from '@leadstream/testing/servers';
import { mongoUsers } from '@leadstream/service/rights/mongo';
import { z } from 'zod';
import type { Cluster } from './kustomize.ts';
import type { Manifests } from './manifests.ts';
import { variable, workloadsOf } from './pods.ts';

const pod = z.looseObject({
  containers: z.tuple([
    z.looseObject({
      args: z.array(z.string()).default([]),
      env: z.array(variable).default([]),
      volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
    }),
  ]),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        secret: z
          .looseObject({
            secretName: z.string(),
            items: z.array(z.strictObject({ key: z.string(), path: z.string() })).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});
type Pod = z.infer<typeof pod>;

const SECRET = 'mongodb-users';
const JOB = `Job/${SECRET}`;
const TLS = ['--tlsMode requireTLS', '--tlsCertificateKeyFile /run/tls/', '--tlsCAFile /run/tls/'];

/** With k8s/components/users each process uses its own user of MongoDB by TLS, and none has another's password. */
export function usersProblems({ users, usersOfSingle }: Manifests): string[] {
  return [users, usersOfSingle].flatMap((cluster) => {
    const pods = podsOf(cluster);
    const mongod = pods.get('StatefulSet/mongodb')?.containers[0].args.join(' ') ?? '';
    return [
      ...workloadsOf(jobsOf(cluster)).problems,
      ...[...TLS, MONGOD_ARGS.join(' ')]
        .filter((wanted) => !mongod.includes(wanted))
        .map((wanted) => `mongodb: is started without ${wanted}`),
      ...(pods.has(JOB) ? [] : [`no ${JOB} creates the users of MongoDB`]),
      ...[...pods].filter(([id]) => id !== JOB).flatMap(([id, each]) => userProblems(cluster, id, each)),
    ];
  });
}

/** No other folder that is checked has a Job. */
const jobsOf = (cluster: Cluster): Cluster =>
  Object.fromEntries(Object.entries(cluster).filter(([id]) => id.startsWith('Job/')));

/** The pods' specs by the object that makes them. */
const podsOf = (cluster: Cluster): Map<string, Pod> =>
  new Map(
    Object.entries(cluster).flatMap(([id, tree]): [string, Pod][] => {
      const found = specIn(tree);
      return found ? [[id, found]] : [];
    }),
  );

function specIn(tree: unknown): Pod | undefined {
  if (typeof tree !== 'object' || tree === null) return undefined;
  return (
    pod.safeParse(tree).data ??
    Object.values(tree).reduce<Pod | undefined>((found, each) => found ?? specIn(each), undefined)
  );
}

function userProblems(cluster: Cluster, id: string, { containers: [{ env, volumeMounts }], volumes }: Pod): string[] {
  const settings = (cluster['ConfigMap/leadstream']?.['data'] ?? {}) as Record<string, string>;
  const byName = new Map(env.map((each) => [each.name, each]));
  const mounted = volumes.filter(({ secret }) => secret?.secretName === SECRET);
  const keys = mounted.flatMap(({ secret }) => secret?.items?.map(({ key }) => key) ?? ['all passwords']);
  const isAdministrator = env.some(({ valueFrom }) => valueFrom?.secretKeyRef?.key === 'MONGODB_ROOT_PASSWORD');
  const problems = isAdministrator && id !== 'StatefulSet/mongodb' ? [`${id}: has the administrator’s password`] : [];
  if (!byName.has('MONGODB_URI'))
    return [...problems, ...keys.map((key) => `${id}: is given ${key} without MONGODB_URI`)];
  const user = byName.get('MONGODB_USER');
  const [name = ''] = user?.value === undefined ? [id.replace(/^Deployment\//, '')] : [user.value];
  const path = settings['MONGODB_PASSWORD_FILE'] ?? '';
  const file = volumeMounts.find((each) => each.name === mounted[0]?.name && path.startsWith(`${each.mountPath}/`));
  const item = mounted[0]?.secret?.items?.[0];
  return [
    ...problems,
    ...(user && mongoUsers.has(name) ? [] : [`${id}: ${name} is no user of MongoDB`]),
    ...(keys.join() === name
      ? []
      : [`${id}: is given the passwords of ${keys.join(', ') || 'nobody'}, and is ${name}`]),
    ...(file && path === `${file.mountPath}/${item?.path}`
      ? []
      : [`${id}: no password is at ${path || 'MONGODB_PASSWORD_FILE'}`]),
    ...['MONGODB_PASSWORD_FILE', 'MONGODB_CA']
      .filter((key) => byName.get(key)?.valueFrom?.configMapKeyRef?.key !== key || !settings[key])
      .map((key) => `${id}: has no ${key}`),
  ];
}
