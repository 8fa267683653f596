import { quoted } from './duck.ts';
import { EVENT_COLUMNS, type Column } from './columns.ts';
import { TABLES, type TableName } from './tables.ts';

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

/** DuckDB takes `status=active` in a path for a column, which would hide that of the files. */
const OF_FILES = 'hive_partitioning = false';

export const jsonRows = (pattern: string, columns: Readonly<Record<string, Column>>): string =>
  `SELECT * FROM read_json(${quoted(pattern)}, ${OF_FILES}, format = 'newline_delimited', ` +
  `columns = ${struct(columns, ({ type }) => type)})`;

const isList = ({ type }: Column): boolean => type.endsWith('[]');
/** What a spreadsheet takes for a formula. In CSV an apostrophe precedes it, and those that precede it already. */
const FORMULA = String.raw`[=+\-@\t\r\n＝＋－＠]`;
/** CSV has no lists: they are JSON there. */
const asCell = (name: string, column: Column): string | undefined => {
  if (isList(column)) return `to_json(${name})`;
  if (column.type !== 'VARCHAR') return undefined;
  return `CASE WHEN regexp_matches(${name}, '^''*${FORMULA}') THEN concat('''', ${name}) ELSE ${name} END`;
};
const ofCell = (name: string, column: Column): string | undefined => {
  if (isList(column)) return `from_json(${name}, '["VARCHAR"]')`;
  if (column.type !== 'VARCHAR') return undefined;
  return `CASE WHEN regexp_matches(${name}, '^''+${FORMULA}') THEN ${name}[2:] ELSE ${name} END`;
};
const replacing = (columns: Readonly<Record<string, Column>>, by: typeof asCell): string => {
  const replaced = Object.entries(columns).flatMap(([name, column]) => {
    const sql = by(name, column);
    return sql === undefined ? [] : [`${sql} AS ${name}`];
  });
  return replaced.length > 0 ? `* REPLACE (${replaced.join(', ')})` : '*';
};

/** Never detected: a text of many lines may look like anything. A line is shorter than any message may be long. */
const CSV = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', max_line_size = 16777216`;

export const FILES: Readonly<Record<Format, Files>> = {
  parquet: {
    copy: (select, path) =>
      `COPY (${select}) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`,
    rows: (pattern) => `SELECT * FROM read_parquet(${quoted(pattern)}, ${OF_FILES})`,
  },
  ndjson: {
    copy: (select, path) => `COPY (${select}) TO ${quoted(path)} (FORMAT json)`,
    rows: jsonRows,
  },
  csv: {
    copy: (select, path) => `COPY (${select}) TO ${quoted(path)} (FORMAT csv, HEADER)`,
    rows: (pattern, columns) =>
      `SELECT ${replacing(columns, ofCell)} FROM read_csv(${quoted(pattern)}, ${OF_FILES}, ${CSV}, ` +
      `allow_quoted_nulls = false, ` +
      `columns = ${struct(columns, (column) => (isList(column) ? 'VARCHAR' : column.type))})`,
  },
};

/** The select list that a format stores of a table. */
export const storable = (format: Format, columns: Readonly<Record<string, Column>>): string =>
  format === 'csv' ? replacing(columns, asCell) : '*';

/** The path as a pattern of DuckDB's that matches no other one. */
export const literal = (path: string): string => path.replaceAll(/[*?[]/g, '[$&]');

export const eventRows = (format: Format, folder: string): string =>
  FILES[format].rows(`${literal(folder)}/events/*.${format}`, EVENT_COLUMNS);

export const tableRows = (format: Format, folder: string, table: TableName): string =>
  FILES[format].rows(`${literal(folder)}/${table}.${format}`, TABLES[table].columns);
