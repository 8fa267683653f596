import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHART, chartFiles } from './files.ts';

/** `npm run chart` writes the Helm chart from k8s/; `-- --check` names what is not up to date. */
const isCheck = process.argv.includes('--check');
const files = chartFiles('.');
const generated = join(CHART, 'templates/generated');
const stray = (existsSync(generated) ? readdirSync(generated) : []).filter(
  (file) => !files.has(`templates/generated/${file}`),
);
const changed = [...files].filter(([path, text]) => {
  const place = join(CHART, path);
  return !existsSync(place) || readFileSync(place, 'utf8') !== text;
});
if (isCheck) {
  for (const path of [...changed.map(([path]) => path), ...stray]) console.error(`${CHART}/${path}: npm run chart`);
  process.exitCode = changed.length + stray.length > 0 ? 1 : 0;
} else {
  for (const file of stray) rmSync(join(generated, file));
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(CHART, path)), { recursive: true });
    writeFileSync(join(CHART, path), text);
  }
  console.log(`${changed.length} files written`);
}
