import { resolve } from 'node:path';
import type { DuckDBConnection, DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import { quoted } from './duck.ts';
import { literal } from './formats.ts';

/**
 * Kinds of statements that write no file. EXPLAIN and EXECUTE are none of them: either may run a COPY, and its kind
 * does not show it.
 */
const KINDS = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE_INTO',
  'CREATE',
  'CREATE_FUNC',
  'ALTER',
  'DROP',
  'SET',
  'VARIABLE_SET',
  'ANALYZE',
  'TRANSACTION',
  'RELATION',
  'MULTI',
] as const satisfies (keyof typeof StatementType)[];

/** Settings of a session; others open files or lift the limits. */
const SETTINGS = ['TimeZone', 'default_order', 'default_null_order'];

/** From now on DuckDB opens files of these folders alone, and loads no extension. */
export async function confine(duck: DuckDBConnection, folders: readonly string[]): Promise<void> {
  // A pattern of files is compared as it is written.
  const names = folders.flatMap((folder) =>
    [resolve(folder), literal(resolve(folder))].map((path) => quoted(`${path}/`)),
  );
  await duck.run(`SET allowed_directories = [${names.join(', ')}]`);
  await duck.run('SET enable_external_access = false');
  await duck.run(`SET allowed_configs = [${SETTINGS.map(quoted).join(', ')}]`);
  await duck.run('SET lock_configuration = true');
}

/** Throws for a statement that may write a file: those of an export among them would be its end. */
export async function checkKind({ statementType }: DuckDBPreparedStatement): Promise<void> {
  const { StatementType } = await import('@duckdb/node-api');
  const kind = StatementType[statementType] as keyof typeof StatementType;
  if (!(KINDS as readonly string[]).includes(kind))
    throw new Error(
      `a query reads: ${kind.replaceAll('_', ' ')} is refused. --csv and --json write the rows to standard output`,
    );
}
