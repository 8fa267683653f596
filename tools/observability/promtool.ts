import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { Alert } from './alert.ts';
import { CASES } from './cases.ts';
import { alertGroups } from './alerts.ts';
import { PREFIX, ruleGroups, rulesFile } from './rules.ts';
import { REAL } from './scale.ts';

const run = promisify(execFile);

/** The path of a program on PATH. */
export const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((path) => existsSync(path));

const inBraces = (labels: Record<string, string>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`;

/** The cases of a group of alerts as test files of promtool's, one for each interval. */
export function testFiles(rules: string, alerts: Record<string, Alert>): string[] {
  const all = Object.entries(alerts).flatMap(([name, { severity }]) =>
    (CASES[name] ?? []).map((one) => ({ name, severity, ...one })),
  );
  return [...Map.groupBy(all, ({ every }) => every)].map(([every, cases]) => {
    const tests = cases.map(({ name, severity, when, series, minutes, fires }) => {
      const alert = { alertname: `${PREFIX}${name}`, alertstate: 'firing' };
      const exp_samples = fires.map((labels) => ({
        labels: `ALERTS${inBraces({ ...alert, severity, ...labels })}`,
        value: 1,
      }));
      return {
        name: `${name}: ${when}`,
        interval: `${every * 60}s`,
        input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
        promql_expr_test: [{ expr: `ALERTS${inBraces(alert)}`, eval_time: `${minutes}m`, exp_samples }],
      };
    });
    return stringify({ rule_files: [rules], evaluation_interval: `${Math.max(every, 1)}m`, tests });
  });
}

/** Checks the rules and every case by promtool. Rejects, with its words, when it finds a fault. */
export async function checkRules(promtool: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-promtool-'));
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  try {
    const tests: string[] = [];
    for (const [index, [group, alerts]] of Object.entries(alertGroups(REAL)).entries()) {
      const rules = await write(`${group}.yaml`, rulesFile(REAL, ruleGroups(REAL).slice(index, index + 1)));
      for (const text of testFiles(rules, alerts)) tests.push(await write(`test-${tests.length}.yaml`, text));
    }
    await run(promtool, ['check', 'rules', '--lint-fatal', await write('all.yaml', rulesFile())]);
    await run(promtool, ['test', 'rules', ...tests]);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool: ${stdout}${stderr || String(error)}`, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
