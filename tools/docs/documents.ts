import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asyncapi } from './asyncapi.ts';
import { eventsPage } from './events-page.ts';
import { metricsPage } from './metrics-page.ts';
import { described, events, schemaFile } from './schemas.ts';

const ROOT = join(import.meta.dirname, '../..');
export const DOCS = join(ROOT, 'docs');

/** Every generated document, by its path in `docs/`. */
export async function documents(): Promise<Map<string, string>> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'libs/contracts/package.json'), 'utf8')) as {
    version: string;
  };
  return new Map([
    ...[described, ...events].map((message): [string, string] => [
      schemaFile(message),
      `${JSON.stringify(message.schema, null, 2)}\n`,
    ]),
    ['asyncapi.yaml', asyncapi(version)],
    ['events.md', eventsPage()],
    ['metrics.md', metricsPage()],
  ]);
}

/** The paths in `folder` that differ from the code: changed, missing, or of a message that is no more. */
export async function outdated(folder = DOCS): Promise<string[]> {
  const current = await documents();
  const differ = await Promise.all(
    [...current].map(async ([path, text]) => ((await textOf(join(folder, path))) === text ? [] : [path])),
  );
  return [...differ.flat(), ...(await leftOver(folder, current))].sort();
}

/** Writes them, and takes away the schema of a message that is no more. */
export async function generate(folder = DOCS): Promise<void> {
  const current = await documents();
  for (const [path, text] of current) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const path of await leftOver(folder, current)) await rm(join(folder, path));
}

async function leftOver(folder: string, current: Map<string, string>): Promise<string[]> {
  const present = await readdir(join(folder, 'schemas')).catch(() => []);
  return present.map((name) => `schemas/${name}`).filter((path) => !current.has(path));
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
