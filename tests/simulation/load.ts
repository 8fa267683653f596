import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync, type Options } from '@swc/core';
import { mutated, type Mutant } from './mutant.ts';

const root = new URL('../../', import.meta.url);
const { $schema: _, ...swc } = JSON.parse(readFileSync(new URL('.swcrc', root), 'utf8')) as Options & {
  $schema: string;
};
const options: Options = {
  ...swc,
  jsc: { ...swc.jsc, rewriteRelativeImportExtensions: false },
  swcrc: false,
  // Node reads none, and V8 would scan three times as much text.
  sourceMaps: false,
} as Options;

/** Compiles sources from now on as the services are, with decorators; one of them may be a mutant. */
export function compileSources(mutant?: Mutant): void {
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
      const path = fileURLToPath(url);
      const source = readFileSync(path, 'utf8');
      const changed = mutant && url === new URL(mutant.file, root).href ? mutated(source, mutant) : source;
      return {
        format: 'module',
        source: transformSync(changed, { ...options, filename: path }).code,
        shortCircuit: true,
      };
    },
  });
}
