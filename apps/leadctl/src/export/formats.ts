import { quoted } from './duck.ts';
import { EVENT_COLUMNS, type Column } from './columns.ts';

export const FORMATS = ['parquet', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Rows that the writer holds in memory; a multiple of DuckDB's vectors of 2,048. */
const ROW_GROUP = 20_480;

/** DuckDB's way to write and read a format. Columns are never inferred, because an empty one would vanish. */
interface Files {
  copy: (select: string, path: string) => string;
  /** The rows of files, with the columns of a table. */
  rows: (pattern: string, columns: Readonly<Record<string, Column>>) => string;
}

const struct = (columns: Readonly<Record<string, Column>>, type: (column: Column) => string): string =>
  `{${Object.entries(columns)
    .map(([name, column]) => `${name}: ${quoted(type(column))}`)
    .join(', ')}}`;

export const jsonRows = (pattern: string, columns: Readonly<Record<string, Column>>): string =>
  `SELECT * FROM read_json(${quoted(pattern)}, format = 'newline_delimited', ` +
  `columns = ${struct(columns, ({ type }) => type)})`;

const isList = ({ type }: Column): boolean => type.endsWith('[]');
/** CSV has no lists: they are JSON there. */
const listsAs = (columns: Readonly<Record<string, Column>>, as: (name: string) => string): string => {
  const lists = Object.entries(columns).flatMap(([name, column]) => (isList(column) ? [`${as(name)} AS ${name}`] : []));
  return lists.length > 0 ? `* REPLACE (${lists.join(', ')})` : '*';
};

export const FILES: Readonly<Record<Format, Files>> = {
  parquet: {
    copy: (select, path) =>
      `COPY (${select}) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    rows: (pattern) => `SELECT * FROM read_parquet(${quoted(pattern)})`,
  },
  ndjson: {
    copy: (select, path) => `COPY (${select}) TO ${quoted(path)} (FORMAT json)`,
    rows: jsonRows,
  },
  csv: {
    copy: (select, path) => `COPY (${select}) TO ${quoted(path)} (FORMAT csv, HEADER)`,
    rows: (pattern, columns) =>
      `SELECT ${listsAs(columns, (name) => `from_json(${name}, '["VARCHAR"]')`)} FROM read_csv(${quoted(pattern)}, ` +
      `header = true, allow_quoted_nulls = false, ` +
      `columns = ${struct(columns, (column) => (isList(column) ? 'VARCHAR' : column.type))})`,
  },
};

/** The select list that a format stores of a table. */
export const storable = (format: Format, columns: Readonly<Record<string, Column>>): string =>
  format === 'csv' ? listsAs(columns, (name) => `to_json(${name})`) : '*';

export const eventRows = (format: Format, folder: string): string =>
  FILES[format].rows(`${folder}/events/*.${format}`, EVENT_COLUMNS);
