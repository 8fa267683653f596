import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder, run } from './workspace.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Some 50 MB with what it needs, so it is no package of the workspace. */
const PARSER = '@asyncapi/parser@3.6.3';

const PROGRAM = `import { Parser, fromFile } from '@asyncapi/parser';
const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
for (const { message, path, severity } of diagnostics)
  if (severity === 0) console.error(path.join('.') + ': ' + message);
if (!document) process.exit(1);
console.log(document.channels().length, document.messages().length);
`;

/** AsyncAPI's own parser reads the document and all schemas that it refers to. */
export async function described(): Promise<string> {
  await using folder = await emptyFolder();
  const { path } = folder;
  await writeFile(join(path, 'package.json'), JSON.stringify({ name: 'reader', private: true, type: 'module' }));
  await writeFile(join(path, 'read.js'), PROGRAM);
  await run(path, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', PARSER]);
  const said = await run(path, process.execPath, ['read.js', join(ROOT, 'docs/asyncapi.yaml')]);
  const [channels = '', messages = ''] = said.trim().split(' ');
  return `docs/asyncapi.yaml is valid: ${channels} channels, ${messages} messages`;
}

/** Nothing breaks what the last release promised. */
export const compares = async (): Promise<string> => (await run(ROOT, 'npm', ['run', '-s', 'contract:compare'])).trim();
