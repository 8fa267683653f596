import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Set by `npm test` after its build: another build would remove the modules of running services for a moment. */
export const BUILT = 'LEADSTREAM_BUILT';

/** Builds every app and lib into its dist, unless that is done. Throws with the build's output. */
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
