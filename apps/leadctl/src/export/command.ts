import { WITHHELD, type Withheld } from '@leadstream/contracts/exported';
import { lengthOf, placeJson, placeOf, placeText, type Place } from '@leadstream/contracts/place';
import type { Broker } from '@leadstream/eventlog/broker';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { Option, type Command } from 'commander';
import { mkdir, rm } from 'node:fs/promises';
import { ending } from '../help.ts';
import { Progress } from '../bulk-progress.ts';
import { lockFile } from '../file-lock.ts';
import { keyringOf, note, print, wholeNumber, withBroker } from '../session.ts';
import { terminal } from '../terminal.ts';
import { openBucket, sendFolder, targetOf } from './bucket.ts';
import { openDuck } from './duck.ts';
import { folderNamed, type Manifest, type Wish } from './folder.ts';
import { follow, messageOf } from './follow.ts';
import { FORMATS, type Format } from './formats.ts';
import { exportLog } from './log.ts';
import { rangeOf } from './range.ts';
import { LogSource } from './source.ts';

interface Options {
  format: Format;
  with: string;
  since?: string;
  until?: string;
  follow?: boolean;
  to?: string;
  partSize: string;
  json?: boolean;
}

/** Between two looks at the log. */
const FOLLOW_MS = 60_000;
const NOTED_EVERY = 100_000;

export function exportCommand(program: Command): void {
  program
    .command('export <folder>')
    .description(
      'write the log as tables for analysts: events with the state after each, leads, runs, sends and mails ' +
        '(docs/analytics.md). A folder that has an export is brought up to date; a call that was ended at any moment ' +
        'is called again, and continues',
    )
    .addOption(new Option('--format <format>', 'of the files').choices(FORMATS).default('parquet'))
    .option(
      '--with <list>',
      `personal data that it may have, with commas: ${Object.entries(WITHHELD)
        .map(([name, says]) => `${name} (${says})`)
        .join('; ')}. None by default`,
      '',
    )
    .option('--since <time>', 'only what was recorded since then: a duration such as P30D, or a time with its zone')
    .option('--until <time>', 'only what was recorded until then')
    .addOption(new Option('--follow', 'bring it up to date each minute, until Ctrl-C').conflicts('until'))
    .option(
      '--to <url>',
      's3://bucket/prefix of an S3-compatible store that is brought to the state of the folder, by ' +
        'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL_S3',
    )
    .option('--part-size <n>', 'places of the log in a file of events', '100000')
    .option('--json', 'print the manifest')
    .addHelpText(
      'after',
      ending(
        [
          'leadctl export out/',
          'leadctl export out/ --format csv --since P30D --with contact,fields',
          'leadctl export out/ --to s3://analysts/leadstream --follow',
        ],
        { 0: 'the folder is up to date', 1: 'an error: the same call continues' },
      ),
    )
    .action((folder: string, options: Options) => run(folder, options));
}

export const namedOf = (list: string): Withheld[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
    .map((name) => {
      if (Object.hasOwn(WITHHELD, name)) return name as Withheld;
      throw new Error(`--with: ${name} is none of ${Object.keys(WITHHELD).join(', ')}`);
    });

async function run(name: string, options: Options): Promise<void> {
  const folder = folderNamed(name);
  const named = namedOf(options.with);
  const bucket = options.to === undefined ? undefined : await bucketAt(options.to);
  const interrupted = new AbortController();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  using _lock = lockFile(
    `${folder}/.lock`,
    `${folder} is in use: another leadctl export writes it now; wait for its end, or name another folder`,
  );
  if (options.follow) terminal().onInterrupt(() => interrupted.abort());
  const made = await withBroker(async (broker) => {
    using opened = new DisposableStack();
    const source = opened.use(sourceOf(broker, named));
    // In the folder: an export that was killed leaves nothing elsewhere.
    await rm(`${folder}/.spill`, { recursive: true, force: true });
    const duck = await openDuck(opened, `${folder}/.spill`);
    const { stream, after, upTo: end } = await rangeOf(broker, options.since, options.until);
    const partSize = wholeNumber('--part-size', options.partSize);
    const from = placeJson(after.map((seq) => seq + 1));
    const wish: Wish = { stream, format: options.format, with: named, from, partSize };
    const bring = async (of: string, upTo: Place): Promise<Manifest> => {
      const progress = new Progress(Math.max(1, lengthOf(upTo)), 0, NOTED_EVERY);
      const onProgress = (seqs: number) => progress.at(seqs);
      const exporting = { source, duck, folder, wish: { ...wish, stream: of }, onProgress };
      return await exportLog(exporting, upTo).finally(() => progress.end());
    };
    const made = await bring(stream, end);
    const send = bucket && ((latest: Manifest) => bucket(folder, latest));
    if (options.follow) {
      const { signal } = interrupted;
      const onBrought = (latest: Manifest) => note(textOf(name, latest));
      const look = () => logEnd(broker);
      return await follow({ everyMs: FOLLOW_MS, signal, note, look, bring, onBrought, send }, made);
    }
    await send?.(made);
    return made;
  });
  print(options.json ? { folder: name, ...made } : textOf(name, made));
}

/** Sends the folder's export to the bucket. Throws for settings that are missing, before the log is read. */
async function bucketAt(url: string): Promise<(folder: string, made: Manifest) => Promise<void>> {
  const target = targetOf(url);
  const s3 = await openBucket(target);
  return async (folder, made) => {
    const sending = sendFolder(s3, target, folder, made, (name) => note(`sent ${name}`));
    const { sent, there, removed } = await sending.catch((cause: unknown) => {
      throw new Error(`${url}: ${messageOf(cause)}`, { cause });
    });
    note(`${url} has the export: ${sent} files sent, ${there} there already, ${removed} removed`);
  };
}

/** Without names it reads no keys: what is sealed stays sealed. */
export const sourceOf = (broker: Broker, named: readonly Withheld[]): LogSource =>
  new LogSource(broker, (named.length > 0 ? keyringOf(broker) : undefined) ?? 'blind', note);

export function textOf(folder: string, { parts, from, upTo, with: named }: Manifest): string {
  const sum = (column: 'messages' | 'rows' | 'unreadable') =>
    Object.values(parts).reduce((total, part) => total + part[column], 0);
  const [messages, rows, unreadable] = [sum('messages'), sum('rows'), sum('unreadable')];
  const begin = placeOf(from);
  const since = begin.some((seq) => seq > 1) ? `from LEADS ${placeText(begin)} ` : '';
  const end = placeText(placeOf(upTo));
  const left = Object.keys(WITHHELD).filter((name) => !(named as string[]).includes(name));
  return [
    `${folder} has the log ${since}up to LEADS ${end}: ${rows} of ${messages} events` +
      (rows === messages
        ? ''
        : `, without ${messages - rows - unreadable} of erased leads and ${unreadable} unreadable`),
    left.length > 0 ? `left out: ${left.join(', ')} (--with names what it may have)` : 'with all personal data',
  ].join('\n');
}
