import { readFile } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Option, type Command } from 'commander';
import { ending } from '../help.ts';
import { print } from '../session.ts';
import { terminal } from '../terminal.ts';
import { namedOf } from './command.ts';
import { checkKind, confine } from './confined.ts';
import { messageOf } from './follow.ts';
import { withExport } from './queried.ts';
import { chartOf, csvOf, tableOf, type Rows } from './tables-shown.ts';
import { VIEWS } from './views.ts';

interface Options {
  from?: string;
  with: string;
  read: string[];
  files: string[];
  csv?: boolean;
  json?: boolean;
  chart?: boolean;
  views?: boolean;
}

export function sqlCommand(program: Command): void {
  program
    .command('sql [query]')
    .description(
      'query an export by SQL (DuckDB), or the log, which is exported into a temporary folder first. Tables: events, ' +
        'leads, runs, sends, mails (docs/analytics.md), and ready views (--views). Without a query it reads standard ' +
        'input; several statements are run, and the last one’s rows shown. A line `.read file.sql` is replaced by ' +
        'that file',
    )
    .option('--from <folder>', 'of an export')
    .option('--with <list>', 'without --from: personal data that the query may see, as for export', '')
    .option(
      '--read <file>',
      'SQL to run before, such as the views of a team; may be repeated',
      (file, all: string[]) => [...all, file],
      [],
    )
    .option(
      '--files <folder>',
      'whose files a query may read besides the export, as FROM crm/accounts.csv; may be repeated',
      (folder, all: string[]) => [...all, folder],
      [],
    )
    .option('--views', 'list the ready views')
    .addOption(new Option('--csv', 'as CSV').conflicts(['json', 'chart']))
    .addOption(new Option('--chart', 'as bars of the last column of numbers').conflicts(['json', 'csv']))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending([
        'leadctl sql "select * from reply_rate_by_step" --from out/',
        'leadctl sql "select local_hour, reply_pct from reply_rate_by_hour" --from out/ --chart',
        'leadctl sql "select count(*) from events where event_type = \'lead.sent\'"',
      ]),
    )
    .action((query: string | undefined, options: Options) => run(query, options));
}

async function run(query: string | undefined, options: Options): Promise<void> {
  if (options.views) {
    const rows = Object.entries(VIEWS).map(([view, { says }]) => ({ view, says }));
    return print(options.json ? rows : tableOf(['view', 'says'], rows));
  }
  const texts = [...options.read.map((file) => `.read ${file}`), query ?? String(await terminal().input())];
  const script = await included(texts.join('\n;\n'));
  const result = await withExport(options.from, namedOf(options.with), async (duck, folder) => {
    await confine(duck, [folder, ...options.files]);
    return await rowsOf(duck, script).catch((error: unknown) => {
      const says = messageOf(error);
      throw says.includes(FORBIDDEN) ? new Error(`${says}\n--files names a folder to read`, { cause: error }) : error;
    });
  });
  if (!result) return;
  const { columns, rows } = result;
  if (options.json) return print(rows);
  print(options.csv ? csvOf(columns, rows) : (options.chart ? chartOf : tableOf)(columns, rows));
}

const FORBIDDEN = 'file system operations are disabled';

/** With the content of the files that `.read` lines name, theirs included. */
async function included(script: string, depth = 0): Promise<string> {
  if (depth > 10) throw new Error('.read: files that read each other');
  const lines = script.split('\n').map(async (line) => {
    const file = /^\s*\.read\s+(\S.*?)\s*;?\s*$/.exec(line)?.[1];
    return file === undefined ? line : included(await readFile(file, 'utf8'), depth + 1);
  });
  return (await Promise.all(lines)).join('\n');
}

/** Types that DuckDB returns as text for JSON. */
const BIG = /^(?:U?BIGINT|U?HUGEINT|DECIMAL.*)$/;
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** The rows of the last statement; undefined when there is none. */
async function rowsOf(duck: DuckDBConnection, script: string): Promise<{ columns: string[]; rows: Rows } | undefined> {
  // DuckDB's client throws a text without a reason for a script without a statement.
  if (script.split('\n').every((row) => /^[\s;]*(?:--.*)?$/.test(row)))
    throw new Error('there is no query: give one as an argument or on standard input');
  const statements = await duck.extractStatements(script);
  const prepared = async (at: number) => {
    const statement = await statements.prepare(at);
    await checkKind(statement);
    return statement;
  };
  for (let at = 0; at < statements.count - 1; at++) await (await prepared(at)).run();
  if (statements.count === 0) return undefined;
  const reader = await (await prepared(statements.count - 1)).runAndReadAll();
  const types = new Map(reader.columnNames().map((name, at) => [name, String(reader.columnType(at))]));
  const rows = reader
    .getRowObjectsJson()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, BIG.test(types.get(name) ?? '') ? asNumber(value) : value]),
      ),
    );
  return { columns: reader.deduplicatedColumnNames(), rows };
}
