import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { podman } from '../image/podman.ts';
import { Cluster, type Place } from './cluster.ts';
import { Store } from './store.ts';

/** A stand-in for kubectl and the cluster behind it, for the commands of docs/deploy.md: `KUBECTL` is the real one. */
const { KUBECTL = '', DEPLOY_PLACE = '' } = process.env;
const place = z
  .object({ dir: z.string(), subnet: z.string(), network: z.string(), images: z.record(z.string(), z.string()) })
  .parse(JSON.parse(DEPLOY_PLACE)) satisfies Place;
const store = new Store(`${place.dir}/objects.json`);
const cluster = new Cluster(store, place);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const real = (...args: string[]): string =>
  execFileSync(KUBECTL, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] });
const objectsOf = (yaml: string): unknown[] =>
  parseAllDocuments(yaml)
    .map((each) => each.toJS() as unknown)
    .filter((each) => each !== null);

async function applied(objects: unknown[]): Promise<void> {
  const put = store.put(objects);
  await cluster.reconcile(put);
  for (const { kind, metadata } of put) say(`${kind.toLowerCase()}/${metadata.name} created`);
}

const portOf = (name: string): number => {
  const { spec } = z
    .looseObject({
      spec: z.looseObject({
        template: z.looseObject({
          spec: z.looseObject({
            containers: z.tuple([z.looseObject({ ports: z.tuple([z.looseObject({ containerPort: z.number() })]) })]),
          }),
        }),
      }),
    })
    .parse(store.get(`Deployment/${name}`));
  return spec.template.spec.containers[0].ports[0].containerPort;
};

const commands: Record<string, (args: string[]) => Promise<void>> = {
  async apply([flag = '', path = '']) {
    await applied(objectsOf(flag === '-k' ? real('kustomize', path) : readFileSync(path, 'utf8')));
  },

  async create(args) {
    const from = args.find((each) => each.startsWith('--from=cronjob/'));
    if (!from) return applied(objectsOf(real('create', ...args, '--dry-run=client', '-o', 'yaml')));
    const { spec } = z
      .looseObject({ spec: z.looseObject({ jobTemplate: z.looseObject({ spec: z.unknown() }) }) })
      .parse(store.get(`CronJob/${from.replace('--from=cronjob/', '')}`));
    await applied([
      { kind: 'Job', metadata: { name: args.findLast((each) => !each.startsWith('-')) }, spec: spec.jobTemplate.spec },
    ]);
  },

  /** `rollout status deployment/sender` */
  async rollout([, target = '']) {
    const name = target.replace(/^\w+\//, '');
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`http://${cluster.addressOf(name)}:${portOf(name)}/readyz`).catch(() => undefined);
      if (answer?.ok) return say(`deployment "${name}" successfully rolled out`);
      if (tries > 600) throw new Error(`error: ${name} is not ready: ${await answer?.text()}`);
      await delay(500);
    }
  },

  async exec([target = '', ...args]) {
    const command = args.slice(args.indexOf('--') + 1);
    say((await podman('exec', cluster.name(target.replace(/^\w+\//, '')), ...command)).trimEnd());
  },

  async wait([condition = '', target = '']) {
    if (condition !== '--for=condition=complete') throw new Error(`error: ${condition}`);
    const code = (await podman('wait', cluster.name(target.replace(/^job\//, '')))).trim();
    if (code !== '0') throw new Error(`error: ${target} ended with ${code}`);
    say(`${target} condition met`);
  },

  async logs([target = '']) {
    say((await podman('logs', cluster.name(target.replace(/^\w+\//, '')))).trimEnd());
  },

  'port-forward'([target = '', port = '']) {
    const host = cluster.addressOf(target.replace(/^\w+\//, ''));
    const server = createServer((socket) => {
      const there = connect(Number(port), host);
      socket.pipe(there).pipe(socket);
      for (const each of [socket, there]) each.on('error', () => void (socket.destroy(), there.destroy()));
    });
    // As long as the test's shell lives.
    return new Promise((_, reject) => server.on('error', reject).listen(Number(port), '127.0.0.1'));
  },
};

const [name = '', ...rest] = process.argv
  .slice(2)
  .join('\n')
  .replace(/^-n\nleadstream\n/, '')
  .split('\n');
const run = commands[name];
if (!run) throw new Error(`the stand-in for kubectl has no ${name}`);
try {
  await run(rest);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
