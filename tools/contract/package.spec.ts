import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONTRACTS, published, readManifest } from './package.ts';

const sources = readdirSync(join(CONTRACTS, 'src')).filter((name) => !name.endsWith('.spec.ts'));
const importsOf = (name: string): string[] =>
  [...readFileSync(join(CONTRACTS, 'src', name), 'utf8').matchAll(/ from '([^'.][^']*)'/g)].map(
    ([, from = '']) => from,
  );

describe('the package that other teams install', () => {
  it('has no condition, target or path of the workspace', async () => {
    const manifest = published(await readManifest());
    expect(JSON.stringify(manifest)).not.toMatch(/@leadstream\/source|\.\/src|workspace:|"nx"|"private"/);
    expect(Object.keys(manifest.dependencies)).toEqual(['zod']);
  });

  it('has a door for every source, with its types', async () => {
    const { exports } = published(await readManifest());
    expect(exports).toEqual(
      Object.fromEntries(
        sources.map((file) => {
          const name = file.replace(/\.ts$/, '');
          return [`./${name}`, { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` }];
        }),
      ),
    );
  });

  it('imports zod only, but for the publisher', () => {
    const imports = sources.filter((name) => name !== 'publish.ts').flatMap(importsOf);
    expect(new Set(imports)).toEqual(new Set(['zod']));
  });
});
