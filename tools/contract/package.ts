import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
export const CONTRACTS = join(ROOT, 'libs/contracts');
const SOURCE = '@leadstream/source';

type Json = Record<string, unknown>;
export interface Manifest extends Json {
  name: string;
  version: string;
  exports: Record<string, Record<string, string>>;
  dependencies: Record<string, string>;
}

export const readManifest = async (): Promise<Manifest> =>
  JSON.parse(await readFile(join(CONTRACTS, 'package.json'), 'utf8')) as Manifest;

/** The manifest as other teams get it: the workspace's own conditions and targets name files that are not published. */
export function published({ nx: _, private: __, ...manifest }: Manifest): Manifest {
  const doors = Object.entries(manifest.exports).map(([path, { [SOURCE]: ___, ...door }]) => [path, door] as const);
  return { ...manifest, exports: Object.fromEntries(doors) };
}

/**
 * Packs `@leadstream/contracts` from its `dist` into folder `to`; resolves to the tarball's path. The package has
 * JavaScript, declarations, README and LICENSE; maps are left out, because their sources are.
 */
export async function pack(to: string): Promise<string> {
  await using opened = new AsyncDisposableStack();
  const stage = await mkdtemp(join(tmpdir(), 'contracts-'));
  opened.defer(() => rm(stage, { recursive: true, force: true }));
  const shipped = (path: string) => !/\.map$|\.spec\.(d\.ts|js)$/.test(path);
  await cp(join(CONTRACTS, 'dist'), join(stage, 'dist'), { recursive: true, filter: shipped });
  await cp(join(CONTRACTS, 'README.md'), join(stage, 'README.md'));
  await cp(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(published(await readManifest()), null, 2)}\n`);
  await mkdir(to, { recursive: true });
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], {
    cwd: stage,
    encoding: 'utf8',
  });
  const [{ filename } = { filename: '' }] = JSON.parse(said) as { filename: string }[];
  return join(to, filename);
}
