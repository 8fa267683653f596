import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHART } from '../../tools/deploy/chart/files.ts';
import { render, type Cluster } from '../../tools/deploy/kustomize.ts';
import { EXAMPLE, RULES, SAME, type Rule, type Same } from './cases.ts';
import { differences, objectsOf } from './compare.ts';
import { writeOverlay } from './overlay.ts';
import { refusedPods } from './pod-security.ts';
import { podsOf, type Pod } from './pods.ts';
import { writeSchemas } from './schemas.ts';
import { onPath, ran, skip, tool } from './tools.ts';

/**
 * `npm run test:chart`: helm's lint, the chart's objects beside those of k8s/, what its values do, every rendering by
 * kubeconform against the kinds of Kubernetes and of the operators (`--no-schemas`: without), and each Pod by
 * Kubernetes' own Pod Security.
 */
const problems: string[] = [];
const pods: Pod[] = [];
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const [helm, kubeconform, kubectl] = [await tool('helm'), await tool('kubeconform'), onPath('kubectl')];
if (!helm) skip('test:chart', 'neither helm nor go is on PATH');
const scratch = mkdtempSync(join(tmpdir(), 'leadstream-chart-'));
mkdirSync(join(scratch, 'rendered'));
const KUBE = ['--kube-version', '1.37.0'];

try {
  const lint = await ran(helm, ['lint', '--strict', CHART, ...KUBE]);
  if (!lint.ok) problems.push(lint.out);
  for (const [index, each] of SAME.entries()) problems.push(...(await same(helm, each, index)));
  problems.push(...(await sameExample(helm)));
  say(`${SAME.length + 1} renderings are the objects of k8s/${kubectl ? ', by kubectl kustomize too' : ''}`);
  for (const each of RULES) problems.push(...(await rule(helm, each)));
  say(`${RULES.length} rules of the values`);
  judgePods();
  if (kubeconform && onPath('go') && !process.argv.includes('--no-schemas')) {
    await writeSchemas(join(scratch, 'schemas'));
    const place = join(scratch, 'schemas', '{{.ResourceKind}}_{{.Group}}_{{.ResourceAPIVersion}}.json');
    const checked = await ran(kubeconform, ['-summary', '-schema-location', place, join(scratch, 'rendered')]);
    say(checked.out.trim().split('\n').at(-1) ?? '');
    if (!checked.ok) problems.push(checked.out);
  } else say('kubeconform: skipped');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) say(`PROBLEM ${problem}`);
say(problems.length === 0 ? 'test:chart: passed' : `test:chart: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Each Pod of the renderings, and of the folder for development. */
function judgePods(): void {
  if (!onPath('go')) return say('Pod Security: skipped: go is not on PATH');
  pods.push(...podsOf(Object.values(render('k8s/overlays/dev'))));
  const refused = refusedPods(pods, scratch);
  say(`${pods.length - refused.length} of ${pods.length} Pods are restricted ones to Kubernetes’ Pod Security`);
  problems.push(...new Set(refused));
}

function rendered(program: string, values: string[], ...more: string[]) {
  const set = values.flatMap((each) => ['--set', each]);
  return ran(program, ['template', 'leadstream', CHART, '--namespace', 'leadstream', ...KUBE, ...set, ...more]);
}

async function sameExample(program: string): Promise<string[]> {
  const { ok, out } = await rendered(program, [], '-f', EXAMPLE.values);
  if (!ok) return [`${EXAMPLE.values}: ${out}`];
  writeFileSync(join(scratch, 'rendered', 'example.yaml'), out);
  const chart = objectsOf(out);
  pods.push(...podsOf(Object.values(chart)));
  return differences(chart, render(EXAMPLE.overlay)).map((line) => `${EXAMPLE.values}: ${line}`);
}

async function same(program: string, each: Same, index: number): Promise<string[]> {
  const { title, values, resources, components } = each;
  const { ok, out } = await rendered(program, values);
  if (!ok) return [`${title}: ${out}`];
  writeFileSync(join(scratch, 'rendered', `${index}.yaml`), out);
  const chart = objectsOf(out);
  pods.push(...podsOf(Object.values(chart)));
  const base = render('k8s/base', ...components.map((name) => join('k8s', name)));
  const ours = resources.reduce<Cluster>((all, name) => ({ ...all, ...render(join('k8s', name)) }), base);
  const theirs = kubectl ? await built(kubectl, each) : ours;
  return [...differences(chart, ours), ...differences(chart, theirs)].map((line) => `${title}: ${line}`);
}

/** The same folders by kustomize itself, from an overlay that lists them. */
async function built(program: string, { resources, components }: Same): Promise<Cluster> {
  const overlay = writeOverlay(join(mkdtempSync(join(scratch, 'overlay-')), 'overlay'), {
    resources: ['base', ...resources],
    components,
  });
  const { ok, out } = await ran(program, ['kustomize', overlay]);
  if (!ok) throw new Error(out);
  return objectsOf(out);
}

async function rule(program: string, { title, values, strings = [], has, hasNot, refused }: Rule): Promise<string[]> {
  const { ok, out } = await rendered(program, values, ...strings.flatMap((each) => ['--set-string', each]));
  if (refused) return !ok && refused.test(out) ? [] : [`${title}: ${ok ? 'is rendered' : out}`];
  if (!ok) return [`${title}: ${out}`];
  return [
    ...(!has || has.test(out) ? [] : [`${title}: nothing is like ${has.source}`]),
    ...(!hasNot?.test(out) ? [] : [`${title}: something is like ${hasNot.source}`]),
  ];
}
