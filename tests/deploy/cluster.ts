import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { podman } from '../image/podman.ts';
import { Authority } from '../privileges/certificates.ts';
import { environmentOf, mountsOf, template, type Template } from './pod.ts';
import type { Obj, Store } from './store.ts';

/** Podman's own limits may be above those of the user who runs it. */
const LIMITS = ['--ulimit=nofile=4096:4096', '--ulimit=nproc=4096:4096'];
const HARDENED = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges'];

const statefulSet = z.looseObject({ spec: z.looseObject({ replicas: z.number(), template }) });
const deployment = z.looseObject({ spec: z.looseObject({ template }) });
const job = z.looseObject({ spec: z.looseObject({ template }) });
const certificate = z.looseObject({
  spec: z.looseObject({ secretName: z.string(), dnsNames: z.array(z.string()).optional() }),
});

export interface Place {
  dir: string;
  /** The first three numbers of the network's addresses. */
  subnet: string;
  network: string;
  /** The images that stand for those of the manifests, by their names. */
  images: Record<string, string>;
}

const ADDRESSES: Record<string, number> = { 'nats-0': 11, 'nats-1': 12, 'nats-2': 13, 'mongodb-0': 20 };
const PODS = [
  'operator',
  'ingest',
  'inbound',
  'triage',
  'scheduler',
  'sender',
  'projector',
  'webhooks',
  'crm',
  'watch',
  'console',
];

/** What controllers and kubelets do with applied objects, with a container for each pod: one pod a Deployment. */
export class Cluster {
  readonly #store: Store;
  readonly #place: Place;

  constructor(store: Store, place: Place) {
    this.#store = store;
    this.#place = place;
  }

  addressOf(pod: string): string {
    const at = PODS.indexOf(pod);
    // Of a Job: the place of its name among all.
    const other = 60 + Object.keys(this.#store.all()).toSorted().indexOf(`Job/${pod}`);
    return `${this.#place.subnet}.${ADDRESSES[pod] ?? (at < 0 ? other : 30 + at)}`;
  }

  async reconcile(objects: readonly Obj[]): Promise<void> {
    const of = (kind: string) => objects.filter((each) => each.kind === kind);
    await this.#issue(of('Certificate'));
    for (const each of of('StatefulSet')) {
      const { spec } = statefulSet.parse(each);
      for (let index = 0; index < spec.replicas; index++)
        await this.#run(`${each.metadata.name}-${index}`, spec.template);
      if (each.metadata.name === 'mongodb') await this.#administrator(spec.template);
    }
    for (const each of of('Deployment')) await this.#run(each.metadata.name, deployment.parse(each).spec.template);
    for (const each of of('Job')) await this.#run(each.metadata.name, job.parse(each).spec.template, 'on-failure:6');
  }

  name(pod: string): string {
    return `${this.#place.network}-${pod}`;
  }

  async #run(pod: string, given: Template, restart = 'on-failure'): Promise<void> {
    const dir = join(this.#place.dir, 'pods', pod);
    mkdirSync(dir, { recursive: true });
    const { securityContext: user, containers } = given.spec;
    const [{ image, args, resources }] = containers;
    const env = { ...environmentOf(this.#store, pod, given), ...(image.startsWith('mongo:') ? { HOME: '/tmp' } : {}) };
    writeFileSync(
      join(dir, 'env'),
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
      { mode: 0o600 },
    );
    const isMongo = image.startsWith('mongo:');
    await podman(
      'run',
      '--detach',
      `--name=${this.name(pod)}`,
      `--restart=${restart}`,
      `--network=${this.#place.network}`,
      `--ip=${this.addressOf(pod)}`,
      ...this.#hosts(),
      ...HARDENED,
      ...LIMITS,
      `--user=${user.runAsUser}:${user.runAsGroup}`,
      `--memory=${resources.limits.memory.replace('Mi', 'm').replace('Gi', 'g')}`,
      `--env-file=${join(dir, 'env')}`,
      ...mountsOf(this.#store, dir, given),
      this.#imageOf(image),
      ...args,
      // What the image's own entrypoint adds.
      ...(isMongo ? ['--auth', '--bind_ip_all', '--dbpath', '/data/db'] : []),
    );
  }

  #imageOf(image: string): string {
    const [name = ''] = image.split(':');
    return this.#place.images[name] ?? image;
  }

  #hosts(): string[] {
    const names: Record<string, string> = { nats: 'nats-0', mongodb: 'mongodb-0' };
    for (const pod of Object.keys(ADDRESSES)) names[`${pod}.${pod.replace(/-\d$/, '')}`] = pod;
    return Object.entries(names).map(([host, pod]) => `--add-host=${host}:${this.addressOf(pod)}`);
  }

  /** cert-manager's part. */
  async #issue(certificates: readonly Obj[]): Promise<void> {
    if (certificates.length === 0) return;
    const dir = join(this.#place.dir, 'certificates');
    mkdirSync(dir, { recursive: true });
    const authority = await Authority.create(dir, 'leadstream-ca');
    for (const each of certificates) {
      const { secretName, dnsNames } = certificate.parse(each).spec;
      if (!dnsNames) continue;
      const { ca, cert, key, both } = await authority.issue(
        secretName,
        dnsNames.map((name) => `DNS:${name}`),
      );
      const files = { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key, 'tls-combined.pem': both };
      const stringData = Object.fromEntries(
        Object.entries(files).map(([name, path]) => [name, readFileSync(path, 'utf8')]),
      );
      this.#store.put([{ kind: 'Secret', metadata: { name: secretName }, stringData }]);
    }
  }

  /** The part of mongo's entrypoint that makes the administrator, by the exception for the first user. */
  async #administrator(given: Template): Promise<void> {
    const env = environmentOf(this.#store, 'mongodb-0', given);
    const isTls = given.spec.containers[0].args.includes('--tlsMode');
    const script = `
      import { MongoClient } from 'mongodb';
      const tls = ${isTls} ? { tls: true, tlsCAFile: '/run/tls/ca.crt', tlsAllowInvalidHostnames: true } : {};
      const options = { ...tls, directConnection: true, serverSelectionTimeoutMS: 1000 };
      for (;;) try {
        const client = new MongoClient('mongodb://localhost', options);
        await client.connect();
        const { MONGO_INITDB_ROOT_USERNAME: createUser, MONGO_INITDB_ROOT_PASSWORD: pwd } = process.env;
        await client.db('admin').command({ createUser, pwd, roles: ['root'] });
        process.exit(0);
      } catch (error) {
        if (!/ECONNREFUSED/.test(String(error))) throw error;
      }`;
    const login = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
    const tls = join(this.#place.dir, 'pods', 'mongodb-0', 'tls');
    await podman(
      'run',
      '--rm',
      `--network=container:${this.name('mongodb-0')}`,
      ...LIMITS,
      ...login,
      `--volume=${tls}:/run/tls:ro`,
      this.#imageOf('leadstream:'),
      '--input-type=module',
      '-e',
      script,
    );
  }
}
