import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { emptyFolder, run } from './workspace.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The first program of another team. It compiles with every check that TypeScript has, of declarations too. */
const CONSUMER = `import { readFileSync } from 'node:fs';
import { catalogue, type EventType } from '@leadstream/contracts/events';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { streams } from '@leadstream/contracts/streams';

const lead: LeadCreated = { email: 'jane@example.com', leadData: { source: 'demo_request' } };
const refused = leadCreated.safeParse({ email: 'jane@example.com', leadData: {} });
const types: EventType[] = Object.keys(catalogue).filter((type): type is EventType => type in catalogue);
const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const field = refused.error?.issues[0]?.path.join('.');
console.log(leadCreated.parse(lead).email, field, types.length > 0, streams.INTAKE.subjects[0], version);
`;

const EXPECTED = 'jane@example.com leadData.source true lead.created 1.0.0\n';

/** The tarball installs in an empty folder with zod alone; ten lines compile against its types, and run. */
export async function installs(tarball: string): Promise<string> {
  await using folder = await emptyFolder();
  const { path } = folder;
  const at = (name: string) => join(path, name);
  await writeFile(at('package.json'), JSON.stringify({ name: 'another-team', version: '1.0.0', type: 'module' }));
  await writeFile(at('consumer.ts'), CONSUMER);
  await run(path, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball]);
  const installed = (await run(path, 'npm', ['ls', '--all', '--parseable'])).trim().split('\n').slice(1);
  const names = installed.map((one) => one.slice(one.indexOf('node_modules/') + 13)).sort();
  if (String(names) !== '@leadstream/contracts,zod') throw new Error(`installed: ${names.join(', ')}`);
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--verbatimModuleSyntax'];
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const shape = ['--module', 'nodenext', '--target', 'es2023', '--outDir', 'out'];
  await run(path, process.execPath, [tsc, ...shape, ...strict, ...types, 'consumer.ts']);
  const said = await run(path, process.execPath, ['out/consumer.js']);
  if (said !== EXPECTED) throw new Error(`the consumer said ${said}`);
  return `${basename(tarball)} installs with zod alone; a consumer compiles and runs`;
}
