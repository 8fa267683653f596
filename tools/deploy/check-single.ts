import { serviceArgs } from '@leadstream/testing/child';
import { apps } from './environment.ts';
import type { Manifests } from './manifests.ts';
import { workloadsOf } from './pods.ts';

/** The pod of all services takes what each of them takes, and replaces them. */
export function singleProblems({ base, single }: Manifests): string[] {
  const { workloads, problems } = workloadsOf(single);
  const all = workloads.find(({ metadata }) => metadata.name === 'all')?.spec.template.spec.containers[0];
  if (!all) return ['no Deployment all', ...problems];
  const taken = new Set(all.env.map(({ name }) => name));
  const services = workloadsOf(base).workloads.filter(({ metadata }) => apps.some((app) => app === metadata.name));
  const needed = new Set(services.flatMap(({ spec }) => spec.template.spec.containers[0].env.map(({ name }) => name)));
  return [
    ...problems,
    ...[...needed].filter((name) => !taken.has(name)).map((name) => `all: has no ${name}`),
    ...[...taken].filter((name) => !needed.has(name)).map((name) => `all: ${name} is read by no service`),
    ...(all.args.join(' ') === serviceArgs('all').join(' ') ? [] : [`all: runs ${all.args.join(' ')}`]),
    ...apps.filter((app) => single[`Deployment/${app}`]).map((app) => `all: ${app} runs beside it`),
  ];
}
