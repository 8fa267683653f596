import type { Command } from 'commander';
import { ACCOUNTS_BUCKET, GUARD_BUCKET, KEYS, LOG_STREAM } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { drawPartitions, partitionsOf } from '@leadstream/eventlog/partitions';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { ending } from './help.ts';
import { checkParts, fileOf, logParts, readManifest, type Manifest, type Part } from './backup-folder.ts';
import { holdLoaded, MarkWriter, openGuard, readMark, type Mark } from './restore-mark.ts';
import { print, wholeNumber, withBroker } from './session.ts';
import { restoreSnapshot } from './stream-snapshot.ts';

interface Flags {
  replace?: boolean;
  missing?: boolean;
  withoutKeys?: boolean;
  replicas?: string;
  json?: boolean;
}

export function loadCommand(restore: Command): void {
  restore
    .command('load <folder>')
    .description(
      'bring a backup into a NATS that lacks its streams. It is checked whole before anything is changed; a load ' +
        'that was cut off goes on when it is called again.\n' +
        'Nothing is sent from the first change on, until leadctl restore confirm',
    )
    .addHelpText('after', ending('leadctl restore load backups/2026-11-24', { 0: 'loaded', 1: 'not' }))

    .option('--missing', 'keep each stream that has messages, and load only the others')
    .option('--replace', 'delete each stream that has messages, and load all: what came in since the backup is gone')
    .option('--without-keys', 'load although the keys of personal data are missing, or shall not come back')
    .option('--replicas <n>', 'copies of each stream, instead of as many as it had')
    .option('--json', 'as JSON')
    .action(async (folder: string, flags: Flags) => {
      const { replace = false, missing = false, withoutKeys = false, replicas, json } = flags;
      if (replace && missing) throw new Error('--missing and --replace exclude each other');
      const options = {
        existing: replace ? 'replace' : missing ? 'keep' : 'refuse',
        withKeys: !withoutKeys,
        ...(replicas === undefined ? {} : { replicas: wholeNumber('--replicas', replicas) }),
      } as const;
      const loaded = await withBroker((broker) => loadBackup(broker, folder, options));
      print(json ? loaded : shown(loaded));
    });
}

export interface LoadOptions {
  existing: 'refuse' | 'keep' | 'replace';
  withKeys: boolean;
  replicas?: number;
}
export interface Loaded {
  backup: string;
  takenAt: string;
  loaded: string[];
  kept: string[];
}

/**
 * Streams that hold the present state, and are kept when they exist. Replaced keys would bring back erased data, and
 * what operators have done since the backup would be forgotten.
 */
const PRESENT = [`KV_${GUARD_BUCKET}`, KEYS, `KV_${ACCOUNTS_BUCKET}`, 'OPERATIONS'];
/** The log comes before its inputs, so that no message is handled into a missing log. */
const LAST = ['LEADS', 'QUARANTINE', 'FEEDBACK', 'INTAKE'];
const TRIES = 5;

/** `LEADS` for each stream of the log. */
const roleOf = (stream: string): string => (LOG_STREAM.test(stream) ? 'LEADS' : stream);

/**
 * Loads a backup, stream by stream. The hold in the bucket `guard` comes first: nothing is sent any more. The mark
 * beside it records the progress, so that the same call goes on after a crash, and ends a load that another one
 * follows. Throws before the first change when a file is not what was written, or when a stream exists that may not be
 * touched.
 */
export async function loadBackup(broker: Broker, folder: string, options: LoadOptions): Promise<Loaded> {
  const manifest = await readManifest(folder);
  const parts = inOrder(manifest.parts)
    .filter(({ stream }) => options.withKeys || stream !== KEYS)
    .map((part) =>
      options.replicas === undefined ? part : { ...part, config: { ...part.config, num_replicas: options.replicas } },
    );
  await checkParts(folder, parts);
  mustFit(await partitionsOf(broker), logParts(parts).length);
  const before = await streamsThere(broker);
  const earlier = before.has(`KV_${GUARD_BUCKET}`) ? await readMark(broker, await openGuard(broker, 1)) : undefined;
  const goesOn = earlier?.backup === manifest.id && !earlier.finished ? earlier : undefined;
  const kept = parts.filter((part) => stays(part, before, options, goesOn)).map(({ stream }) => stream);
  if (options.existing === 'refuse') refuse(parts, before, goesOn);

  const { marks, mark } = await marked(broker, { folder, manifest, parts, kept }, before, goesOn);
  for (const part of parts) {
    if (!kept.includes(part.stream) && !isBrought(part, before, mark))
      await load({ broker, folder, marks, mark, before, kept }, part);
  }
  mark.finished = true;
  await marks.write(mark);
  return { backup: manifest.id, takenAt: manifest.startedAt, loaded: mark.done, kept };
}

/** The number of a log's streams is never changed: every process has read it. */
function mustFit(there: number | undefined, partitions: number): void {
  if (there !== undefined && there !== partitions)
    throw new Error(
      `the number of the log's streams is ${there} there, and ${partitions} in the backup: ` +
        'load it into a NATS without a log, while no service runs',
    );
}

function inOrder(parts: readonly Part[]): Part[] {
  const rank = ({ stream }: Part): number => (stream === `KV_${GUARD_BUCKET}` ? -2 : LAST.indexOf(roleOf(stream)));
  return parts.toSorted((a, b) => rank(a) - rank(b));
}

/** The last sequence of each existing stream, by name; 0 for one that never had a message. */
async function streamsThere(broker: Broker): Promise<Map<string, number>> {
  const there = new Map<string, number>();
  await reachable(async () => {
    for await (const { config, state } of (await broker.jsm()).streams.list()) there.set(config.name, state.last_seq);
  });
  return there;
}

/** A stream that services created empty at their start may be replaced. */
const isUsed = ({ stream }: Part, there: ReadonlyMap<string, number>): boolean => (there.get(stream) ?? 0) > 0;

/** Whether the mark has it as loaded and it is still there: a stream lost since is loaded again. */
const isBrought = ({ stream, state }: Part, there: ReadonlyMap<string, number>, { done }: Mark): boolean =>
  done.includes(stream) && (stream === `KV_${GUARD_BUCKET}` || (there.get(stream) ?? -1) >= state.last_seq);

/** Whether this load, possibly before an interruption, has loaded it. */
const isLoaded = (part: Part, there: ReadonlyMap<string, number>, mark?: Mark): boolean =>
  (mark !== undefined && isBrought(part, there, mark)) || wasReplaced(part, there, mark);

const wasReplaced = ({ stream, state }: Part, there: ReadonlyMap<string, number>, mark?: Mark): boolean =>
  mark?.cleared.includes(stream) === true && (there.get(stream) ?? 0) >= Math.max(1, state.last_seq);

const stays = (part: Part, there: ReadonlyMap<string, number>, { existing }: LoadOptions, mark?: Mark): boolean =>
  isUsed(part, there) && !isLoaded(part, there, mark) && (existing === 'keep' || PRESENT.includes(part.stream));

function refuse(parts: readonly Part[], there: ReadonlyMap<string, number>, mark?: Mark): void {
  const taken = parts
    .filter((part) => isUsed(part, there) && !isLoaded(part, there, mark) && !PRESENT.includes(part.stream))
    .map(({ stream }) => stream);
  if (taken.length > 0)
    throw new Error(
      `nothing was changed: ${taken.join(', ')} are there, and have messages. ` +
        '--missing keeps them and loads the others, --replace deletes them first',
    );
}

/** Loads the guard's bucket, and writes the hold and the mark into it. From here on no mail is sent. */
async function marked(
  broker: Broker,
  { folder, manifest, parts, kept }: { folder: string; manifest: Manifest; parts: readonly Part[]; kept: string[] },
  there: ReadonlyMap<string, number>,
  goesOn?: Mark,
): Promise<{ marks: MarkWriter; mark: Mark }> {
  const bucket = parts.find(({ stream }) => stream === `KV_${GUARD_BUCKET}`);
  if (bucket && !isUsed(bucket, there)) await replace(broker, folder, bucket);
  const replicas = parts[0]?.config.num_replicas ?? 1;
  const guard = await openGuard(broker, replicas);
  const partitions = logParts(parts).length;
  // A service that starts before the first stream of the log is there would draw 1. One stream needs no number.
  if (partitions > 1) mustFit(await drawPartitions(broker, replicas, partitions), partitions);
  const done = bucket && (!isUsed(bucket, there) || goesOn?.done.includes(bucket.stream)) ? [bucket.stream] : [];
  const mark: Mark = goesOn ?? {
    backup: manifest.id,
    takenAt: manifest.startedAt,
    at: new Date().toISOString(),
    cleared: [...done],
    done,
    finished: false,
  };
  const marks = await MarkWriter.begin(broker, guard);
  await holdLoaded(broker, replicas, manifest, kept);
  await marks.write(mark);
  return { marks, mark };
}

interface Load {
  broker: Broker;
  folder: string;
  marks: MarkWriter;
  mark: Mark;
  before: ReadonlyMap<string, number>;
  kept: readonly string[];
}

async function load({ broker, folder, marks, mark, before, kept }: Load, part: Part): Promise<void> {
  if (!isLoaded(part, await streamsThere(broker), mark)) {
    // A stream in use is only loaded when the operator chose to replace it.
    if (!mark.cleared.includes(part.stream) || isUsed(part, before)) {
      // Fails once another load has begun, which may have loaded this stream.
      await marks.write(mark);
      await remove(broker, part.stream);
    }
    mark.cleared = [...new Set([...mark.cleared, part.stream])];
    await marks.write(mark);
    await replace(broker, folder, part);
  }
  if (part.stream === 'PUBLIC') await tellAgain(broker, kept);
  mark.done = [...new Set([...mark.done, part.stream])];
  await marks.write(mark);
}

/** The consumers whose handled messages have their outcomes in PUBLIC. */
const TELLING: Readonly<Record<string, string>> = { LEADS: 'outcomes', QUARANTINE: 'refusals' };

/**
 * Makes the projector publish what PUBLIC has lost since the backup, from streams that are kept: its consumers there
 * have handled more than PUBLIC has now. It creates them anew, and publishes no outcome twice.
 */
async function tellAgain(broker: Broker, kept: readonly string[]): Promise<void> {
  const { consumers } = await broker.jsm();
  for (const stream of kept) {
    const durable = TELLING[roleOf(stream)];
    if (durable !== undefined)
      await reachable(() =>
        consumers.delete(stream, durable).catch((error: unknown) => {
          if (!hasCode(error, JetStreamApiCodes.ConsumerNotFound)) throw error;
        }),
      );
  }
}

/** A running service recreates a missing stream, empty: remove it and retry the load. */
async function replace(broker: Broker, folder: string, part: Part): Promise<void> {
  for (let tries = 1; ; tries++) {
    if (await isEmpty(broker, part.stream)) await remove(broker, part.stream);
    try {
      return await restoreSnapshot(broker, part, fileOf(folder, part.stream));
    } catch (error) {
      if (tries >= TRIES || !(await isEmpty(broker, part.stream))) throw error;
    }
  }
}

const isEmpty = async (broker: Broker, stream: string): Promise<boolean> =>
  (await streamsThere(broker)).get(stream) === 0;

async function remove(broker: Broker, stream: string): Promise<void> {
  const { streams } = await broker.jsm();
  await reachable(() =>
    streams.delete(stream).catch((error: unknown) => {
      if (!hasCode(error, JetStreamApiCodes.StreamNotFound)) throw error;
    }),
  );
}

function shown({ takenAt, loaded, kept }: Loaded): string {
  return [
    `loaded the backup of ${takenAt}: ${loaded.join(', ')}`,
    ...(kept.length > 0 ? [`kept as they are: ${kept.join(', ')}`] : []),
    'Nothing is sent until leadctl restore confirm; see leadctl restore status',
    'Persons erased since the backup are back. leadctl restore reconcile ' +
      'erases again those whom a document or a mark in the',
    'bucket keys still names; name the others to it by --erased <file>, or to leadctl lead erase',
  ].join('\n');
}
