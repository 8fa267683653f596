import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapterSchema, type Adapter } from '@leadstream/lead/intake/adapter';
import { parse } from 'yaml';

export interface IntakeFolder {
  /** By name, which is the file's. */
  adapters: ReadonlyMap<string, Adapter>;
  /** Each with its file. */
  problems: string[];
}

const FILE = /^([a-z0-9]+(?:-[a-z0-9]+)*)\.yaml$/;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The folder, relative to the working directory or else to the installation. */
export const installed = (dir: string): string => (existsSync(dir) ? dir : resolve(ROOT, dir));

/** Reads `intake/<name>.yaml`: how the posts of form services become leads. Never throws. */
export function readIntake(dir: string): IntakeFolder {
  const adapters = new Map<string, Adapter>();
  const problems: string[] = [];
  for (const file of filesIn(dir, problems)) {
    const name = FILE.exec(file)?.[1];
    if (name === undefined) {
      problems.push(`${file}: must be named in lower-case letters, digits and hyphens`);
      continue;
    }
    try {
      const parsed = adapterSchema.safeParse(parse(readFileSync(join(dir, file), 'utf8')));
      if (parsed.data) adapters.set(name, parsed.data);
      for (const { path, message } of parsed.error?.issues ?? [])
        problems.push(`${file}: ${path.join('.') || 'the file'}: ${message}`);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'cannot be read'}`);
    }
  }
  return { adapters, problems };
}

function filesIn(dir: string, problems: string[]): string[] {
  try {
    return readdirSync(dir)
      .filter((file) => /\.ya?ml$/.test(file))
      .sort();
  } catch {
    problems.push(`there is no folder ${dir}`);
    return [];
  }
}
