import { podman } from './podman.ts';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Listed {
  mode: string;
  bytes: number;
  path: string;
}

/** Every file of an image, as `tar` lists it. */
export async function filesOf(image: string): Promise<Listed[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'leadstream-image-'));
  const container = (await podman('create', image, 'nothing')).trim();
  try {
    const tar = join(scratch, 'image.tar');
    await podman('export', '--output', tar, container);
    const { stdout } = await promisify(execFile)('tar', ['-tvf', tar], { maxBuffer: 256 * 1024 * 1024 });
    return stdout.split('\n').flatMap((line) => {
      const [, mode, bytes, path] = /^(\S{10})\s+\S+\s+(\d+)\s+\S+\s+\S+\s+(\S+)/.exec(line) ?? [];
      return mode && path ? [{ mode, bytes: Number(bytes), path: `/${path}` }] : [];
    });
  } finally {
    await podman('rm', container);
    rmSync(scratch, { recursive: true });
  }
}

const MIB_MAX = 60;
const FORBIDDEN: Record<string, RegExp> = {
  'a source': /^\/app\/(?!node_modules\/).*\.tsx?$|^\/app\/(apps|libs)\/[^/]+\/src\//,
  'a test': /\.(spec|test)\.[cm]?[jt]s$/,
  'a source map': /\.map$/,
  'a package manager': /\/(npm|npx|yarn|pnpm|corepack|apt|apt-get|dpkg|apk)$/,
  'a shell': /\/bin\/(sh|bash|dash|ash|zsh|busybox)$/,
};

/** The faults of the image's files, one line each, and the size of our own. */
export async function contents(image: string, base: string): Promise<{ problems: string[]; mib: number }> {
  const files = await filesOf(image);
  const paths = new Set(files.map(({ path }) => path));
  const ours = files.filter(({ path }) => path.startsWith('/app/'));
  const mib = ours.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / 1024;
  const needed = [
    '/app/LICENSE',
    '/app/THIRD-PARTY-LICENSES.txt',
    '/app/sbom.cdx.json',
    '/app/apps/leadctl/dist/main.js',
  ];
  const there = new Set((await filesOf(base)).map(({ path }) => path));
  return {
    mib,
    problems: [
      ...Object.entries(FORBIDDEN).flatMap(([what, pattern]) =>
        files
          .filter(({ path }) => pattern.test(path) && !there.has(path))
          .slice(0, 5)
          .map(({ path }) => `${what}: ${path}`),
      ),
      ...files.filter(({ mode }) => /^-..[sS]|^-.....[sS]/.test(mode)).map(({ path }) => `setuid: ${path}`),
      ...needed.filter((path) => !paths.has(path)).map((path) => `no ${path}`),
      ...(mib > MIB_MAX ? [`${mib.toFixed(1)} MiB of ours, more than ${MIB_MAX}`] : []),
    ],
  };
}
