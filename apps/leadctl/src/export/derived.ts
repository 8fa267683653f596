import { mkdir, readdir, rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from './duck.ts';
import { replaced } from './folder.ts';
import { eventRows, FILES, literal, storable, tableRows, type Format } from './formats.ts';
import { TABLES, type Table, type TableName } from './tables.ts';

/** Events that are in work at once, on average, and places of the log whose rows are sorted at once. */
const PORTION = 400_000;
/** Rows that wait for the files of portions, over all of these. */
const WAITING_ROWS = 131_072;
/** DuckDB's vectors have as many rows. */
const VECTOR = 2_048;
/** Columns that no table is made of, and that take much space. */
const UNUSED = ['id', 'trace_id', 'source', 'in_run'];

export interface Making {
  duck: DuckDBConnection;
  folder: string;
  format: Format;
  /** The number of the events, and the place of the last. */
  events: number;
  last: number;
}

const TABLE_LIST = Object.entries(TABLES) as [TableName, Table][];

/** Makes the tables that follow from the events of an export, in memory that does not depend on their number. */
export async function makeTables(making: Making, portion = PORTION): Promise<void> {
  // Made by an export that was killed.
  const scratch = `${making.folder}/.tables`;
  await rm(scratch, { recursive: true, force: true });
  if (making.events <= portion) await makeAtOnce(making);
  else
    try {
      await mkdir(scratch, { mode: 0o700 });
      await makeInPortions(making, scratch, portion);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
}

async function makeAtOnce({ duck, folder, format }: Making): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP VIEW events AS ${eventRows(format, folder)}`);
  for (const [name, { select, by, columns }] of TABLE_LIST) {
    const file = `${folder}/${name}.${format}`;
    const stored = `SELECT ${storable(format, columns)} FROM (${select} ORDER BY ${by})`;
    await replaced(file, (path) => duck.run(FILES[format].copy(stored, path)));
    await duck.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${tableRows(format, folder, name)}`);
  }
}

/**
 * Makes the rows in portions of leads, by a hash of the id, then divides these by their place in the log, sorts each
 * portion of places, and puts them together. One sort of all would spill, but takes twice the memory that DuckDB may
 * have, and the borders of its row groups depend on when it spills.
 */
async function makeInPortions(
  { duck, folder, format, events, last }: Making,
  scratch: string,
  portion: number,
): Promise<void> {
  const leads = Math.ceil(events / portion);
  const all = `SELECT * EXCLUDE (${UNUSED.join(', ')}) FROM (${eventRows(format, folder)})`;
  for (const [index, files] of (
    await divided(duck, all, { into: `${scratch}/events`, by: `hash(lead_id) % ${leads}`, portions: leads })
  ).entries()) {
    await duck.run(`CREATE OR REPLACE TEMP VIEW events AS ${rowsIn([files])}`);
    for (const [name, { select }] of TABLE_LIST) {
      const file = `${scratch}/${name}-${index}.parquet`;
      await duck.run(`COPY (${select}) TO ${quoted(file)} (FORMAT parquet)`);
      await duck.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${rowsIn([literal(file)])}`);
    }
  }
  await rm(`${scratch}/events`, { recursive: true });
  for (const [name, { by, columns }] of TABLE_LIST) {
    const places = await divided(duck, rowsIn([`${literal(scratch)}/${name}-*.parquet`]), {
      into: `${scratch}/${name}`,
      by: `${by} // ${portion}`,
      portions: Math.ceil(last / portion),
    });
    const sorted = places.map((_, index) => `${scratch}/${name}/${index}.parquet`);
    for (const [index, files] of places.entries())
      await duck.run(FILES.parquet.copy(`${rowsIn([files])} ORDER BY ${by}`, sorted[index] ?? ''));
    const stored = `SELECT ${storable(format, columns)} FROM (${rowsIn(sorted.map(literal))})`;
    await replaced(`${folder}/${name}.${format}`, (path) => duck.run(FILES[format].copy(stored, path)));
  }
}

/** The rows of files that patterns match. */
const rowsIn = (files: readonly string[]): string =>
  `FROM read_parquet([${files.map(quoted).join(', ')}], hive_partitioning = false)`;

interface Division {
  into: string;
  /** The number of a row's portion. */
  by: string;
  portions: number;
}

/** Divides rows; resolves to the files of each portion that has one, in the order of their numbers. */
async function divided(
  duck: DuckDBConnection,
  rows: string,
  { into, by, portions }: Division,
): Promise<readonly string[]> {
  const group = Math.max(1, Math.floor(WAITING_ROWS / portions / VECTOR)) * VECTOR;
  await duck.run(`SET partitioned_write_flush_threshold = ${WAITING_ROWS}`);
  await duck.run(
    `COPY (SELECT *, ${by} AS portion FROM (${rows})) TO ${quoted(into)}
    (FORMAT parquet, PARTITION_BY (portion), ROW_GROUP_SIZE ${group})`,
  );
  const number = (name: string) => Number(name.replace('portion=', ''));
  const names = (await readdir(into)).sort((a, b) => number(a) - number(b));
  return names.map((name) => `${literal(into)}/${name}/*.parquet`);
}
