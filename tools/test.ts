import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT } from './build-all.ts';

/** `npm test`: everything a change must pass, and one line at the end that sums it up. */

/** More than two cores: most suites wait, for servers and for the time that something takes. */
const WORKERS = 3;

const ran = (command: string, args: string[]): Promise<boolean> => new Promise((resolve) => {
  process.stdout.write(`\n> ${command} ${args.join(' ')}\n`);
  spawn(process.execPath, [join('node_modules/.bin', command), ...args], { stdio: 'inherit' })
    .on('error', () => resolve(false)).on('exit', (code) => resolve(code === 0));
});

/** Suites that never got to run count as failed: they would otherwise be missing from the sum. */
interface JestResult { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number; success: boolean }

async function jest(args: string[], env: Record<string, string>): Promise<{ passed: number; failed: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-test-'));
  const outputFile = join(dir, 'result.json');
  try {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const exit = await new Promise<number | null>((resolve) => {
      spawn(process.execPath, [...flags, 'node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, `--maxWorkers=${WORKERS}`, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } })
        .on('exit', resolve);
    });
    const result = JSON.parse(await readFile(outputFile, 'utf8')) as JestResult;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: exit === 0 || failed > 0 ? failed : 1 };
  } catch (error) {
    process.stdout.write(`jest gave no result: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
// Built once, first: suites that run the services as processes would otherwise build under each other's feet.
const checks = args.length > 0 ? [] : [
  await ran('nx', ['run-many', '-t', 'build', '--output-style=static']), await ran('tsc', ['--noEmit', '-p', 'tsconfig.json']), await ran('eslint', ['.']),
];
process.stdout.write('\n> jest\n');
// Suites that start services as processes do not build again: that would take the modules of each other's away.
const tests = await jest(args, checks[0] ? { [BUILT]: '1' } : {});
const passed = tests.passed + checks.filter(Boolean).length;
const failed = tests.failed + checks.filter((ok) => !ok).length;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || tests.passed === 0 ? 1 : 0;
