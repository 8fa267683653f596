import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROCESSES, type Processes } from '@leadstream/testing/processes';
import { linkPackages } from '../../e2e/upgrade/newer-build.ts';

const run = promisify(execFile);

export interface Revision {
  folder: string;
  /** Short, for people. */
  commit: string;
  /** The version of the states that its projector writes. */
  stateVersion: number;
  /** Packages that it names in another version than this checkout, whose packages it runs with. */
  otherPackages: string[];
}

/**
 * The build of `revision` of the repository, until `started` is disposed; it runs with the packages of this checkout.
 */
export async function buildRevision(
  revision: string,
  processes: Processes,
  started: AsyncDisposableStack,
): Promise<Revision> {
  const { stdout } = await run('git', ['rev-parse', '--verify', `${revision}^{commit}`]).catch(() => {
    throw new Error(`${revision} is no revision of this repository`);
  });
  const commit = stdout.trim();
  const folder = await mkdtemp(join(tmpdir(), 'leadstream-revision-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, folder]);
  await linkPackages(folder);
  const libs = (await readdir(join(folder, 'libs'))).map((name) => `libs/${name}`);
  // `all` imports every service; six processes need no other app.
  const apps = processes === 'six' ? [...Object.keys(PROCESSES.six), 'leadctl'] : await readdir(join(folder, 'apps'));
  for (const project of [...libs, ...apps.map((name) => `apps/${name}`)])
    await run(process.execPath, ['tools/build.ts', project], { cwd: folder });
  return described(folder, commit.slice(0, 8));
}

/** This checkout, which is built already. */
export const checkout = (): Promise<Revision> => described(process.cwd(), 'this checkout');

async function described(folder: string, commit: string): Promise<Revision> {
  const text = (file: string) => readFile(join(folder, file), 'utf8');
  const stateVersion = Number(/STATE_VERSION = (\d+);/.exec(await text('libs/lead/src/state.ts'))?.[1]);
  if (!stateVersion) throw new Error(`${commit} has no STATE_VERSION in libs/lead/src/state.ts`);
  const [its, ours] = [await text('package.json'), await readFile('package.json', 'utf8')].map(
    (json) => (JSON.parse(json) as { dependencies: Record<string, string> }).dependencies,
  );
  const otherPackages = Object.entries(its ?? {}).flatMap(([name, version]) =>
    ours?.[name] === version ? [] : [`${name} ${version}`],
  );
  return { folder, commit, stateVersion, otherPackages };
}
