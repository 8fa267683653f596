import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { transformFile, type Options } from '@swc/core';

/**
 * `node tools/build.ts libs/lead` builds one project's sources into its dist, by the tests' compiler. Types are checked
 * separately.
 */
const project = process.argv[2];
if (!project) throw new Error('usage: node tools/build.ts <project folder>');

const { $schema: _, ...options } = JSON.parse(await readFile('.swcrc', 'utf8')) as Options & { $schema?: string };
const sources = (await readdir(join(project, 'src'), { recursive: true })).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('testing/'),
);
await rm(join(project, 'dist'), { recursive: true, force: true });
await Promise.all(
  sources.map(async (file) => {
    const { code, map } = await transformFile(join(project, 'src', file), {
      ...options,
      swcrc: false,
      sourceFileName: join(relative(dirname(file), '.'), '../src', file),
    });
    const target = join(project, 'dist', file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await Promise.all([
      writeFile(target, `${code}\n//# sourceMappingURL=${file.split('/').at(-1)?.replace(/\.ts$/, '.js')}.map\n`),
      writeFile(`${target}.map`, map ?? ''),
    ]);
  }),
);
