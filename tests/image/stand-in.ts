import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { podman } from './podman.ts';

export const NODE_IMAGE = 'localhost/leadstream-test/node';
export const BASE_IMAGE = 'localhost/leadstream-test/base';

const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
/** It has libatomic, as the official image; the base has not. */
const ATOMIC = 'libatomic.so.1';

/**
 * Stand-ins for the two images that the Dockerfile begins with, made of this machine's files: the first has Node, npm
 * and a shell, the second only what Node is linked with, and nothing that starts a program.
 */
export async function makeStandIns(scratch: string): Promise<void> {
  const node = realpathSync(process.execPath);
  const npm = dirname(dirname(realpathSync(process.env['npm_execpath'] ?? '')));
  const base = join(scratch, 'base');
  libraries([node], base, (name) => name !== ATOMIC);
  mkdirSync(join(base, 'etc'), { recursive: true });
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0:root:/root:/sbin/nologin\n');
  await made(base, BASE_IMAGE, []);

  const build = join(scratch, 'node');
  const programs = ['/bin/sh', '/usr/bin/env'].filter((each) => existsSync(each));
  libraries([node, ...programs], build, () => true);
  for (const program of programs) cpSync(realpathSync(program), below(build, program));
  cpSync(node, below(build, '/usr/local/bin/node'));
  cpSync(npm, below(build, '/usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(build, 'usr/local/bin/npm'));
  if (existsSync(AUTHORITIES)) cpSync(realpathSync(AUTHORITIES), below(build, AUTHORITIES));
  mkdirSync(join(build, 'tmp'), { recursive: true });
  // npm trusts what this machine trusts.
  await made(build, NODE_IMAGE, existsSync(AUTHORITIES) ? [`ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES}`] : []);
}

async function made(dir: string, tag: string, lines: string[]): Promise<void> {
  const file = `${dir}.Dockerfile`;
  const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  writeFileSync(file, ['FROM scratch', 'COPY . /', path, ...lines, ''].join('\n'));
  await podman('build', '--quiet', '--tag', tag, '--file', file, dir);
}

/** Parts of glibc that packages' native files name; every image with glibc has them. */
const OF_GLIBC = ['libutil.so.1', 'librt.so.1'];

/** The shared libraries of programs, at the places where the loader looks for them. */
export function libraries(programs: string[], dir: string, wanted: (name: string) => boolean): void {
  for (const program of programs) {
    const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
    const paths = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
    const libc = dirname(paths.find((path) => path.endsWith('/libc.so.6')) ?? '');
    for (const path of [...paths, ...OF_GLIBC.map((name) => join(libc, name)).filter((each) => existsSync(each))]) {
      if (!wanted(path.split('/').at(-1) ?? '')) continue;
      const place = path.replace(/^\/lib\//, '/usr/lib/');
      cpSync(realpathSync(path), below(dir, place));
    }
  }
  if (!existsSync(join(dir, 'lib'))) symlinkSync('usr/lib', join(dir, 'lib'));
}

function below(dir: string, path: string): string {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  return join(dir, path);
}
