import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** `node tools/build-web.ts apps/console` builds the app's page from its `web` into `dist/web`. */
const app = process.argv[2];
if (!app) throw new Error('usage: node tools/build-web.ts <app folder>');

const [root, out] = [join(app, 'web'), join(app, 'dist/web')];
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  entryPoints: { main: join(root, 'src/main.tsx') },
  outdir: join(out, 'assets'),
  // The server lets browsers keep a file for ever: another content has another name.
  entryNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  minify: true,
  legalComments: 'linked',
  metafile: true,
  jsx: 'automatic',
  target: ['chrome125', 'firefox130', 'safari18'],
  define: { 'process.env.NODE_ENV': '"production"' },
  tsconfig: join(root, 'tsconfig.json'),
});
const named = (end: string): string =>
  Object.keys(metafile.outputs)
    .find((file) => file.endsWith(end))
    ?.slice(out.length) ?? '';
const page = await readFile(join(root, 'index.html'), 'utf8');
await writeFile(join(out, 'index.html'), page.replace('%JS%', named('.js')).replace('%CSS%', named('.css')));
