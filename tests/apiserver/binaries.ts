import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CACHE, moduleFolder, onPath } from '../chart/tools.ts';
import { KUBERNETES } from '../chart/schemas.ts';

const execute = promisify(execFile);

/** The main packages; the module of kube-apiserver requires the etcd that it was tested with. */
const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
} as const;
type Name = keyof typeof PACKAGES;
const NAMES = Object.keys(PACKAGES) as Name[];
export type Binaries = Record<Name, string>;

/** From `KUBEBUILDER_ASSETS` (envtest's folder), PATH, an earlier build, or a build by Go; undefined without these. */
export async function binaries(): Promise<Binaries | undefined> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const found = NAMES.map((name) => (assets ? join(assets, name) : onPath(name)));
  if (found.some((path) => path === undefined)) {
    if (!onPath('go')) return undefined;
    await build();
  }
  return Object.fromEntries(NAMES.map((name, index) => [name, found[index] ?? join(CACHE, name)])) as Binaries;
}

/**
 * `go install` refuses a module whose go.mod replaces others by its own folders, as that of Kubernetes does. So this
 * writes a module that takes those folders' published versions, and every other version and sum as Kubernetes has them.
 */
async function build(): Promise<void> {
  const [path = '', version = ''] = KUBERNETES.split('@');
  const folder = await moduleFolder(KUBERNETES);
  const published = version.replace(/^v1\./, 'v0.');
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-kubernetes-'));
  try {
    const theirs = await readFile(join(folder, 'go.mod'), 'utf8');
    const ours = theirs
      .replace(/^module .*$/m, 'module leadstream-kubernetes')
      .replaceAll(/=> \.\/staging\/src\/(\S+)/g, `=> $1 ${published}`);
    await writeFile(join(dir, 'go.mod'), ours);
    await writeFile(join(dir, 'go.sum'), await readFile(join(folder, 'go.sum')));
    await execute('go', ['mod', 'edit', `-require=${path}@${version}`], { cwd: dir });
    // Helm compares the server's version with the chart's.
    const [major, minor] = version.slice(1).split('.');
    const stamp = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor })
      .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
      .join(' ');
    await mkdir(CACHE, { recursive: true });
    for (const name of NAMES) {
      const output = join(CACHE, name);
      await execute('go', ['build', '-mod=mod', `-ldflags=-s -w ${stamp}`, '-o', output, PACKAGES[name]], { cwd: dir });
      await chmod(output, 0o755);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
