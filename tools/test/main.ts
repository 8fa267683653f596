import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { BUILT } from '../build-all.ts';
import { CPU_FILE } from './cpu.ts';
import { workersFor } from './workers.ts';

/** `npm test`: everything a change must pass, and one line at the end that sums it up. */

/** 0: no limit of a container is known. */
const WORKERS = workersFor(Math.min(totalmem(), process.constrainedMemory() || Infinity));
/** More failed suites than these are no accident. */
const SECOND_RUN_SUITES_MAX = 3;
const CACHE = 'node_modules/.cache';
/** Compiled code for the many processes of a run that load the same modules. */
const COMPILED = join(process.cwd(), CACHE, 'compiled');
/** The result of the last run, as Jest writes it; `npm run test:slow` reads it. */
const RESULT = `${CACHE}/test-result.json`;
/** The CPU seconds of each suite of the last run, for `test:slow` too. */
const CPU = join(process.cwd(), CACHE, 'test-cpu.jsonl');

/** Prettier keeps what it knows of unchanged files under `CACHE`. */
const CHECKS: [command: string, ...args: string[]][] = [
  // At its own place under `CACHE`: `npm run format` fails when a file stands there.
  ['prettier', '--check', '.', '--log-level=warn', '--cache'],
  // With the types, also of the console's page: `typeCheck` in its configuration.
  ['oxlint'],
];

/**
 * Runs one of the installed commands. Its output appears at its end, in one piece, because other commands print
 * meanwhile.
 */
const ran = ([command, ...args]: [string, ...string[]]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join('node_modules/.bin', command), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.push(chunk));
    const end = (ok: boolean, why = '') => {
      process.stdout.write(
        `\n> ${command} ${args.join(' ')}${ok ? '' : ' FAILED'}\n${Buffer.concat(printed).toString()}${why}`,
      );
      resolve(ok);
    };
    child.on('error', (error) => end(false, `${error.message}\n`)).on('close', (code) => end(code === 0));
  });

/** Suites that failed to start count as failed: otherwise the summary would miss them. */
interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

interface Tests {
  passed: number;
  failed: number;
  /** The suites with a failure. */
  again: { path: string; passed: number }[];
}

async function jest(
  args: string[],
  env: Record<string, string>,
  { workers, output }: { workers: number; output: string } = { workers: WORKERS, output: RESULT },
): Promise<Tests> {
  await mkdir(CACHE, { recursive: true });
  await rm(output, { force: true });
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const options = ['--showSeed', '--json', `--outputFile=${output}`, `--maxWorkers=${workers}`, ...args];
  const child = spawn(process.execPath, [...flags, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // Only processes that suites start have the cache: a worker would write its own at its end, which takes seconds,
    // and Jest ends by force what takes longer than half a second.
    env: { ...process.env, ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  const exit = await new Promise<number | null>((resolve) =>
    child.on('exit', resolve).on('error', () => resolve(null)),
  );
  try {
    const result = JSON.parse(await readFile(output, 'utf8')) as JestResult;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    const again = result.testResults
      .filter(({ status }) => status === 'failed')
      .map(({ name, assertionResults }) => ({
        path: name,
        passed: assertionResults.filter(({ status }) => status === 'passed').length,
      }));
    return { passed: result.numPassedTests, failed: exit === 0 || failed > 0 ? failed : 1, again };
  } catch (error) {
    process.stdout.write(`jest gave no result: ${String(error)}\n`);
    return { passed: 0, failed: 1, again: [] };
  }
}

/**
 * A few failed suites run once more, alone: a failure that does not come back is the machine's, or a race. It is named
 * before the summary, with its message above, and stays a fault to mend; it keeps no change from landing.
 */
async function secondRun(first: Tests, env: Record<string, string>): Promise<Tests> {
  const { again } = first;
  if (again.length === 0 || again.length > SECOND_RUN_SUITES_MAX) return first;
  process.stdout.write('\n> jest, the failed suites again\n');
  const paths = again.map(({ path }) => path);
  const alone = { workers: 1, output: `${CACHE}/second-test-result.json` };
  const second = await jest(['--runTestsByPath', ...paths], env, alone);
  const failedTwice = new Set(second.again.map(({ path }) => path));
  const unsteady = second.passed > 0 ? paths.filter((path) => !failedTwice.has(path)) : [];
  process.stdout.write(`\n${unsteady.map((path) => `unsteady: ${relative('.', path)}\n`).join('')}`);
  const kept = first.passed - again.reduce((sum, { passed }) => sum + passed, 0);
  return { ...second, passed: kept + second.passed };
}

/** One after the other, on the core that waiting suites leave free. */
async function inTurn(checks: typeof CHECKS): Promise<boolean[]> {
  const results: boolean[] = [];
  for (const check of checks) results.push(await ran(check));
  return results;
}

const args = process.argv.slice(2);
const whole = args.length === 0;
await rm(COMPILED, { recursive: true, force: true });
process.env['NODE_COMPILE_CACHE'] = COMPILED;
// Built once, first: suites that start the services as processes would otherwise build under each other's feet.
const built = whole ? [await ran(['nx', 'run-many', '-t', 'build', '--output-style=static'])] : [];
process.stdout.write('\n> jest\n');
const env: Record<string, string> = { ...(built[0] ? { [BUILT]: '1' } : {}), [CPU_FILE]: CPU };
await rm(CPU, { force: true });
const [first, checked] = await Promise.all([jest(args, env), inTurn(whole ? CHECKS : [])]);
const tests = whole ? await secondRun(first, env) : first;
const checks = [...built, ...checked];
const passed = tests.passed + checks.filter(Boolean).length;
const failed = tests.failed + checks.filter((ok) => !ok).length;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || tests.passed === 0 ? 1 : 0;
