import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const start = promisify(execFile);
const MINUTES_5 = 300_000;

/** A folder outside of the workspace, removed on disposal. */
export async function emptyFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'leadstream-contract-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs a program to its end and resolves to its standard output; throws with what it wrote when it fails. */
export async function run(cwd: string, program: string, args: readonly string[], env = process.env): Promise<string> {
  try {
    const { stdout } = await start(program, args, { cwd, env, timeout: MINUTES_5, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause });
  }
}

/** True for a program on `PATH`. */
export const has = (program: string): Promise<boolean> =>
  start(program, [program === 'go' ? 'version' : '--version']).then(
    () => true,
    () => false,
  );
