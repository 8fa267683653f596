import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLE, SAME } from '../chart/cases.ts';
import { writeOverlay } from '../chart/overlay.ts';
import { onPath, skip, tool } from '../chart/tools.ts';
import { binaries, type Binaries } from './binaries.ts';
import { at } from './cluster.ts';
import { Proof } from './proof.ts';
import { startApiServer } from './server.ts';

/**
 * `npm run test:apiserver`: a kube-apiserver with the operators' kinds takes each rendering of the chart and of k8s/,
 * in a dry run and then stored, and each Pod of them, in namespaces that enforce the restricted Pod Security: without a
 * refusal or a warning. Then helm installs, upgrades and removes a release. No controller runs, so no Pod starts.
 */
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const [kubectl, helm] = [onPath('kubectl'), await tool('helm')];
if (!kubectl || !helm) skip('test:apiserver', `${kubectl ? 'helm' : 'kubectl'} is not on PATH`);
const programs = await binaries();
if (!programs) skip('test:apiserver', 'kube-apiserver and etcd are not on PATH, and go is not there to build them');

const { problems, objects, pods } = await proved(programs, kubectl, helm);
for (const problem of problems) say(`PROBLEM ${problem}`);
say(`${objects} objects and ${pods} Pods were sent`);
say(`test:apiserver: ${problems.length === 0 ? 'passed' : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function proved(servers: Binaries, kubectl: string, helm: string): Promise<Proof> {
  await using started = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'leadstream-apiserver-'));
  started.defer(() => rmSync(dir, { recursive: true, force: true }));
  process.env['KUBECACHEDIR'] = join(dir, 'discovery');
  const kubeconfig = await startApiServer(servers, kubectl, dir, started);
  const proof = new Proof({ kubectl: at(kubeconfig, kubectl), helm: at(kubeconfig, helm) }, dir);
  await proof.kinds();
  await proof.planted();
  for (const [index, { title, values, resources, components }] of SAME.entries()) {
    const set = values.flatMap((each) => ['--set', each]);
    await proof.chart(`${title}, by the chart`, `chart-${index}`, set);
    const parts = { resources: ['base', ...resources], components, namespace: `folder-${index}` };
    await proof.folder(title, parts.namespace, writeOverlay(join(dir, parts.namespace), parts));
    say(title);
  }
  await proof.chart(EXAMPLE.values, 'chart-example', ['-f', EXAMPLE.values]);
  for (const name of ['example', 'dev']) {
    const parts = { resources: [`overlays/${name}`], components: [], namespace: `overlay-${name}` };
    await proof.folder(`k8s/overlays/${name}`, parts.namespace, writeOverlay(join(dir, parts.namespace), parts));
  }
  await proof.release(
    ['-f', EXAMPLE.values],
    ['--set', 'monitoring.enabled=true,keda.enabled=true,users.enabled=true'],
  );
  return proof;
}
