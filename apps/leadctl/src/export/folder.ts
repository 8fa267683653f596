import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WITHHELD, type Withheld } from '@leadstream/contracts/exported';
import { covers, placeJson, placeOf, placeText, type Place } from '@leadstream/contracts/place';
import { z } from 'zod';
import { FORMATS } from './formats.ts';
import { lastNumber, placeOfNumber } from './number.ts';
import { TABLES } from './tables.ts';

/** Raised when a column changes its meaning: parts of two versions do not go together. */
const SCHEMA = 1;
export const MANIFEST = 'export.json';

const count = z.int().min(0);
/** `PlaceJson`. */
const placeFrom = (min: number) => z.union([z.int().min(min), z.array(z.int().min(min))]);
const manifest = z.object({
  leadstream: z.literal('export'),
  schema: z.int(),
  /** The creation of the log: sequences of another one mean other events. */
  stream: z.string(),
  format: z.enum(FORMATS),
  with: z.array(z.enum(Object.keys(WITHHELD) as [Withheld, ...Withheld[]])),
  /** Of each stream the first sequence. */
  from: placeFrom(1),
  partSize: z.int().min(1),
  /** The log up to this place is in the parts. */
  upTo: placeFrom(0),
  parts: z.record(z.string(), z.object({ upTo: placeFrom(0), messages: count, rows: count, unreadable: count })),
  /** `partsSum` of the parts that the tables were made of. */
  tables: z.string().optional(),
});
export type Manifest = z.output<typeof manifest>;
export type Wish = Pick<Manifest, 'stream' | 'format' | 'with' | 'from' | 'partSize'>;

/** The folder that the command line names. Throws for what DuckDB, or nobody, takes for a folder. */
export function folderNamed(text: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text))
    throw new Error(`${text} is no folder: name one of this machine; --to sends an export to a bucket`);
  if (text.includes('\\')) throw new Error(`${text}: DuckDB reads no folder with a backslash in its name`);
  return resolve(text);
}

/** Changes with each change of a part. */
export const partsSum = ({ parts }: Manifest): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

export const hasTables = (folder: string, { format }: Manifest): boolean =>
  Object.keys(TABLES).every((table) => existsSync(`${folder}/${table}.${format}`));

/**
 * The manifest of the export in the folder, or that of a new one there. Throws for an export of something else, or of
 * more than the log from `wish.from` to `upTo`, and for a folder that has other files.
 */
export async function manifestIn(folder: string, wish: Wish, upTo: Place): Promise<Manifest> {
  await mkdir(`${folder}/events`, { recursive: true, mode: 0o700 });
  const wanted = { ...wish, with: [...wish.with].sort() };
  const found = await readManifest(folder);
  if (!found) {
    const others = (await readdir(folder)).filter((name) => name !== 'events' && !name.startsWith('.'));
    if (others.length > 0) throw new Error(`${folder} is no export, and not empty: ${others.slice(0, 3).join(', ')}`);
    return { leadstream: 'export', schema: SCHEMA, ...wanted, upTo: placeJson(upTo.map(() => 0)), parts: {} };
  }
  if (found.schema !== SCHEMA)
    throw new Error(
      `${folder} has columns of schema ${found.schema}, this build writes ${SCHEMA}: name another folder`,
    );
  for (const name of ['stream', 'format', 'with', 'partSize'] as const)
    if (String(found[name]) !== String(wanted[name]))
      throw new Error(
        `${folder} has an export with ${name} ${String(found[name]) || 'nothing'}, not ` +
          `${String(wanted[name]) || 'nothing'}: name another folder`,
      );
  const [begins, begun] = [placeOf(wanted.from), placeOf(found.from)];
  if (!covers(begins, begun))
    throw new Error(
      `${folder} has the log from LEADS ${placeText(begun)}, not from ${placeText(begins)}: repeat its --since, or ` +
        'name another folder',
    );
  const last = Object.values(found.parts)
    .map((part) => placeOf(part.upTo))
    .reduce(later, placeOf(found.upTo));
  if (!covers(upTo, last))
    throw new Error(
      `${folder} has the log to LEADS ${placeText(last)}, and is to end at ${placeText(upTo)}: name another folder`,
    );
  return found;
}

/** undefined: there is none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(`${folder}/${MANIFEST}`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseManifest(text, `${folder}/${MANIFEST}`);
}

/** Throws for another text, by the name of its place. */
export function parseManifest(text: string, place: string): Manifest {
  const { success, data, error } = manifest.safeParse(JSON.parse(text));
  if (!success) throw new Error(`${place} is no manifest: ${z.prettifyError(error)}`);
  return data;
}

export async function writeManifest(folder: string, made: Manifest): Promise<void> {
  await replaced(`${folder}/${MANIFEST}`, (path) => writeFile(path, `${JSON.stringify(made, null, 2)}\n`));
}

/** Writes a file beside and renames it: a reader, and a call after a crash, sees the old one or the whole new one. */
export async function replaced(path: string, write: (path: string) => Promise<unknown>): Promise<void> {
  const beside = path.replace(/([^/]+)$/, '.$1.part');
  await rm(beside, { force: true });
  await write(beside).catch(async (error: unknown) => {
    // On a full disk the next call needs its place.
    await rm(beside, { force: true });
    throw error;
  });
  await rename(beside, path);
}

const digits = (number: number): string => String(number).padStart(12, '0');
const later = (one: Place, other: Place): Place => one.map((seq, stream) => Math.max(seq, other[stream] ?? 0));
const earlier = (one: Place, other: Place): Place => one.map((seq, stream) => Math.min(seq, other[stream] ?? 0));

/** A part has the events behind one place and up to another. */
export interface Range {
  name: string;
  after: Place;
  upTo: Place;
}

/**
 * The parts of a log up to a place, each of as many numbers of events. One that is not whole has the name of its whole
 * range, and is replaced until it is.
 */
export function* rangesOf({ from, partSize, format }: Wish, upTo: Place): Generator<Range> {
  const begin = placeOf(from);
  const before = begin.map((seq) => seq - 1);
  const end = Math.max(lastNumber(upTo), lastNumber(begin));
  for (let first = 1; first <= end; first += partSize) {
    const last = first + partSize - 1;
    const whole = placeOfNumber(last, upTo.length);
    if (covers(before, whole)) continue;
    const after = later(before, earlier(placeOfNumber(first - 1, upTo.length), upTo));
    const name = `${digits(first)}-${digits(last)}.${format}`;
    yield { name, after, upTo: later(after, earlier(whole, upTo)) };
  }
}
