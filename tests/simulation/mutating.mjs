import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import swc from '@swc/jest';

const sourceOf = (source, path) => (path === env.MUTANT_FILE ? readFileSync(env.MUTANT_SOURCE, 'utf8') : source);

/** The compiler of all tests, over the mutant's text in place of its file's. */
export default {
  createTransformer(options) {
    const compiler = swc.createTransformer(options);
    return {
      canInstrument: compiler.canInstrument,
      process: (source, path, more) => compiler.process(sourceOf(source, path), path, more),
      processAsync: (source, path, more) => compiler.processAsync(sourceOf(source, path), path, more),
    };
  },
};
