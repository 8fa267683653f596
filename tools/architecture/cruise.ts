import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

interface CruiseResult {
  summary: {
    totalCruised: number;
    ruleSetUsed: { forbidden: { name: string }[] };
    violations: { from: string; to: string; rule: { name: string } }[];
  };
}

export interface Judgement {
  modules: number;
  /** Names of the rules, sorted. */
  rules: string[];
  /** `rule: from → to`, sorted. */
  violations: string[];
}

/** Checks the tree under `root` by the rules in `.dependency-cruiser.mjs`, as `npm run lint` does. */
export async function cruise(root: string): Promise<Judgement> {
  const args = [
    CLI,
    '--config',
    join(ROOT, '.dependency-cruiser.mjs'),
    '--output-type',
    'json',
    'apps',
    'libs',
    'tests',
    'tools',
  ];
  const said = await new Promise<string>((resolve, reject) => {
    // The exit code is the number of violations: only output that is no report is a failure.
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      stdout.startsWith('{')
        ? resolve(stdout)
        : reject(new Error(stderr || 'dependency-cruiser said nothing', { cause: error })),
    );
  });
  const { summary } = JSON.parse(said) as CruiseResult;
  return {
    modules: summary.totalCruised,
    rules: summary.ruleSetUsed.forbidden.map(({ name }) => name).sort(),
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort(),
  };
}
