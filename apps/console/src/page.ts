import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Beside `src` and `dist` alike. */
const BUILT = join(import.meta.dirname, '../dist/web');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  type: string;
  gzipped: Buffer;
}

/** The addresses that the page shows by itself; the server has the same document for each. */
export const VIEWS = [
  '/',
  '/leads',
  '/leads/import',
  '/leads/:id',
  '/health',
  '/live',
  '/reports',
  '/sequences',
  '/settings',
  '/sequences/:id',
] as const;

/**
 * Only its own scripts and styles, no markup from a string, no form that leaves it, and no other page around it.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The built page by path, `/index.html` and `/assets/…`; empty when it was not built. */
export async function pageFiles(folder = BUILT): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = names.map(async (name): Promise<[string, PageFile][]> => {
    const type = TYPES[extname(name)];
    // A build may replace the folder meanwhile: the page is missing then, and the API goes on.
    const content = type === undefined ? undefined : await readFile(join(folder, name)).catch(() => undefined);
    if (type === undefined || !content) return [];
    return [[`/${name}`, { type, gzipped: await promisify(gzip)(content, { level: 9 }) }]];
  });
  return new Map((await Promise.all(found)).flat());
}
