import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Another OCI runtime than podman's default: crun 1.8 starts nothing beside a hybrid hierarchy of cgroups, runc does.
 */
const runtime = process.env['PODMAN_RUNTIME'];

/** The output of podman; an error has its last lines. */
export async function podman(...args: string[]): Promise<string> {
  try {
    const { stdout } = await run('podman', [...(runtime ? [`--runtime=${runtime}`] : []), ...args], {
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trimEnd().split('\n').slice(-30).join('\n');
    throw new Error(`podman ${args[0]}: ${said}`, { cause: error });
  }
}

export function hasPodman(): boolean {
  try {
    execFileSync('podman', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
