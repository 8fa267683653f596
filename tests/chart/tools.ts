import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
export const CACHE = resolve('node_modules/.cache/leadstream-tools');

/** Taken from PATH, or built by Go, whose module proxy checks what it serves. */
const MODULES = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
} as const;
export type Tool = keyof typeof MODULES;

export const onPath = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), CACHE]
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/**
 * Ends a proof that lacks a tool with the exit code of a skipped test (Automake's, Meson's): no pipeline takes it for
 * passed.
 */
export function skip(proof: string, missing: string): never {
  process.stdout.write(`${proof}: skipped: ${missing}\n`);
  process.exit(77);
}

/** The tool's path; undefined where neither it nor Go is there. */
export async function tool(name: Tool): Promise<string | undefined> {
  const found = onPath(name);
  if (found ?? !onPath('go')) return found;
  await mkdir(CACHE, { recursive: true });
  await execute('go', ['install', MODULES[name]], { env: { ...process.env, GOBIN: CACHE } });
  return join(CACHE, name);
}

/** The folder of a Go module's files. */
export async function moduleFolder(module: string): Promise<string> {
  const { stdout } = await execute('go', ['mod', 'download', '-json', module], { cwd: '/' });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

export interface Ran {
  ok: boolean;
  out: string;
  err: string;
}

/** A command's output; that of one that fails has both streams in `out`. */
export async function ran(file: string, args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await execute(file, args, { maxBuffer: 64 * 1024 * 1024 });
    return { ok: true, out: stdout, err: stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, out: `${stdout}${stderr}`, err: stderr };
  }
}
