import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHART } from '../../tools/deploy/chart/files.ts';
import { podsOf } from '../chart/pods.ts';
import { operatorKinds } from '../chart/schemas.ts';
import type { Answer, Program } from './cluster.ts';
import { PLANTED } from './planted.ts';

const RESTRICTED = Object.fromEntries(
  ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
);
const ON_SERVER = ['--server-side', '--dry-run=server'];

/** The refusals and warnings of one API server. */
export class Proof {
  readonly problems: string[] = [];
  objects = 0;
  pods = 0;
  private readonly kubectl: Program;
  private readonly helm: Program;
  private readonly dir: string;

  constructor(programs: { kubectl: Program; helm: Program }, dir: string) {
    this.kubectl = programs.kubectl;
    this.helm = programs.helm;
    this.dir = dir;
  }

  /** The kinds of the operators. */
  async kinds(): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: await operatorKinds() };
    const path = this.file('kinds.json', JSON.stringify(list));
    this.must('CRDs', await this.kubectl('apply', '--server-side', '-f', path));
    this.must('CRDs', await this.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=2m'));
  }

  async planted(): Promise<void> {
    await this.namespace('planted');
    for (const { title, problem, object } of PLANTED) {
      const path = this.file('planted.json', JSON.stringify(object));
      const { problems } = await this.kubectl('apply', '-n', 'planted', '--dry-run=server', '-f', path);
      if (!problems.some((line) => problem.test(line))) this.problems.push(`${title} is taken: ${problems.join('; ')}`);
    }
  }

  /** The chart's objects, applied in place of helm, which does not say what it would change. */
  async chart(title: string, namespace: string, flags: readonly string[]): Promise<void> {
    const rendered = await this.helm('template', 'leadstream', CHART, '-n', namespace, '--validate', ...flags);
    this.must(title, rendered);
    await this.takes(title, namespace, ['-n', namespace, '-f', this.file(`${namespace}.yaml`, rendered.out)]);
  }

  /** As docs/deploy.md applies a folder. */
  folder(title: string, namespace: string, folder: string): Promise<void> {
    return this.takes(title, namespace, ['-k', folder]);
  }

  private async takes(title: string, namespace: string, source: readonly string[]): Promise<void> {
    await this.namespace(namespace);
    this.must(`${title}, in a dry run`, await this.kubectl('apply', ...ON_SERVER, ...source));
    const applied = await this.kubectl('apply', '-o', 'name', ...source);
    this.must(title, applied);
    this.objects += applied.out.split('\n').filter(Boolean).length;
    const pods = podsOf(await this.stored(namespace));
    if (pods.length === 0) this.problems.push(`${title}: no Pod comes of it`);
    const list = { apiVersion: 'v1', kind: 'List', items: pods };
    const path = this.file('pods.json', JSON.stringify(list));
    this.must(`${title}, its Pods`, await this.kubectl('create', '-n', namespace, '--dry-run=server', '-f', path));
    this.pods += pods.length;
  }

  private async stored(namespace: string): Promise<unknown[]> {
    const kinds = 'deployments,statefulsets,daemonsets,jobs,cronjobs';
    const { out } = await this.kubectl('-n', namespace, 'get', kinds, '-o', 'json');
    return (JSON.parse(out) as { items: unknown[] }).items;
  }

  /** A release's life. Its Jobs of hooks are left out: nothing would run them. */
  async release(first: readonly string[], second: readonly string[]): Promise<void> {
    await this.namespace('release');
    const [name, ...more] = ['leadstream', '-n', 'release', '--no-hooks'];
    this.must('helm install', await this.helm('install', name ?? '', CHART, ...more, ...first));
    this.must('helm upgrade', await this.helm('upgrade', name ?? '', CHART, ...more, ...second));
    this.must('helm rollback', await this.helm('rollback', name ?? '', '1', ...more));
    this.must('helm uninstall', await this.helm('uninstall', name ?? '', ...more));
    const { out } = await this.kubectl('-n', 'release', 'get', 'deployments,services,configmaps', '-o', 'name');
    const left = out.split('\n').filter((line) => line && line !== 'configmap/kube-root-ca.crt');
    this.problems.push(...left.map((line) => `helm uninstall leaves ${line}`));
  }

  private async namespace(name: string): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: RESTRICTED } };
    this.must(name, await this.kubectl('create', '-f', this.file('namespace.json', JSON.stringify(namespace))));
    // A controller's work: without this account a Pod that names none is refused.
    this.must(name, await this.kubectl('create', 'serviceaccount', 'default', '-n', name));
  }

  private must(title: string, { problems }: Answer): void {
    this.problems.push(...problems.map((line) => `${title}: ${line}`));
  }

  private file(name: string, content: string): string {
    writeFileSync(join(this.dir, name), content);
    return join(this.dir, name);
  }
}
