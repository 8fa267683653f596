import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Mutant } from './mutants.ts';

/** How a mutant was found: in which life, by which rule, and how long the shortest story of it is. */
export interface Found { seed: number; life: number; rules: string[]; odd: number; lines: number }

const run = promisify(execFile);

/** Simulates with the mutant in a process of its own until a life goes wrong; undefined when none does. Throws when nothing could be simulated. */
export async function hunt({ name }: Mutant, { seed, seeds, lives }: { seed: number; seeds: number; lives: number }): Promise<Found | undefined> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const args = ['--conditions=@leadstream/source', main, '--mutant', name, '--first', '--json', '--seed', String(seed), '--seeds', String(seeds), '--lives', String(lives)];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).catch((error: unknown) => {
    // Whoever finds something exits with 1.
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout.trim()) return { stdout: error.stdout };
    throw error;
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Found | undefined ?? undefined;
}
