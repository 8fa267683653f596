import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KEYS, logStreams, partitionsIn } from '@leadstream/contracts/streams';
import { z } from 'zod';
import { described } from './stream-snapshot.ts';

/**
 * A backup is a folder: a file a stream, and `manifest.json`, which is written last. The keys' file is in `keys/`: a
 * copy of them outlives an erasure, and is removed earlier.
 */

const MANIFEST = 'manifest.json';
const FORMAT = 1;

const part = described
  .extend({
    stream: z.string().regex(/^[\w-]+$/),
    bytes: z.number(),
    sha256: z.hex(),
    takenAt: z.iso.datetime(),
  })
  .refine(({ stream, config }) => config.name === stream, 'the configuration is of another stream');
const manifest = z.object({
  format: z.literal(FORMAT),
  id: z.uuid(),
  leadstream: z.string(),
  nats: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** The last event of LEADS, with its writer's time, of partitions the earliest; absent when one has none. */
  lastEvent: z.object({ seq: z.number(), id: z.string(), at: z.iso.datetime({ offset: true }) }).optional(),
  parts: z.array(part).min(1),
});
export type Part = z.infer<typeof part>;
export type Manifest = z.infer<typeof manifest>;

/** A folder, or a file in it, that is no complete backup. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code = 'BACKUP';
}

export const fileOf = (folder: string, stream: string): string =>
  join(folder, ...(stream === KEYS ? ['keys'] : []), `${stream}.snapshot`);
export const newManifest = (about: Omit<Manifest, 'format'>): Manifest => ({ format: FORMAT, ...about });

/**
 * Creates the folder. Throws BackupError when it cannot be created, and when it is not empty: two backups in one folder
 * would be unusable.
 */
export async function emptyFolder(folder: string): Promise<void> {
  const found = await makeFolders(resolve(folder))
    .then(() => readdir(folder))
    .catch((cause: unknown) => {
      throw new BackupError(`${folder} is no folder that can be written (${codeOf(cause)})`, { cause });
    });
  if (found.length > 0) throw new BackupError(`${folder} is not empty; name a new folder for each backup`);
}

/** One by one: Node's recursive `mkdir` never returns below a folder such as /proc, which allows no new ones. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || (await isThere(dirname(path)))) throw error;
    await makeFolders(dirname(path));
    await makeFolders(path);
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A file system's reason, such as ENOENT. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error && 'code' in error ? String(error.code) : 'no reason';

/** Completes the backup: without a manifest, `readManifest` refuses the folder. */
export async function writeManifest(folder: string, written: Manifest): Promise<void> {
  const [temporary, final] = [join(folder, `${MANIFEST}.tmp`), join(folder, MANIFEST)];
  {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(written, null, 2)}\n`);
    await file.sync();
  }
  // The files' names are synced before the manifest's, so that a power failure cannot leave a manifest without its
  // files.
  for (const dir of new Set(written.parts.map(({ stream }) => dirname(fileOf(folder, stream))))) await syncFolder(dir);
  await rename(temporary, final);
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

/** Reads the folder's manifest. Throws BackupError. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(async (cause: unknown) => {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    throw new BackupError(
      isThere
        ? `${folder} has no ${MANIFEST}, which is written last: it is no backup, or one that was cut off`
        : `there is no folder ${folder}`,
      { cause },
    );
  });
  const json = parsed(text);
  const { data: format } = z.looseObject({ format: z.number() }).safeParse(json);
  if (format && format.format !== FORMAT)
    throw new BackupError(`${folder} is a backup of format ${format.format}; this release reads format ${FORMAT}`);
  const { data, error } = manifest.safeParse(json);
  if (!data) throw new BackupError(`${join(folder, MANIFEST)} cannot be read: ${z.prettifyError(error)}`);
  return data;
}

/** The parts of the log's streams, in their order. Throws BackupError when one of them is missing. */
export function logParts(parts: readonly Part[]): Part[] {
  const [partitions = 1] = parts.flatMap(({ stream }) => partitionsIn(stream) ?? []);
  return logStreams(partitions).map((log) => {
    const found = parts.find(({ stream }) => stream === log.stream);
    if (!found) throw new BackupError(`the backup has no ${log.stream}, so not the whole log`);
    return found;
  });
}

/** Checks the size and hash of every file of `parts`. Throws BackupError with all mismatches. */
export async function checkParts(folder: string, parts: readonly Part[]): Promise<void> {
  const problems: string[] = [];
  for (const { stream, bytes, sha256 } of parts) {
    const path = fileOf(folder, stream);
    const found = await stat(path).catch(() => undefined);
    if (!found) problems.push(`${path} is missing`);
    else if (found.size !== bytes) problems.push(`${path} has ${found.size} bytes, not ${bytes}`);
    else if ((await hashOf(path)) !== sha256)
      problems.push(`${path} is not what was written: its SHA-256 is another one`);
  }
  if (problems.length > 0) throw new BackupError(problems.join('\n'));
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
