import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startSandbox } from '@leadstream/sandbox-esp/sandbox';
import { serverBinary } from '@leadstream/testing/servers-binary';
import { onPath, skip, tool } from '../chart/tools.ts';
import { hasPodman, podman } from '../image/podman.ts';
import { BASE_IMAGE, libraries, makeStandIns, NODE_IMAGE } from '../image/stand-in.ts';
import { blocksOf, scriptOf, WAYS, type Way } from './document.ts';

/**
 * `npm run test:deploy` runs the commands of docs/deploy.md as they stand there, from nothing to a lead that is mailed
 * and a proof of the log, with users and TLS on: once with kustomize, and once with Helm (`-- helm`: this one alone).
 * Podman's containers are the pods, by the manifests' own variables, files and arguments; kubectl, docker,
 * cert-manager, the provider and the part of helm that talks to a cluster have stand-ins. `LEADSTREAM_TEST_IMAGE` names
 * an image that is there already, in place of a build.
 */
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const kubectl = onPath('kubectl');
if (!hasPodman() || !kubectl) skip('test:deploy', `${kubectl ? 'podman' : 'kubectl'} is not on PATH`);
const ways = WAYS.filter((way) => process.argv[2] === undefined || process.argv[2] === way);
const helm = ways.includes('helm') ? await tool('helm') : undefined;
if (ways.includes('helm') && !helm) skip('test:deploy', 'neither helm nor go is on PATH');
const root = resolve('.');
const network = `leadstream-deploy-${process.pid}`;
const subnet = `10.${100 + (process.pid % 100)}.77`;
let image = process.env['LEADSTREAM_TEST_IMAGE'];
const BUILT = 'localhost/leadstream-test/deploy';
const images = {
  leadstream: image ?? BUILT,
  'registry.example.com/leadstream': image ?? BUILT,
  nats: 'localhost/leadstream-test/nats-server',
  mongo: 'localhost/leadstream-test/mongod',
};

{
  await using opened = new AsyncDisposableStack();
  const scratch = scratchOf(opened);
  if (!image) await makeStandIns(scratch);
  await server(scratch, 'nats-server', images.nats);
  await server(scratch, 'mongod', images.mongo);
}
let code = ways.length === 0 ? 1 : 0;
for (const way of ways) {
  if (code === 0) code = await proved(way);
  say(code === 0 ? `test:deploy: passed with ${way}` : `test:deploy: ${way}: exit code ${code}`);
  image ??= BUILT;
}
process.exit(code);

function scratchOf(opened: AsyncDisposableStack): string {
  const scratch = mkdtempSync(join(tmpdir(), 'leadstream-deploy-'));
  opened.defer(() => rmSync(scratch, { recursive: true, force: true }));
  return scratch;
}

async function proved(way: Way): Promise<number> {
  const ended = { code: 1 };
  await using opened = new AsyncDisposableStack();
  const scratch = scratchOf(opened);
  await podman('network', 'create', '--subnet', `${subnet}.0/24`, network);
  opened.defer(() => removeAll(ended.code));
  const sandbox = await startSandbox({ host: '0.0.0.0' });
  opened.defer(() => sandbox.close());
  const mailed = createServer((_, answer) => {
    const isThere = JSON.stringify(sandbox.messages()).includes('jane@example.com');
    answer.writeHead(isThere ? 200 : 503).end();
  }).listen(0, '127.0.0.1');
  opened.defer(() => void mailed.close());
  await once(mailed, 'listening');
  const { port } = mailed.address() as { port: number };
  ended.code = await shell(scratch, way, {
    MAILED: `http://127.0.0.1:${port}`,
    SITE: JSON.stringify({
      SENDGRID_BASE_URL: `http://${subnet}.1:${sandbox.port}`,
      SENDGRID_EVENT_PUBLIC_KEYS: sandbox.publicKey,
      DELAY_SCALE: '0.00005',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
    }),
  });
  say(`mails: ${sandbox.messages().length}`);
  return ended.code;
}

/** An image of a server's program and its libraries, which stands for the official one. */
async function server(scratch: string, name: 'nats-server' | 'mongod', tag: string): Promise<void> {
  const dir = join(scratch, name);
  const binary = await serverBinary(name);
  // Go's is linked with nothing.
  if (name === 'mongod') libraries([binary], dir, () => true);
  mkdirSync(join(dir, 'usr/local/bin'), { recursive: true });
  cpSync(binary, join(dir, 'usr/local/bin', name));
  const entry = name === 'nats-server' ? `ENTRYPOINT ["/usr/local/bin/${name}"]\n` : '';
  writeFileSync(`${dir}.Dockerfile`, `FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin\n${entry}`);
  await podman('build', '--quiet', '--tag', tag, '--file', `${dir}.Dockerfile`, dir);
}

/** The repository by links, with a k8s/ of its own that the commands may change. */
function checkout(scratch: string): string {
  const work = join(scratch, 'work');
  mkdirSync(work);
  for (const name of readdirSync(root)) if (name !== 'k8s') symlinkSync(join(root, name), join(work, name));
  cpSync(join(root, 'k8s'), join(work, 'k8s'), { recursive: true });
  return work;
}

/** The commands in one shell, with the stand-ins first on its PATH. */
async function shell(scratch: string, way: Way, env: Record<string, string>): Promise<number> {
  const work = checkout(scratch);
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  const node = `${process.execPath} --conditions=@leadstream/source`;
  program('kubectl', `exec ${node} ${root}/tests/deploy/kubectl.ts "$@"`);
  program(
    'docker',
    `[ "$1" != build ] || [ -n "${image ?? ''}" ] || { cd ${root}; exec podman build --network=host ` +
      `--isolation=chroot --build-arg=NODE_IMAGE=${NODE_IMAGE} --build-arg=BASE_IMAGE=${BASE_IMAGE} ` +
      `--tag=${images.leadstream} .; }`,
  );
  // `helm install` renders as `helm template` does, which asks no cluster.
  program(
    'helm',
    `[ "$1" = install ] || exit 64; shift; ${helm} template "$@" --kube-version 1.37.0 > rendered.yaml && kubectl ` +
      'apply -f rendered.yaml',
  );
  const script = join(scratch, 'commands.sh');
  const blocks = blocksOf(readFileSync('docs/deploy.md', 'utf8'));
  writeFileSync(script, scriptOf(blocks, `${node} ${root}/tests/deploy/site.ts`, way));
  const child = spawn('bash', [script], {
    cwd: work,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...env,
      PATH: `${bin}:${process.env['PATH']}`,
      KUBECTL: kubectl,
      DEPLOY_PLACE: JSON.stringify({ dir: scratch, subnet, network, images }),
      SENDGRID_API_KEY: 'SG.of-the-test',
    },
  });
  return new Promise((done) => child.once('close', (exit) => done(exit ?? 1)));

  function program(name: string, text: string): void {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}

async function removeAll(code: number): Promise<void> {
  const ids = (await podman('ps', '--all', '--quiet', '--filter', `name=^${network}-`)).split('\n').filter(Boolean);
  if (process.env['LEADSTREAM_TEST_LOGS'] !== undefined || code !== 0)
    for (const id of ids) {
      const name = (await podman('inspect', '--format', '{{.Name}} {{.State.ExitCode}}', id)).trim();
      say(`--- ${name}\n${await podman('logs', '--tail', '6', id).catch(String)}`);
    }
  if (ids.length > 0) await podman('rm', '--force', '--time', '0', ...ids);
  await podman('network', 'rm', network);
}
