import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Withheld } from '@leadstream/contracts/exported';
import { placeJson } from '@leadstream/contracts/place';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { note, withBroker } from '../session.ts';
import { terminal } from '../terminal.ts';
import { sourceOf } from './command.ts';
import { openDuck } from './duck.ts';
import { exportLog } from './log.ts';
import type { DuckDBConnection } from '@duckdb/node-api';
import { folderNamed, hasTables, partsSum, readManifest, type Manifest, type Wish } from './folder.ts';
import { eventRows, tableRows } from './formats.ts';
import { TABLES, type TableName } from './tables.ts';
import { VIEWS } from './views.ts';

/** Makes the tables of an export, and the ready views over them, known to DuckDB by their names. */
export async function openExport(duck: DuckDBConnection, folder: string): Promise<Manifest> {
  const made = await readManifest(folder);
  if (!made) throw new Error(`${folder} has no export: leadctl export ${folder} makes one`);
  if (!hasTables(folder, made)) throw new Error(`${folder} is not whole yet: call leadctl export again to its end`);
  if (made.tables !== partsSum(made))
    note(`leadctl: ${folder} is being brought up to date, or that was ended: events are newer than the other tables`);
  const views: [string, string][] = [
    ['events', eventRows(made.format, folder)],
    ...(Object.keys(TABLES) as TableName[]).map((table): [string, string] => [
      table,
      tableRows(made.format, folder, table),
    ]),
    ...Object.entries(VIEWS).map(([name, { select }]): [string, string] => [name, select]),
  ];
  for (const [name, select] of views) await duck.run(`CREATE VIEW ${name} AS ${select}`);
  return made;
}

const PART_SIZE = 100_000;

/**
 * Runs `work` on an export: the one in a folder, or else the log as it is now, in a temporary one with the named
 * personal data.
 */
export async function withExport<T>(
  folder: string | undefined,
  named: readonly Withheld[],
  work: (duck: DuckDBConnection, folder: string) => Promise<T>,
): Promise<T> {
  await using opened = new AsyncDisposableStack();
  const duck = await openDuck(opened.use(new DisposableStack()));
  const interrupted = new AbortController();
  // The process goes on to its end: the temporary folder is removed, which may have personal data.
  terminal().onInterrupt(() => {
    interrupted.abort(new Error('interrupted'));
    duck.interrupt();
  });
  const read = folder === undefined ? await exported(duck, named, opened, interrupted.signal) : folderNamed(folder);
  await openExport(duck, read);
  interrupted.signal.throwIfAborted();
  return await work(duck, read);
}

async function exported(
  duck: DuckDBConnection,
  named: readonly Withheld[],
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leadctl-export-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  await withBroker(async (broker) => {
    using source = sourceOf(broker, named);
    const { created: stream, end } = await logEnd(broker);
    const from = placeJson(end.map(() => 1));
    const wish: Wish = { stream, format: 'parquet', with: [...named], from, partSize: PART_SIZE };
    await exportLog({ source, duck, folder, wish, onProgress: () => signal.throwIfAborted() }, end);
    signal.throwIfAborted();
  });
  return folder;
}
