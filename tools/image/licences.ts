import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The name and the version of a package in node_modules. */
export interface Shipped {
  path: string;
  name: string;
  version: string;
  license: string;
}

/** The packages that the files of an image belong to, by name. */
export function shippedPackages(root: string, files: string[]): Shipped[] {
  const paths = new Set(files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...paths]
    .filter((path) => !path.startsWith('node_modules/@leadstream') && existsSync(join(root, path, 'package.json')))
    .map((path) => {
      const text = readFileSync(join(root, path, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as { name: string; version: string; license?: string };
      return { path, name, version, license: license ?? 'see its text' };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** One text with the licence and the notice of each package, as their conditions ask of a copy. */
export function licencesText(root: string, shipped: Shipped[]): string {
  return shipped
    .map(({ path, name, version, license }) => {
      const texts = readdirSync(join(root, path), { withFileTypes: true })
        .filter((each) => each.isFile())
        .map((each) => each.name)
        .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
        .sort()
        .map((file) => readFileSync(join(root, path, file), 'utf8').trim());
      return [`${name} ${version}: ${license}`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}
