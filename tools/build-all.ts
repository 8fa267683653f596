import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Set by `npm test`, which has built everything: a build under running services takes their modules away for a moment.
 */
export const BUILT = 'LEADSTREAM_BUILT';

/** Builds every app and lib into its dist, unless that is done. Throws with what the build printed. */
export async function buildAll(): Promise<void> {
  if (process.env[BUILT]) return;
  await promisify(execFile)(process.execPath, [
    'node_modules/.bin/nx',
    'run-many',
    '-t',
    'build',
    '--output-style=static',
  ]);
}
