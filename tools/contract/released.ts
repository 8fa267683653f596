import { readdir, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Contract } from './compare.ts';
import { CONTRACTS, readManifest } from './package.ts';
import { plain, type Json } from './schema-changes.ts';

const DOCS = join(import.meta.dirname, '../../docs');
export const RELEASED = join(CONTRACTS, 'released');

/** The contract as `docs/` has it. */
export async function current(): Promise<Contract> {
  const files = await readdir(join(DOCS, 'schemas'));
  const apps = (await readdir(join(DOCS, 'openapi'))).map((name) => name.replace(/\.yaml$/, ''));
  const yaml = async (path: string) => parse(await readFile(join(DOCS, path), 'utf8')) as Json;
  const schema = async (file: string) => JSON.parse(await readFile(join(DOCS, 'schemas', file), 'utf8')) as Json;
  return {
    version: (await readManifest()).version,
    schemas: Object.fromEntries(
      await Promise.all(files.sort().map(async (file) => [file, await schema(file)] as const)),
    ),
    asyncapi: await yaml('asyncapi.yaml'),
    openapi: Object.fromEntries(
      await Promise.all(apps.sort().map(async (app) => [app, await yaml(`openapi/${app}.yaml`)] as const)),
    ),
  };
}

/** The contract of the last release; undefined before the first. A clone without tags has it, too. */
export async function released(): Promise<Contract | undefined> {
  const [file] = await readdir(RELEASED).catch(() => []);
  return file === undefined ? undefined : (JSON.parse(await readFile(join(RELEASED, file), 'utf8')) as Contract);
}

/** What is compared of a contract: without prose and refusals. */
export const compared = ({ version, schemas, asyncapi, openapi }: Contract): Contract => ({
  version,
  schemas: Object.fromEntries(Object.entries(schemas).map(([file, schema]) => [file, plain(schema) as Json])),
  asyncapi: channelsOf(asyncapi),
  openapi: Object.fromEntries(Object.entries(openapi).map(([app, document]) => [app, withoutRefusals(document)])),
});

/** Prose apart, the stream's name is all that counts of `x-jetstream`. */
const channelsOf = (document: Json): Json => {
  const { channels } = document as { channels: Record<string, { 'x-jetstream': { stream: string } }> };
  const kept = Object.entries(channels).map(([name, channel]) => {
    const { stream } = channel['x-jetstream'];
    return [name, { ...(plain(channel) as Json), 'x-jetstream': { stream } }];
  });
  return { ...(plain(document) as Json), channels: Object.fromEntries(kept) };
};

function withoutRefusals(document: Json): Json {
  const { paths, ...rest } = plain(document) as { paths: Record<string, Record<string, { responses?: Json }>> };
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path)))
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses ?? {}).filter(([code]) => code.startsWith('2')),
    );
  return { ...rest, paths };
}

/** Keeps the contract as that of its version, in place of the one before. */
export async function release(contract: Contract): Promise<string> {
  await rm(RELEASED, { recursive: true, force: true });
  await mkdir(RELEASED, { recursive: true });
  const path = join(RELEASED, `${contract.version}.json`);
  await writeFile(path, `${JSON.stringify(compared(contract), null, 1)}\n`);
  return path;
}
