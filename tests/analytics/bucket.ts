import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3mini } from 's3mini';
import { openBucket, sendFolder, targetOf } from '@leadstream/leadctl/export/bucket';
import { readManifest, type Manifest } from '@leadstream/leadctl/export/folder';

const TARGET = targetOf('s3://analysts/lead/stream/');
const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
/** Above the size of a part, so that it goes in three. */
const LARGE_BYTES = 20 * 1024 * 1024;

/** The S3-compatible server of `s3`, built by Go. Resolves to the variables that name it. */
export async function startS3(started: AsyncDisposableStack): Promise<Record<string, string>> {
  const dir = await mkdtemp(join(tmpdir(), 'leadstream-s3-'));
  started.defer(() => rm(dir, { recursive: true }));
  const binary = join(dir, 's3');
  execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(import.meta.dirname, 's3'), stdio: 'inherit' });
  const server = spawn(binary, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.defer(() => void server.kill());
  const [said] = (await once(server.stdout, 'data')) as [Buffer];
  return { ...KEYS, AWS_ENDPOINT_URL_S3: String(said).trim() };
}

/** Sends an export by the command, then a folder with a large file, ended in between and sent on. */
export async function checkBucket(
  folder: string,
  env: Record<string, string>,
  exportTo: (url: string) => unknown,
): Promise<void> {
  Object.assign(process.env, env);
  const s3 = await openBucket(TARGET);
  await exportTo('s3://analysts/lead/stream/');
  await isSame(s3, folder);
  const large = `${folder}-large`;
  await mkdir(join(large, 'events'), { recursive: true });
  const made = (await readManifest(folder)) as Manifest;
  const files = ['events/1.parquet', 'events/2.parquet', 'leads.parquet', 'export.json'];
  for (const name of files)
    await writeFile(
      join(large, name),
      name === 'export.json' ? JSON.stringify(made) : randomBytes(name === files[1] ? LARGE_BYTES : 1_000),
    );
  const other = targetOf('s3://analysts/large');
  await sendFolder(s3, other, large, made, (name) => {
    if (name === 'events/2.parquet') throw new Error('ended here');
  }).catch((error: unknown) => {
    if (!(error instanceof Error && error.message === 'ended here')) throw error;
  });
  if ((await s3.getObject('large/export.json')) !== null) throw new Error('the manifest came before its files');
  expect('sent on', await sendFolder(s3, other, large, made), { there: 2, sent: 2, removed: 0 });
  await isSame(s3, large, 'large/');
  await rm(join(large, 'events/1.parquet'));
  await writeFile(join(large, 'leads.parquet'), 'other leads');
  expect('changed', await sendFolder(s3, other, large, made), { there: 2, sent: 1, removed: 1 });
  await isSame(s3, large, 'large/');
  const refused = await sendFolder(s3, other, large, { ...made, stream: 'another' }).catch((error: unknown) =>
    error instanceof Error ? error.message : undefined,
  );
  expect(
    'another stream',
    typeof refused === 'string' && refused.startsWith('the bucket has an export with stream'),
    true,
  );
}

/** The bucket has exactly the files of the folder. */
async function isSame(s3: S3mini, of: string, prefix = TARGET.prefix): Promise<void> {
  const names = (await readdir(of, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile() && !one.name.startsWith('.'))
    .map((one) => join(one.parentPath, one.name).slice(of.length + 1))
    .sort();
  const keys = ((await s3.listObjects('/', prefix)) ?? []).map(({ Key }) => Key.slice(prefix.length)).sort();
  expect('files in the bucket', keys, names);
  for (const name of names) {
    const there = Buffer.from((await s3.getObjectArrayBuffer(prefix + name)) ?? new ArrayBuffer());
    expect(name, there.equals(await readFile(join(of, name))), true);
  }
}

function expect(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}
