import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Withheld } from '@leadstream/contracts/exported';
import { withBroker } from '../session.ts';
import { terminal } from '../terminal.ts';
import { sourceOf } from './command.ts';
import { openDuck } from './duck.ts';
import { exportLog } from './log.ts';
import { EVENT_COLUMNS } from './columns.ts';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readManifest, type Manifest, type Wish } from './folder.ts';
import { FILES } from './formats.ts';
import { streamOf } from './range.ts';
import { TABLES, type Table } from './tables.ts';
import { VIEWS } from './views.ts';

/** Makes the tables of an export, and the ready views over them, known to DuckDB by their names. */
export async function openExport(duck: DuckDBConnection, folder: string): Promise<Manifest> {
  const made = await readManifest(folder);
  if (!made) throw new Error(`${folder} has no export: leadctl export ${folder} makes one`);
  const files = FILES[made.format];
  const views: [string, string][] = [
    ['events', files.rows(`${folder}/events/*.${made.format}`, EVENT_COLUMNS)],
    ...Object.entries<Table>(TABLES).map(([table, { columns }]): [string, string] => [
      table,
      files.rows(`${folder}/${table}.${made.format}`, columns),
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
  const read = resolve(folder ?? (await exported(duck, named, opened, interrupted.signal)));
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
    const { created: stream, head } = await streamOf(broker);
    const wish: Wish = { stream, format: 'parquet', with: [...named], from: 1, partSize: PART_SIZE };
    await exportLog({ source, duck, folder, wish, onProgress: () => signal.throwIfAborted() }, head);
    signal.throwIfAborted();
  });
  return folder;
}
