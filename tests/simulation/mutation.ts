import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Mutant } from './mutants.ts';

/** A mutant's discovery: the runtime, the run, the rules, and the length of the shortest trace. */
export interface Found {
  modelled: boolean;
  seed: number;
  run: number;
  rules: string[];
  nonDefault: number;
  lines: number;
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
export async function hunt(mutant: Mutant, budget: Budget): Promise<Found | undefined> {
  const isDecider = !mutant.restores && DECIDERS.some((folder) => mutant.file.startsWith(folder));
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
