import { parentPort, workerData } from 'node:worker_threads';
import { clean } from '@leadstream/lead/hygiene';
import { BATCH_ROWS } from './hand-in.ts';
import {
  chosenColumns,
  guessOf,
  hasAddress,
  hasSource,
  judged,
  readTable,
  refusedFile,
  type Column,
  type Refused,
  type Table,
  type Taken,
} from './rows.ts';
import type { Answer, Preview, Question, SheetOptions } from './sheet.ts';

const SHOWN_MAX = 20;
const PROBLEMS_MAX = 50;
const SOURCES_MAX = 20;
const COLUMNS_MAX = 200;
const EXAMPLES = 3;
const EXAMPLE_LENGTH_MAX = 80;

const { bytes, choices, source, defaultRegion } = workerData as { bytes: Uint8Array } & SheetOptions;

/** A fault of the file, in words for whoever has chosen it. */
function read(): { table: Table; columns: Column[]; missing: Preview['missing'] } {
  const table = readTable(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { header } = table;
  if (header.length > COLUMNS_MAX) throw new Error(`the file has ${header.length} columns: ${COLUMNS_MAX} at most`);
  if (choices.length > header.length)
    throw new Error(
      `a field is chosen for ${choices.length} columns, and the file has ${header.length}: is it another file?`,
    );
  const columns = chosenColumns(header, choices);
  const missing = [
    ...(hasAddress(columns) ? [] : ['email' as const]),
    ...(source !== undefined || hasSource(columns) ? [] : ['source' as const]),
  ];
  return { table, columns, missing };
}

const { table, columns, missing } = read();
/** Without a column of addresses each row would be refused. */
const outcomes = missing.length > 0 ? [] : judged(table, columns, { source, defaultRegion });
const refused = outcomes.filter((one): one is Refused => one.outcome === 'refused');
const taken = outcomes.filter((one): one is Taken => one.outcome !== 'refused');

function preview(): Preview {
  const leads = taken.filter(({ outcome }) => outcome === 'lead').length;
  return {
    rows: table.rows.length,
    columns: columns.map(({ name, choice, means }, index) => ({
      name,
      field: means ?? null,
      guess: guessOf(name) ?? null,
      isChosen: choice !== undefined,
      examples: examplesOf(index),
    })),
    missing,
    counts: { leads, repeated: taken.length - leads, refused: refused.length },
    shown: outcomes.slice(0, SHOWN_MAX).map(shownOf),
    refused: refused.slice(0, PROBLEMS_MAX).map(({ row, problems }) => ({ row, problems })),
    sources: sources(),
  };
}

function examplesOf(index: number): string[] {
  const found = new Set<string>();
  for (const { cells } of table.rows) {
    const cell = cells[index]?.trim();
    if (cell) found.add(cell.slice(0, EXAMPLE_LENGTH_MAX));
    if (found.size === EXAMPLES) break;
  }
  return [...found];
}

function shownOf(one: Taken | Refused): Preview['shown'][number] {
  const { row, outcome } = one;
  if (outcome === 'refused') return { row, outcome, problems: one.problems };
  const { lead, first } = one;
  const cleaned = clean(lead, { defaultRegion });
  if ('refused' in cleaned) throw new TypeError('a row that was taken is refused');
  const { email, firstName, lastName, phone } = cleaned.contact;
  return {
    row,
    outcome,
    first,
    lead: {
      email,
      name: [firstName, lastName].filter(Boolean).join(' ') || null,
      phone: phone ?? null,
      source: lead.leadData.source,
      fields: Object.keys(lead.leadData.fields ?? {}),
    },
  };
}

function sources(): Preview['sources'] {
  const counts = new Map<string, number>();
  for (const { lead } of taken) counts.set(lead.leadData.source, (counts.get(lead.leadData.source) ?? 0) + 1);
  const all = [...counts].map(([name, rows]) => ({ name, rows })).sort((a, b) => b.rows - a.rows);
  return all.slice(0, SOURCES_MAX);
}

let rest: Iterator<Taken> = taken.values();
const ANSWERS: { [Kind in Question['kind']]: (question: Extract<Question, { kind: Kind }>) => Answer[Kind] } = {
  preview,
  refused: () => refusedFile(table, refused),
  begin: ({ after }) => {
    const left = taken.filter(({ row }) => row > after);
    rest = left.values();
    return { hash: table.hash, missing, rows: left.length, refused: refused.length };
  },
  next: () => {
    const batch: Taken[] = [];
    for (
      let one = rest.next();
      !one.done;
      one = batch.length < BATCH_ROWS ? rest.next() : { done: true, value: undefined }
    )
      batch.push(one.value);
    return batch;
  },
};

parentPort?.on('message', (question: Question) => {
  const answer = ANSWERS[question.kind] as (question: Question) => unknown;
  parentPort?.postMessage(answer(question));
});
parentPort?.postMessage('ready');
