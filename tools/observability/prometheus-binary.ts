import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onPath } from './promtool.ts';

const run = promisify(execFile);
const PACKAGE = 'prometheus';

const cache = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'leadstream');

export interface Binaries {
  prometheus: string;
  promtool: string;
}

/**
 * Prometheus and promtool: on PATH, or of Debian's package, fetched once into the user's cache folder. Throws with what
 * to install.
 */
export async function prometheusBinaries(report: (line: string) => void): Promise<Binaries> {
  const [prometheus, promtool] = [onPath('prometheus'), onPath('promtool')];
  if (prometheus && promtool) return { prometheus, promtool };
  const folder = join(cache(), PACKAGE);
  try {
    if (!existsSync(folder)) {
      report(`Fetching Debian’s package ${PACKAGE}, once, into ${cache()} …`);
      await unpack(folder);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new Error(
      'No prometheus and promtool on PATH, and Debian’s package could not be fetched: ' +
        `${why}\nInstall them: apt-get install prometheus, or https://prometheus.io/download`,
      { cause: error },
    );
  }
  return { prometheus: join(folder, 'usr/bin/prometheus'), promtool: join(folder, 'usr/bin/promtool') };
}

/** Unpacks in a folder of its own and renames, so that neither of two concurrent processes sees half a package. */
async function unpack(target: string): Promise<void> {
  await mkdir(cache(), { recursive: true });
  const folder = await mkdtemp(join(cache(), 'fetching-'));
  try {
    await run('apt-get', ['download', PACKAGE], { cwd: folder });
    const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (!file) throw new Error('apt-get left no package');
    await run('dpkg', ['-x', join(folder, file), join(folder, 'root')]);
    await rename(join(folder, 'root'), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
