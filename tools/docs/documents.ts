import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { asyncapi } from './asyncapi.ts';
import { eventsPage, GENERATED } from './events-page.ts';
import { lists } from './lists.ts';
import { observability } from '../observability/documents.ts';
import { metricsPage } from './metrics-page.ts';
import { openapis } from './openapis.ts';
import { filled, namesIn } from './pages.ts';
import { described, events, schemaFile, told } from './schemas.ts';

export const ROOT = join(import.meta.dirname, '../..');
const SCHEMAS = 'docs/schemas';

const yaml = (document: object): string =>
  `# ${GENERATED}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** All pages of the repository, by their paths. */
export async function texts(): Promise<Map<string, string>> {
  const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' });
  const names = paths.split('\n').filter((path) => path !== '');
  const read = await Promise.all(names.map((path) => textOf(join(ROOT, path))));
  return new Map(names.map((path, index) => [path, read[index] ?? '']));
}

/** The hand-written ones with a list of the code's in them. */
export const pages = async (): Promise<Map<string, string>> =>
  new Map([...(await texts())].filter(([, text]) => namesIn(text).length > 0));

/** Every document that is made of the code, in whole or in part, by its path: a second of CPU. */
export async function documents(): Promise<Map<string, string>> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'libs/contracts/package.json'), 'utf8')) as {
    version: string;
  };
  const known = await lists();
  return new Map([
    ...[described, ...told, ...events].map((message): [string, string] => [
      `docs/${schemaFile(message)}`,
      `${JSON.stringify(message.schema, null, 2)}\n`,
    ]),
    ['docs/asyncapi.yaml', asyncapi(version)],
    ...Object.entries(openapis).map(([app, of]): [string, string] => [`docs/openapi/${app}.yaml`, yaml(of())]),
    ['docs/events.md', eventsPage()],
    ['docs/metrics.md', metricsPage()],
    ...observability(),
    ...[...(await pages())].map(([path, page]): [string, string] => [path, filled(path, page, known)]),
  ]);
}

/** The paths below `root` that differ from the code: changed, missing, or of a message that is no more. */
export async function outdated(root = ROOT, made?: Map<string, string>): Promise<string[]> {
  const current = made ?? (await documents());
  const differ = await Promise.all(
    [...current].map(async ([path, text]) => ((await textOf(join(root, path))) === text ? [] : [path])),
  );
  return [...differ.flat(), ...(await leftOver(root, current))].sort();
}

/** Writes the documents, and deletes the schemas of removed messages. */
export async function generate(root = ROOT, made?: Map<string, string>): Promise<void> {
  const current = made ?? (await documents());
  for (const [path, text] of current) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const path of await leftOver(root, current)) await rm(join(root, path));
}

async function leftOver(root: string, current: Map<string, string>): Promise<string[]> {
  const present = await readdir(join(root, SCHEMAS)).catch(() => []);
  return present.map((name) => `${SCHEMAS}/${name}`).filter((path) => !current.has(path));
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
