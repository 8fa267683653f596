import {
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { licencesText, shippedPackages } from './licences.ts';
import { sbomOf } from './sbom.ts';
import { runtimeFiles } from './trace.ts';

/**
 * `node tools/image/assemble.ts <folder>` puts into the folder what the image needs at run time, after `npm run build`:
 * `app` for all services and leadctl, `sandbox` for what the development provider needs besides. Every file has the
 * time SOURCE_DATE_EPOCH (0 without it), so that two builds of one commit give the same layer.
 */
const [out] = process.argv.slice(2);
if (!out) throw new Error('usage: node tools/image/assemble.ts <folder>');
const root = process.cwd();
const epochSeconds = Number(process.env['SOURCE_DATE_EPOCH'] ?? '0');

const apps = readdirSync('apps').filter((app) => app !== 'sandbox-esp');
const files = await runtimeFiles(root, apps);
const shipped = shippedPackages(root, files);
place(files, join(out, 'app'));
writeFileSync(join(out, 'app', 'THIRD-PARTY-LICENSES.txt'), licencesText(root, shipped));
writeFileSync(join(out, 'app', 'sbom.cdx.json'), sbomOf(root, shipped, epochSeconds));
place(
  (await runtimeFiles(root, ['sandbox-esp'])).filter((file) => !files.includes(file)),
  join(out, 'sandbox'),
);
sameTime(out);
console.log(`${files.length} files of ${shipped.length} packages`);

function place(wanted: string[], target: string): void {
  for (const file of wanted) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    if (lstatSync(file).isSymbolicLink()) symlinkSync(readlinkSync(file), join(target, file));
    else copyFileSync(file, join(target, file));
  }
}

/** Folders after their files, whose creation changes a folder's time. */
function sameTime(path: string): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) sameTime(join(path, name));
  lutimesSync(path, epochSeconds, epochSeconds);
}
