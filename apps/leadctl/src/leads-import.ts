import { readFile, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Broker } from '@leadstream/eventlog/broker';
import { Option, type Command } from 'commander';
import { ending } from './help.ts';
import { author } from './give.ts';
import { BATCH_ROWS, handIn } from '@leadstream/service/import/hand-in';
import {
  columnsOf,
  hasSource,
  judged,
  readTable,
  refusedFile,
  type Refused,
  type Table,
  type Taken,
} from '@leadstream/service/import/rows';
import { askedMaps, askedSource } from './import-asked.ts';
import { SUPPRESSIONS, suppressAll } from './leads-suppress.ts';
import { note, print, settings, wholeNumber, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

const PROGRESS_ROWS = 1_000;
const LIST_LENGTH_MAX = 200;

interface Options {
  source?: string;
  suppress?: (typeof SUPPRESSIONS)[number];
  by?: string;
  map: string[];
  errors?: string;
  rate: string;
  dryRun?: boolean;
  json?: boolean;
}

export function importCommand(leads: Command): void {
  leads
    .command('import <file>')
    .description(
      'hand the rows of a CSV file in as leads; the same file again adds nothing. With --suppress its addresses get ' +
        'no automated mail, whether they are leads now or later. On a terminal it asks what columns and options do ' +
        'not say',
    )
    .option('--source <source>', 'the source of rows that name none; required when no column is the source')
    .option(
      '--map <Column=field>',
      'the field of a column whose name does not tell it; repeatable',
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .addOption(
      new Option('--suppress <why>', 'stop the addresses instead: each unsubscribed, or bounced, elsewhere').choices(
        SUPPRESSIONS,
      ),
    )
    .option('--by <name>', 'with --suppress: the operator’s name', author)
    .option('--dry-run', 'show the outcome of each row; nothing is stored')
    .option('--errors <file>', 'the file of refused rows (default: <name>.errors.csv beside the file)')
    .option('--rate <n>', 'rows per second at most', '500')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(
        [
          'leadctl leads import fair.csv --source trade_fair --map "Kontakt=email" --dry-run',
          'leadctl leads import mailchimp.csv --suppress unsubscribed --by ana --dry-run',
        ],
        { 0: 'every row is handed in', 1: 'the import stopped or did not begin', 2: 'some rows are refused' },
      ),
    )
    .action((file: string, options: Options) => run(file, options));
}

async function run(file: string, options: Options): Promise<void> {
  const perSecond = wholeNumber('--rate', options.rate);
  const errors = options.errors ?? `${file.replace(/\.[^./\\]*$/, '')}.errors.csv`;
  if (resolve(errors) === resolve(file)) throw new Error('--errors: must be another file than the imported one');
  const table = readTable(await readFile(file));
  if (options.suppress !== undefined || options.by !== undefined)
    return suppressAll(table, {
      ...suppressing(options),
      map: await askedMaps(table.header, options.map),
      list: basename(file).slice(0, LIST_LENGTH_MAX),
      errors,
      perSecond,
    });
  const columns = columnsOf(table.header, await askedMaps(table.header, options.map));
  const source = options.source ?? (await askedSource(columns));
  if (source === undefined && !hasSource(columns))
    throw new Error('no column is the source; give it by --source, or name its column by --map "Column=source"');
  const defaultRegion = settings()['DEFAULT_REGION'] ?? 'US';
  const outcomes = judged(table, columns, { source, defaultRegion });
  const refused = outcomes.filter((one) => one.outcome === 'refused');
  const taken = outcomes.filter((one) => one.outcome !== 'refused');
  const counts = {
    rows: outcomes.length,
    leads: taken.filter(({ outcome }) => outcome === 'lead').length,
    repeated: taken.filter(({ outcome }) => outcome === 'repeated').length,
    refused: refused.length,
  };
  const fields = Object.fromEntries(columns.map(({ name, means }) => [name, means ?? null]));
  if (refused.length > 0) exitWith(2);
  if (options.dryRun) return show({ ...counts, columns: fields }, outcomes, options.json);
  const written = refused.length > 0 ? { errors } : {};
  // Before the first row is handed in: an import that is stopped has its refused rows in the file, too.
  if (refused.length > 0) await writeFile(errors, refusedFile(table, refused), { mode: 0o600 });
  const handedIn = taken.length === 0 ? 0 : await withBroker((broker) => publish(broker, table, taken, perSecond));
  const result = { ...counts, handedIn, ...written };
  print(options.json ? result : summary(result));
  if (handedIn === taken.length) return;
  note('leadctl: stopped; the same command goes on, and hands in no row twice');
  exitWith(1);
}

/** Throws for options that do not go together. */
function suppressing({ suppress, by, source, dryRun = false, json = false }: Options) {
  if (suppress === undefined) throw new Error('--by: goes with --suppress; rows have their source');
  if (!by?.trim()) throw new Error('--suppress: needs --by, the operator who answers for the list');
  if (source !== undefined) throw new Error('--suppress: makes no lead, so it takes no --source');
  return { suppress, by, dryRun, json };
}

/** Resolves to the number of rows that are stored: fewer than all after an interrupt. */
async function publish(broker: Broker, { hash }: Table, rows: readonly Taken[], perSecond: number): Promise<number> {
  const stopping = new AbortController();
  terminal().onInterrupt(() => stopping.abort());
  const width = Math.min(BATCH_ROWS, perSecond);
  const batches = Array.from({ length: Math.ceil(rows.length / width) }, (_, index) =>
    rows.slice(index * width, (index + 1) * width),
  );
  let done = 0;
  try {
    for await (const batch of handIn(broker.js(), batches, { hash, perSecond, signal: stopping.signal })) {
      const before = done;
      done += batch.length;
      if (Math.floor(done / PROGRESS_ROWS) > Math.floor(before / PROGRESS_ROWS)) note(`${done} of ${rows.length}`);
    }
  } catch (cause) {
    throw new Error(
      `stopped after ${done} of ${rows.length} rows: ${String(cause)}. ` +
        'The same command goes on, and hands in no row twice',
      { cause },
    );
  }
  return done;
}

type Counts = Record<'rows' | 'leads' | 'repeated' | 'refused', number>;

const summary = ({ rows, leads, repeated, refused, handedIn, errors }: Counts & SummaryRest): string =>
  `${rows} rows: ${leads} leads, ${repeated} of a repeated address, ${refused} refused` +
  `${handedIn === undefined ? '' : `; ${handedIn} handed in`}` +
  `${errors === undefined ? '' : `; the refused rows are in ${errors}`}`;
interface SummaryRest {
  handedIn?: number;
  errors?: string;
}

function show(
  counts: Counts & { columns: Record<string, string | null> },
  outcomes: readonly (Taken | Refused)[],
  json: boolean | undefined,
): void {
  if (json) return print({ ...counts, outcomes: outcomes.map(shown) });
  const { columns } = counts;
  print(
    `columns  ${Object.entries(columns)
      .map(([name, field]) => `${name} → ${field ?? 'kept'}`)
      .join(', ')}`,
  );
  for (const one of outcomes) print(`${String(one.row).padStart(7)}  ${one.outcome.padEnd(8)}  ${detailOf(one)}`);
  print(summary(counts));
}

const shown = (one: Taken | Refused): object =>
  one.outcome === 'refused'
    ? { row: one.row, outcome: one.outcome, problems: one.problems }
    : { row: one.row, outcome: one.outcome, first: one.first, lead: one.lead };

const detailOf = (one: Taken | Refused): string =>
  one.outcome === 'refused'
    ? one.problems.map(({ field, reason }) => `${field}: ${reason}`).join('; ')
    : `${one.address}  ${one.lead.leadData.source}${one.outcome === 'repeated' ? `, as in row ${one.first}` : ''}`;
