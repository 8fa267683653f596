import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { CE } from '@leadstream/contracts/envelope';
import { GUARD_BUCKET, KEYS, LOG_STREAM, streams, type LogStream } from '@leadstream/contracts/streams';
import { reachable, type Broker } from '@leadstream/eventlog/broker';
import { storedAt, streamsOf } from '@leadstream/eventlog/log-stream';
import { endAtOf } from '@leadstream/service/guard-facts';
import { z } from 'zod';
import { ending } from './help.ts';
import {
  emptyFolder,
  fileOf,
  logParts,
  newManifest,
  writeManifest,
  type Manifest,
  type Part,
} from './backup-folder.ts';
import { ageOf, datedFolder, forgetOld, type Ages, type Old } from './backup-age.ts';
import { note, print, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';
import { takeSnapshot } from './stream-snapshot.ts';

const NOT_FORGOTTEN = 2;

interface Options {
  dated?: boolean;
  keep?: string;
  keepKeys: string;
  withoutKeys?: boolean;
  json?: boolean;
}

export function backupCommand(program: Command): void {
  program
    .command('backup <folder>')
    .description(
      'write all that NATS holds of Leadstream into a new folder: the streams with their consumers, and the buckets. ' +
        'Services may run meanwhile.\nMongoDB and the secrets are not in it',
    )
    .addHelpText(
      'after',
      ending(['leadctl backup backups/2026-11-24', 'leadctl backup backups --dated --keep 14'], {
        0: 'a whole backup',
        1: 'none',
        2: 'a whole one, and an older one could not be removed',
      }),
    )
    .option('--dated', 'into a folder of its own below <folder>, named by the time')
    .option('--keep <duration>', 'with --dated: remove older backups there, an ISO 8601 duration such as P30D')
    .option(
      '--keep-keys <duration>',
      'with --dated: remove the keys of older backups there: what was erased is readable for as long',
      'P29D',
    )
    .option('--without-keys', 'leave out the keys of personal data: a log restored without them is not readable')
    .option('--json', 'as JSON')
    .action((folder: string, options: Options) => run(folder, options));
}

async function run(folder: string, { dated, keep, keepKeys, withoutKeys = false, json }: Options): Promise<void> {
  if (!dated && keep !== undefined) throw new Error('--keep goes with --dated');
  const ages: Ages = {
    keys: ageOf('--keep-keys', keepKeys),
    ...(keep === undefined ? {} : { all: ageOf('--keep', keep) }),
  };
  const into = dated ? datedFolder(folder, Temporal.Now.instant()) : folder;
  const made = await withBroker((broker) =>
    makeBackup(broker, into, { withKeys: !withoutKeys, onProgress: progress() }),
  );
  const forgotten = dated ? await forgetOld(folder, ages, Temporal.Instant.from(made.startedAt)) : [];
  print(json ? { folder: into, ...made, forgotten } : shown(into, made, forgotten));
  // Not 0: keys of erased leads that stay in a backup are readable for ever, and a full volume ends all backups.
  if (forgotten.some(({ failed }) => failed !== undefined)) exitWith(NOT_FORGOTTEN);
}

interface BackupOptions {
  withKeys: boolean;
  onProgress?: (stream: string, bytes: number) => void;
}

/**
 * The streams are backed up one by one, so not at one instant; the order makes that safe. Every message that INTAKE and
 * FEEDBACK count as handled is in LEADS, which comes after them, whatever its number of streams: all events of a lead
 * are in one, so nothing is between two of them. The keys come after LEADS: a lead's key is written
 * before its first event.
 */
export async function makeBackup(
  broker: Broker,
  folder: string,
  { withKeys, onProgress }: BackupOptions,
): Promise<Manifest> {
  const startedAt = new Date().toISOString();
  const names = await namesIn(broker);
  const absent = streamsOf(broker).find(({ stream }) => !names.includes(stream));
  if (absent) throw new Error(`there is no stream ${absent.stream}: nothing to back up`);
  await emptyFolder(folder);
  const parts: Part[] = [];
  for (const stream of names.filter((name) => withKeys || name !== KEYS)) {
    const path = fileOf(folder, stream);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const takenAt = new Date().toISOString();
    parts.push({
      stream,
      takenAt,
      ...(await takeSnapshot(broker, stream, path, (bytes) => onProgress?.(stream, bytes))),
    });
  }
  const nats = broker.connection().info?.version ?? '';
  const made = newManifest({
    id: randomUUID(),
    leadstream: await version(),
    nats,
    startedAt,
    endedAt: new Date().toISOString(),
    parts,
    ...(await lastEvent(broker, logParts(parts))),
  });
  await writeManifest(folder, made);
  return made;
}

/** The last event of LEADS, of partitions the earliest; absent if one was deleted, or is invalid. */
async function lastEvent(broker: Broker, log: readonly Part[]): Promise<Pick<Manifest, 'lastEvent'>> {
  const last = await Promise.all(
    streamsOf(broker).map((stream, index) => lastOf(broker, stream, log[index]?.state.last_seq ?? 0)),
  );
  const at = endAtOf(last);
  const lastEvent = last.find((event) => event && event.at === at);
  return lastEvent ? { lastEvent } : {};
}

async function lastOf(broker: Broker, log: LogStream, seq: number): Promise<NonNullable<Manifest['lastEvent']> | null> {
  const header = seq > 0 ? (await storedAt(broker, seq, log))?.header : undefined;
  const id = header?.get(CE.id);
  try {
    return id ? { seq, id, at: Temporal.Instant.from(header?.get(CE.time) ?? '').toString() } : null;
  } catch {
    return null;
  }
}

const LAST = ['INTAKE', 'FEEDBACK', 'QUARANTINE', 'LEADS', 'PUBLIC', KEYS];

/**
 * Our streams and every bucket, including those of newer releases, in the order of the backup. A stream of a log with
 * another number is none of ours, such as the `LEADS` that a release from before partitions makes beside them.
 */
async function namesIn(broker: Broker): Promise<string[]> {
  const names: string[] = [];
  const log = streamsOf(broker).map(({ stream }) => stream);
  const isOurs = (name: string): boolean =>
    LOG_STREAM.test(name) ? log.includes(name) : name in streams || name.startsWith('KV_');
  await reachable(async () => {
    for await (const name of (await broker.jsm()).streams.names()) if (isOurs(name)) names.push(name);
  });
  const rank = (name: string): number =>
    name === `KV_${GUARD_BUCKET}` ? -2 : LAST.indexOf(LOG_STREAM.test(name) ? 'LEADS' : name);
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return z.looseObject({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** At most one line a second, and none without a terminal. */
function progress(): BackupOptions['onProgress'] {
  if (!terminal().isTTY) return undefined;
  let saidMs = performance.now();
  let sum = 0;
  return (stream, bytes) => {
    sum += bytes;
    if (performance.now() - saidMs < 1_000) return;
    saidMs = performance.now();
    note(`${stream}  ${megabytes(sum)} in all`);
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function shown(folder: string, { parts, endedAt }: Manifest, forgotten: readonly Old[]): string {
  const row = ({ stream, state: { messages, last_seq: last }, bytes }: Part) =>
    `${stream.padEnd(14)} ${String(messages).padStart(9)} messages to ${last}, ${megabytes(bytes)}`;
  return [
    ...parts.map(row),
    ...forgotten.map(({ folder: old, what, failed }) =>
      failed === undefined ? `removed ${what} of ${old}` : `could not remove ${what} of ${old}: ${failed}`,
    ),
    `${folder} is whole, at ${endedAt}. LEAD_ID_SECRET and the other secrets are not in it`,
  ].join('\n');
}
