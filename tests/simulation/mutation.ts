import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { mutated, type Mutant } from './mutant.ts';

/** A mutant's discovery: the runtime, the run, the rules, and the length of the shortest trace. */
export interface Found {
  modelled: boolean;
  seed: number;
  run: number;
  rules: string[];
  nonDefault: number;
  lines: number;
}

/** A test that fails with the mutant. */
export interface FoundBySpec {
  test: string;
}

interface Budget {
  seed: number;
  seeds: number;
  runs: number;
}

const exec = promisify(execFile);
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** The folders that the model uses unchanged. */
const DECIDERS = ['libs/lead/', 'libs/sequences/'];
/** The model's runs in the time of one of the services'. */
const MODELLED_RUNS = 8;

/**
 * Simulates the mutant until a run fails: the model first where it can notice, then the services. Undefined when no run
 * fails.
 */
export async function hunt(mutant: Mutant, budget: Budget): Promise<Found | FoundBySpec | undefined> {
  if (mutant.specs) return failingTest(mutant, mutant.specs);
  const isDecider = !mutant.restores && !mutant.services && DECIDERS.some((folder) => mutant.file.startsWith(folder));
  return (
    (isDecider && (await runMutant(mutant, { ...budget, runs: MODELLED_RUNS * budget.runs }, true))) ||
    (await runMutant(mutant, budget, false))
  );
}

/** In a process of its own. Throws when nothing could be simulated. */
async function runMutant(
  { name, restores }: Mutant,
  { seed, seeds, runs }: Budget,
  modelled: boolean,
): Promise<Found | undefined> {
  const budget = ['--seed', String(seed), '--seeds', String(seeds), '--runs', String(runs)];
  const args = [
    '--conditions=@leadstream/source',
    MAIN,
    '--mutant',
    name,
    '--first',
    '--json',
    ...budget,
    ...(modelled ? ['--model'] : []),
    ...(restores ? ['--restores'] : []),
  ];
  const { stdout } = await exec(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).catch((error: unknown) => {
    // A simulation with a failure exits with 1.
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout.trim())
      return { stdout: error.stdout };
    throw error;
  });
  const found = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Omit<Found, 'modelled'> | null;
  return found ? { ...found, modelled } : undefined;
}

const JEST = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));
const CONFIG = fileURLToPath(new URL('./mutants.jest.config.mjs', import.meta.url));
const results = z.object({
  numRuntimeErrorTestSuites: z.number(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })) })),
});

/** The first test that fails with the mutant. Throws when the specs could not run. */
async function failingTest(mutant: Mutant, specs: readonly string[]): Promise<FoundBySpec | undefined> {
  const file = fileURLToPath(new URL(`../../${mutant.file}`, import.meta.url));
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mutant-'));
  const [source, output] = ['source.ts', 'results.json'].map((name) => join(folder.path, name)) as [string, string];
  await writeFile(source, mutated(await readFile(file, 'utf8'), mutant));
  const args = ['--experimental-vm-modules', JEST, '--config', CONFIG, '--silent', '--maxWorkers=1'];
  const titles = mutant.titles === undefined ? [] : ['--testNamePattern', mutant.titles];
  const env = { ...process.env, MUTANT_FILE: file, MUTANT_SOURCE: source };
  await exec(process.execPath, [...args, '--json', '--outputFile', output, ...titles, ...specs], { env }).catch(
    () => undefined,
  );
  const { numRuntimeErrorTestSuites, testResults } = results.parse(JSON.parse(await readFile(output, 'utf8')));
  if (numRuntimeErrorTestSuites > 0) throw new Error(`mutant "${mutant.name}": a spec could not run`);
  const [failed] = testResults.flatMap((suite) => suite.assertionResults).filter(({ status }) => status === 'failed');
  return failed && { test: failed.fullName };
}
