import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';
import { tool } from '../chart/tools.ts';

/**
 * `npm run test:release` reads the workflows by actionlint, and runs each part of a release as far as it stays on this
 * machine: the chart and the contracts are packed, the commands that push and sign are printed.
 */
const run = promisify(execFile);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const [actionlint, helm] = [await tool('actionlint'), await tool('helm')];
const env = {
  ...process.env,
  DRY_RUN: '1',
  IMAGE: 'registry.example.com/Leadstream',
  CHARTS: 'registry.example.com/charts',
  PATH: [process.env['PATH'], ...(helm ? [dirname(helm)] : [])].join(delimiter),
};
const scripts = globSync('.ci/*');
const steps: Record<string, [needed: string | undefined, file: string, ...args: string[]]> = {
  'actionlint of the workflows': [actionlint, actionlint ?? '', ...globSync('.github/workflows/*.yaml')],
  'syntax of .ci': ['bash', 'bash', '-c', 'for each; do bash -n "$each" || exit 1; done', '-', ...scripts],
  image: ['bash', 'bash', '.ci/publish', 'image'],
  chart: [helm, 'bash', '.ci/publish', 'chart'],
  contracts: ['bash', 'bash', '.ci/publish', 'contracts'],
};

let failed = 0;
for (const [title, [needed, file, ...args]] of Object.entries(steps)) {
  if (!needed) {
    say(`${title}: skipped: neither the tool nor go is on PATH`);
    continue;
  }
  try {
    const { stdout } = await run(file, args, { env });
    say(`${title}: passed${stdout ? `\n  ${stdout.trim().replaceAll('\n', '\n  ')}` : ''}`);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    failed++;
    say(`${title}: FAILED\n${stdout}${stderr}`);
  }
}
say(failed === 0 ? 'test:release: passed' : `test:release: ${failed} problems`);
process.exitCode = failed === 0 ? 0 : 1;
