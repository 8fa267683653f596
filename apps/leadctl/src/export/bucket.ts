import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import type { S3mini } from 's3mini';
import { settings } from '../session.ts';
import { parseManifest, MANIFEST, type Manifest } from './folder.ts';

/** Size of the parts of a larger file, and the most of it that is in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/** A place in an S3-compatible bucket. */
export interface Target {
  bucket: string;
  /** Empty, or with `/` at its end. */
  prefix: string;
}

export function targetOf(url: string): Target {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? [];
  if (bucket === undefined) throw new Error(`--to: ${url} must be like s3://bucket/prefix`);
  const path = prefix.replace(/^\/+|\/+$/g, '');
  return { bucket, prefix: path === '' ? '' : `${path}/` };
}

/** The bucket by the variables of the AWS tools. Addresses have the bucket in their path, as other servers want it. */
export async function openBucket({ bucket }: Target): Promise<S3mini> {
  const { S3mini } = await import('s3mini').catch((cause: unknown) => {
    throw new Error('s3mini is not installed here; npm ci in the repository installs it', { cause });
  });
  const env = settings();
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (!accessKeyId || !secretAccessKey) throw new Error('--to needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  // The client signs no session token, and the bucket's refusal would not say so.
  if (env['AWS_SESSION_TOKEN']) throw new Error('--to takes no temporary keys: AWS_SESSION_TOKEN must not be set');
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const server = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? `https://s3.${region}.amazonaws.com`;
  const endpoint = `${server.replace(/\/+$/, '')}/${bucket}`;
  return new S3mini({ accessKeyId, secretAccessKey, endpoint, region, requestAbortTimeout: TIMEOUT_MS });
}

export interface Sent {
  /** Files that the bucket had already. */
  there: number;
  sent: number;
  removed: number;
}

/**
 * Brings the bucket to the state of an export's folder: sends what it lacks or has in another state, the manifest last,
 * so that a reader who begins with it finds what it names. Ended at any moment, the next call sends the rest. Throws
 * for a place that has an export of something else.
 */
export async function sendFolder(
  s3: S3mini,
  { prefix }: Target,
  folder: string,
  made: Manifest,
  onFile: (name: string) => void = () => undefined,
): Promise<Sent> {
  await checkManifest(s3, prefix, made);
  const there = await listed(s3, prefix);
  const names = await filesOf(folder);
  const done: Sent = { there: 0, sent: 0, removed: 0 };
  for (const name of names) {
    if ((await entityTags(`${folder}/${name}`)).includes(there.get(prefix + name) ?? '')) done.there++;
    else {
      await send(s3, prefix + name, `${folder}/${name}`);
      onFile(name);
      done.sent++;
    }
  }
  // A file of the folder before: parts of another range, which hold rows twice.
  const known = new Set(names.map((name) => prefix + name));
  for (const key of there.keys()) {
    if (known.has(key) || !key.startsWith(`${prefix}events/`)) continue;
    await s3.deleteObject(key);
    done.removed++;
  }
  return done;
}

async function checkManifest(s3: S3mini, prefix: string, made: Manifest): Promise<void> {
  const text = await s3.getObject(prefix + MANIFEST);
  if (text === null) return;
  const there = parseManifest(text, `s3: ${prefix}${MANIFEST}`);
  for (const name of ['schema', 'stream', 'format', 'with', 'from', 'partSize'] as const)
    if (String(there[name]) !== String(made[name]))
      throw new Error(
        `the bucket has an export with ${name} ${String(there[name]) || 'nothing'}, not ` +
          `${String(made[name]) || 'nothing'}: name another prefix`,
      );
}

/** Entity tags by key. */
async function listed(s3: S3mini, prefix: string): Promise<Map<string, string>> {
  const objects = (await s3.listObjects('/', prefix)) ?? [];
  return new Map(objects.map(({ Key, ETag }) => [Key, s3.sanitizeETag(ETag)]));
}

/** The manifest is the last one. */
async function filesOf(folder: string): Promise<string[]> {
  const visible = (name: string): boolean => !name.startsWith('.');
  const events = (await readdir(`${folder}/events`)).filter(visible).sort();
  const tables = (await readdir(folder))
    .filter((name) => visible(name) && name !== 'events' && name !== MANIFEST)
    .sort();
  return [...events.map((name) => `events/${name}`), ...tables, MANIFEST];
}

/** The file in parts of a size, one in memory at a time; an empty file has one. */
async function* partsOf(path: string): AsyncGenerator<Buffer> {
  const { size } = await stat(path);
  await using file = await open(path);
  for (let at = 0; at === 0 || at < size; at += PART_BYTES) {
    const part = Buffer.alloc(Math.min(PART_BYTES, size - at));
    await file.read(part, 0, part.length, at);
    yield part;
  }
}

/**
 * The tags that servers give to an object that was sent as `send` does: Amazon's of its parts, or others' of the whole.
 * A server with neither gets the file again each time.
 */
async function entityTags(path: string): Promise<readonly string[]> {
  const whole = createHash('md5');
  const parts = createHash('md5');
  let count = 0;
  for await (const part of partsOf(path)) {
    whole.update(part);
    parts.update(createHash('md5').update(part).digest());
    count++;
  }
  return [whole.digest('hex'), `${parts.digest('hex')}-${count}`];
}

async function send(s3: S3mini, key: string, path: string): Promise<void> {
  const { size } = await stat(path);
  if (size <= PART_BYTES) {
    for await (const whole of partsOf(path)) await s3.putObject(key, whole, TYPE, undefined, undefined, size);
    return;
  }
  const upload = await s3.getMultipartUploadId(key, TYPE);
  try {
    const parts = [];
    for await (const part of partsOf(path)) parts.push(await s3.uploadPart(key, upload, part, parts.length + 1));
    await s3.completeMultipartUpload(key, upload, parts);
  } catch (error) {
    // Parts without an object are paid for until they are removed.
    await s3.abortMultipartUpload(key, upload).catch(() => undefined);
    throw error;
  }
}

const TYPE = 'application/octet-stream';
