import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { render } from '../deploy/kustomize.ts';
import { alertGroups } from './alerts.ts';
import { CASES } from './cases.ts';
import { knownSeries, seriesIn } from './names.ts';
import { checkRules, onPath } from './promtool.ts';
import { PREFIX, ruleGroups, RUNBOOK } from './rules.ts';
import { REAL, scaleOf } from './scale.ts';

const labels = z.record(z.string(), z.string());
const podMonitor = z.object({
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    podMetricsEndpoints: z.array(z.object({ port: z.string(), path: z.literal('/metrics') })),
  }),
});
const deployment = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({ containers: z.array(z.object({ ports: z.array(z.object({ name: z.string() })) })) }),
    }),
  }),
});

const rules = ruleGroups(REAL).flatMap(({ rules: all }): { alert?: string; record?: string; expr: string }[] => all);
const names = Object.values(alertGroups(REAL)).flatMap(Object.keys);

describe('the alerts', () => {
  it('have each a section of the runbook, and no section is of another', () => {
    const runbook = readFileSync(join(import.meta.dirname, '../..', RUNBOOK), 'utf8');
    const sections = [...runbook.matchAll(/^### (Leadstream\w+)$/gm)].map(([, name]) => name);
    expect(sections.sort()).toEqual(names.map((name) => PREFIX + name).sort());
  });

  it('are each shown firing and, but for the dead man’s switch, silent', () => {
    expect(Object.keys(CASES).sort()).toEqual([...names].sort());
    const shown = (name: string, firing: boolean) => CASES[name]?.some(({ fires }) => fires.length > 0 === firing);
    expect(names.filter((name) => !shown(name, true))).toEqual([]);
    expect(names.filter((name) => !shown(name, false))).toEqual(['Watchdog']);
  });

  it('ask for series and labels that a service shows, or that a rule records', async () => {
    const known = await knownSeries();
    const unknown = rules.flatMap(({ expr }) =>
      seriesIn(expr).filter(({ name, labels }) => !labels.every((label) => known.get(name)?.has(label) ?? false)),
    );
    expect(unknown).toEqual([]);
    const recorded = rules.flatMap(({ record }) => record ?? []);
    const read = rules.flatMap(({ expr }) => expr.match(/leadstream:\w+:\w+/g) ?? []);
    expect(read.filter((name) => !recorded.includes(name))).toEqual([]);
    expect(read.length).toBeGreaterThan(0);
  });

  it('keep their proportions at another scale', () => {
    const { range, seconds } = scaleOf(6);
    expect([range(5), range(60), range(1.25), seconds(5)]).toEqual(['30s', '6m', '7500ms', 30]);
    expect([REAL.range(5), REAL.range(60), REAL.range(4_320), REAL.range(90)]).toEqual(['5m', '1h', '3d', '90m']);
  });
});

describe('the PodMonitor', () => {
  const root = join(import.meta.dirname, '../../k8s');

  it('finds the metrics of every service', () => {
    const monitor = podMonitor.parse(render(join(root, 'monitoring'))['PodMonitor/leadstream']);
    const [selected = []] = Object.entries(monitor.spec.selector.matchLabels);
    const services = Object.entries(render(join(root, 'base'))).flatMap(([id, resource]) =>
      id.startsWith('Deployment/') ? [deployment.parse(resource).spec.template] : [],
    );
    expect(services.length).toBeGreaterThan(7);
    for (const { metadata, spec } of services) {
      expect(Object.entries(metadata.labels)).toContainEqual(selected);
      const ports = spec.containers.flatMap((container) => container.ports.map(({ name }) => name));
      expect(ports).toEqual(monitor.spec.podMetricsEndpoints.map(({ port }) => port));
    }
  });
});

const promtool = onPath('promtool');
if (!promtool) process.stderr.write('the rules were not run: no promtool on PATH (Debian: the package prometheus)\n');
(promtool ? describe : describe.skip)('promtool', () => {
  it('finds each alert firing and silent where its case says so', async () => {
    await checkRules(promtool ?? '');
  });
});
