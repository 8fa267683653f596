import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { SuiteCpu } from './cpu.ts';

/**
 * `npm run test:slow [n]`: the slowest suites and tests of the last `npm test` here, with the seconds that each took,
 * and the suites with the most CPU seconds, their servers included: of a busy machine's seconds only these say much.
 */

interface Suite {
  name: string;
  startTime: number;
  endTime: number;
  assertionResults: { fullName: string; duration?: number | null }[];
}

const count = Number(process.argv[2] ?? 10);
const lines = (path: string) => readFileSync(path, 'utf8').split('\n').filter(Boolean);
const table = (title: string, rows: { name: string; ms: number }[]) => {
  const slowest = rows.sort((a, b) => b.ms - a.ms).slice(0, count);
  process.stdout.write(
    `${title}\n${slowest.map(({ name, ms }) => `${(ms / 1_000).toFixed(1).padStart(7)} s  ${name}\n`).join('')}`,
  );
};

try {
  const { testResults } = JSON.parse(readFileSync('node_modules/.cache/test-result.json', 'utf8')) as {
    testResults: Suite[];
  };
  table(
    'suites',
    testResults.map(({ name, startTime, endTime }) => ({ name: relative('.', name), ms: endTime - startTime })),
  );
  const measured = lines('node_modules/.cache/test-cpu.jsonl').map((line) => JSON.parse(line) as SuiteCpu);
  table(
    `CPU of suites, ${measured.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s together`,
    measured.map(({ suite, seconds }) => ({ name: relative('.', suite), ms: seconds * 1_000 })),
  );
  table(
    'tests',
    testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ fullName, duration }) => ({ name: fullName, ms: duration ?? 0 })),
    ),
  );
} catch {
  process.stderr.write('no result of an earlier run: npm test first\n');
  process.exitCode = 1;
}
