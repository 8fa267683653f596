import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

/** Triage opens it by its path at run time, which no import shows. */
const DATABASE = 'node_modules/@ip-location-db/geo-whois-asn-country-mmdb';
/** Read or served as they are. */
const OURS = ['package.json', 'LICENSE', 'sequences', 'intake'];

/**
 * The files, relative to `root`, that the built apps of `apps` need at run time. Throws on an import of theirs that is
 * installed and can't be followed.
 */
export async function runtimeFiles(root: string, apps: string[]): Promise<string[]> {
  const entries = apps.flatMap((app) => scriptsBelow(join(root, 'apps', app, 'dist')));
  if (entries.length === 0) throw new Error(`${apps.join()}: nothing is built: npm run build`);
  const left = notShipped(root);
  const { fileList, warnings } = await nodeFileTrace(entries, {
    base: root,
    processCwd: root,
    conditions: ['node', 'import', 'default'],
    ignore: (path) => left.some((each) => path.startsWith(`${each}/`)),
  });
  const missing = [...warnings].flatMap(({ message }) => {
    const name = /^Failed to resolve dependency "([^".][^"]*)"/.exec(message)?.[1];
    return name && existsSync(join(root, 'node_modules', name)) && !left.includes(`node_modules/${packageOf(name)}`)
      ? [message]
      : [];
  });
  if (missing.length > 0) throw new Error(missing.join('\n'));
  const traced = [...fileList].filter((file) => existsSync(join(root, file)));
  return [...new Set([...traced, ...ownFiles(root, traced)])].filter(isShipped).sort();
}

const scriptsBelow = (dir: string): string[] =>
  existsSync(dir) ? filesBelow(dir).filter((file) => file.endsWith('.js') && !file.includes('/dist/web/')) : [];

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
}

/**
 * Installed, and for tests, a laptop or the site to choose: peers that Nest and the drivers would import if present.
 */
function notShipped(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([, { dev, devOptional, optional }]) => dev ?? devOptional ?? optional)
    .map(([path]) => path);
}

/** The whole build of each traced app and lib: workers and pages are opened by their paths. */
function ownFiles(root: string, traced: string[]): string[] {
  const projects = new Set(traced.flatMap((file) => /^(?:apps|libs)\/[^/]+(?=\/dist\/)/.exec(file)?.[0] ?? []));
  const data = projects.has('apps/triage') ? [DATABASE] : [];
  return [...OURS, ...data, ...[...projects].flatMap((each) => [`${each}/dist`, `${each}/package.json`])]
    .flatMap((path) => filesBelow(join(root, path)))
    .map((file) => file.slice(root.length + 1));
}

/** Links of npm's workspaces stay; maps, types, texts and scripts of packages go. */
const isShipped = (file: string): boolean =>
  !/\.(map|ts|cts|mts|md|markdown|tsbuildinfo)$/.test(file) ||
  file.startsWith('sequences/') ||
  file.startsWith('intake/');

export const packageOf = (path: string): string =>
  path
    .replace(/^.*node_modules\//, '')
    .split('/')
    .slice(0, path.includes('@') ? 2 : 1)
    .join('/');
