import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KEYS } from '@leadstream/contracts/streams';
import { BackupError, fileOf, readManifest } from './backup-folder.ts';

/** A backup, or the keys in one, that is too old. */
export interface Old {
  folder: string;
  what: 'all' | 'the keys';
  /** The error's code when it could not be removed. */
  failed?: string;
}
/** The maximum ages of a backup and of the keys in one. Absent: no limit. */
export interface Ages {
  all?: Temporal.Duration;
  keys: Temporal.Duration;
}

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** `<parent>/20261128T134500Z`. */
export const datedFolder = (parent: string, at: Temporal.Instant): string =>
  join(parent, at.toString({ smallestUnit: 'second' }).replace(/[-:]/g, ''));

/**
 * Removes the dated folders below `parent` that are too old, and the keys of others. Folders with other names stay. One
 * that cannot be removed is in the result, and hinders no other.
 */
export async function forgetOld(parent: string, ages: Ages, now: Temporal.Instant): Promise<Old[]> {
  const isOlder = (at: Temporal.Instant, age?: Temporal.Duration): boolean =>
    age !== undefined && Temporal.Instant.compare(at, now.toZonedDateTimeISO('UTC').subtract(age).toInstant()) < 0;
  const old: Old[] = [];
  for (const name of (await readdir(parent)).sort()) {
    const at = timeOf(name);
    if (!at) continue;
    const folder = join(parent, name);
    const keys = dirname(fileOf(folder, KEYS));
    const isForgotten = isOlder(at, ages.all);
    if (!isForgotten && !(isOlder(at, ages.keys) && (await exists(keys)))) continue;
    const failed = await rm(isForgotten ? folder : keys, { recursive: true }).then(() => undefined, codeOf);
    old.push({ folder, what: isForgotten ? 'all' : 'the keys', ...(failed === undefined ? {} : { failed }) });
  }
  return old;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);

/** The newest dated folder below `parent` that is a complete backup. Throws BackupError when there is none. */
export async function newestBackup(parent: string): Promise<string> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => timeOf(name) !== undefined);
  for (const name of names.sort().reverse()) {
    const folder = join(parent, name);
    if (await readManifest(folder).catch(() => undefined)) return folder;
  }
  throw new BackupError(`there is no whole backup in ${parent}`);
}

function timeOf(name: string): Temporal.Instant | undefined {
  const [, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
  if (year === undefined) return undefined;
  try {
    return Temporal.Instant.from(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  } catch {
    return undefined;
  }
}

/** Parses an age from the command line. Throws when it is invalid, or would remove the new backup. */
export function ageOf(option: string, text: string): Temporal.Duration {
  try {
    const age = Temporal.Duration.from(text);
    if (age.sign > 0) return age;
  } catch {
    // Reported below.
  }
  throw new Error(`${option}: ${text} is no ISO 8601 duration above zero, such as P30D`);
}
