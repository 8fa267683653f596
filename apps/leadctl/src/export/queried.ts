import { EVENT_COLUMNS } from './columns.ts';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readManifest, type Manifest } from './folder.ts';
import { FILES } from './formats.ts';
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
