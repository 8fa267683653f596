import { createHash } from 'node:crypto';
import { LEAD_CREATED_BYTES_MAX, leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { canonicalAddress } from '@leadstream/lead/address';
import { clean } from '@leadstream/lead/hygiene';
import { folded, LEAD_DATA, meaningOf, PERSON, utmKeyOf, type Known } from '@leadstream/lead/intake/names';
import { isBlank, Sorting } from '@leadstream/lead/intake/sorting';
import { CsvError, parse } from 'csv-parse/sync';
import { textOf } from '../posted.ts';

/** A row as a spreadsheet numbers it: the header is row 1, and blank rows count. */
interface Row {
  row: number;
  cells: string[];
}
export interface Table {
  /** Of the file's bytes. */
  hash: string;
  delimiter: string;
  header: string[];
  rows: Row[];
}
/** The operator's choice for a column: its field, or none, so that it stays among the lead's `fields`. */
export type Choice = Known | 'kept';
export interface Column {
  name: string;
  choice?: Choice | undefined;
  means?: Known | undefined;
}
export interface Problem {
  field: string;
  reason: string;
}
export interface Taken {
  row: number;
  outcome: 'lead' | 'repeated';
  address: string;
  /** The row that has this address first. */
  first: number;
  lead: LeadCreated;
}
export interface Refused {
  row: number;
  outcome: 'refused';
  problems: Problem[];
  cells: string[];
}

export const DELIMITERS = [',', ';', '\t'];
/** The columns that the file of refused rows has before the others; an import of that file ignores them. */
export const REFUSED_COLUMNS = ['leadctl row', 'leadctl reason'];
export const CHOICES: readonly Choice[] = [...PERSON, ...LEAD_DATA, 'fullName', 'kept'];

const recordsOf = (text: string, delimiter: string, to?: number): string[][] =>
  parse(text, {
    delimiter,
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_quotes: true,
    relax_column_count: true,
    ltrim: delimiter !== '\t',
    ...(to === undefined ? {} : { to, skip_empty_lines: true }),
  });

/**
 * Reads the whole file before its first row counts. Throws on a quote without its end, which hides the rows after it,
 * and on a file that is no text: UTF-16 without its mark reads as text with NUL characters.
 */
export function readTable(bytes: Buffer): Table {
  const text = textOf(bytes, undefined);
  const widths = DELIMITERS.map((one) => ({ one, width: widthOf(text, one) }));
  const delimiter = widths.toSorted((a, b) => b.width - a.width)[0]?.one ?? ',';
  const [header, ...found] = wholeRecordsOf(text, delimiter)
    .map((cells, index) => ({ row: index + 1, cells }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (!header) throw new Error('the file has no row');
  if (header.cells.some((name) => name.includes('\0')))
    throw new Error('the file is no text, or UTF-16 without its mark: save it as CSV in UTF-8');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const names = header.cells.map((name) => name.trim());
  const isMended = REFUSED_COLUMNS.every((name) => names.includes(name));
  const rows = isMended ? found.map(({ row, cells }) => ({ row, cells: cells.map(asGiven) })) : found;
  return { hash, delimiter, header: names, rows };
}

function wholeRecordsOf(text: string, delimiter: string): string[][] {
  try {
    return recordsOf(text, delimiter);
  } catch (error) {
    if (!(error instanceof CsvError) || error.code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
    throw new Error(`row ${Number(error['records']) + 1}: a quote has no end, and hides the rows after it`, {
      cause: error,
    });
  }
}

/** A quote without its end has no width in any delimiter; the whole file's error names its line. */
function widthOf(text: string, delimiter: string): number {
  try {
    return recordsOf(text, delimiter, 1)[0]?.length ?? 0;
  } catch {
    return 0;
  }
}

/** The columns by the names of the doors' fields; `maps` are texts `Column=field`. Throws when none is the address. */
export function columnsOf(header: readonly string[], maps: readonly string[]): Column[] {
  const columns = namedColumns(header, maps);
  if (!hasAddress(columns))
    throw new Error(`no column is the address; name it by --map "Column=email". Columns: ${header.join(', ')}`);
  return columns;
}

export const hasAddress = (columns: readonly Column[]): boolean => columns.some(({ means }) => means === 'email');

export const hasSource = (columns: readonly Column[]): boolean => columns.some(({ means }) => means === 'source');

export function namedColumns(header: readonly string[], maps: readonly string[]): Column[] {
  const mapped = new Map(maps.map((text) => mapOf(text, header)));
  return chosenColumns(
    header,
    header.map((name) => mapped.get(name)),
  );
}

/**
 * The columns by a choice for each, in their order; without one its name decides, unless a chosen one has its field.
 */
export function chosenColumns(header: readonly string[], choices: readonly (Choice | undefined)[]): Column[] {
  const isChosen = new Set(choices);
  return header.map((name, index): Column => {
    const choice = choices[index];
    if (choice !== undefined) return { name, choice, means: choice === 'kept' ? undefined : choice };
    const means = guessOf(name);
    return { name, means: means && isChosen.has(means) ? undefined : means };
  });
}

/** The field that a column's name says. */
export const guessOf = (name: string): Known | undefined =>
  utmKeyOf(name) === undefined ? meaningOf(name)?.known : undefined;

function mapOf(text: string, header: readonly string[]): [string, Choice] {
  const end = text.lastIndexOf('=');
  const [column, field] = [text.slice(0, Math.max(end, 0)).trim(), text.slice(end + 1).trim()];
  const known = CHOICES.find((one) => one === field);
  const name = header.find((one) => one === column) ?? header.find((one) => folded(one) === folded(column));
  if (end < 1 || !known) throw new Error(`--map ${text}: must be Column=field, the field one of ${CHOICES.join(', ')}`);
  if (name === undefined) throw new Error(`--map ${text}: no such column. Columns: ${header.join(', ')}`);
  return [name, known];
}

/** The outcome of every row, as ingest and triage would judge it. */
export function judged(
  { rows }: Table,
  columns: readonly Column[],
  { source, defaultRegion }: { source: string | undefined; defaultRegion: string },
): (Taken | Refused)[] {
  const firsts = new Map<string, number>();
  return rows.map(({ row, cells }) => {
    const refused = (problems: Problem[]): Refused => ({ row, outcome: 'refused', problems, cells });
    const extra = cells.slice(columns.length).some((cell) => cell.trim() !== '');
    if (extra) return refused([{ field: 'row', reason: `${cells.length} cells, but ${columns.length} columns` }]);
    const parsed = leadCreated.safeParse(leadOf(columns, cells, source));
    if (!parsed.success)
      return refused(parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), reason: message })));
    if (Buffer.byteLength(JSON.stringify(parsed.data)) > LEAD_CREATED_BYTES_MAX)
      return refused([{ field: 'row', reason: `larger than ${LEAD_CREATED_BYTES_MAX} bytes` }]);
    const cleaned = clean(parsed.data, { defaultRegion });
    if ('refused' in cleaned) return refused([cleaned.refused]);
    const { address } = cleaned.contact;
    const first = firsts.get(address) ?? row;
    firsts.set(address, first);
    return { row, outcome: first === row ? 'lead' : 'repeated', address, first, lead: parsed.data };
  });
}

/** A row of a list of addresses that get no mail. */
export interface Listed {
  row: number;
  /** Canonical, as triage reads those of a lead; an address that no lead can have is a problem. */
  addresses: string[];
  problems: Problem[];
  cells: string[];
}

/** Only the columns of addresses count. A list without a header begins with an address. */
export function listedIn({ header, rows }: Table, maps: readonly string[]): Listed[] {
  const isBare = maps.length === 0 && header.some((cell) => canonicalAddress(cell) !== undefined);
  const isAddress = isBare
    ? header.map((cell) => canonicalAddress(cell) !== undefined)
    : columnsOf(header, maps).map(({ means }) => means === 'email');
  return [...(isBare ? [{ row: 1, cells: header }] : []), ...rows].map(({ row, cells }) => {
    const values = cells.filter((cell, index) => isAddress[index] && !isBlank(cell.trim()));
    const read = values.map((email) => clean({ email, leadData: { source: 'list' } }, { defaultRegion: 'US' }));
    const problems = read.flatMap((one) => ('refused' in one ? [one.refused] : []));
    if (values.length === 0) problems.push({ field: 'email', reason: 'is missing' });
    const addresses = read.flatMap((one) => ('refused' in one ? [] : [one.contact.address]));
    return { row, addresses, problems, cells };
  });
}

/** Guesses no address by its form, unlike a form's door: another column may hold another person's. */
function leadOf(columns: readonly Column[], cells: readonly string[], source: string | undefined): unknown {
  const sorting = new Sorting();
  columns.forEach(({ name, choice, means }, index) => {
    const value = cells[index]?.trim();
    if (isBlank(value) || REFUSED_COLUMNS.includes(name)) return;
    if (choice !== undefined && choice !== 'kept') sorting.take(choice, name, value);
    else if (choice === 'kept' || (!means && utmKeyOf(name) === undefined) || !sorting.add(name, value))
      sorting.addField(name || `column ${index + 1}`, value);
  });
  if (source !== undefined) sorting.fill('source', source);
  return sorting.lead();
}

/** A spreadsheet runs a cell that begins so: an apostrophe precedes it, and those that precede it already. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const defused = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell);
const asGiven = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

const quoted = (cell: string): string => `"${defused(cell).replaceAll('"', '""')}"`;

/**
 * The refused rows as a file to mend and import, which reads its cells as they were; the mark tells a spreadsheet that
 * it is UTF-8.
 */
export function refusedFile(
  { header, delimiter }: Table,
  refused: readonly Pick<Refused, 'row' | 'problems' | 'cells'>[],
): string {
  const kept = header.flatMap((name, index) => (REFUSED_COLUMNS.includes(name) ? [] : [index]));
  const reasonsOf = ({ problems }: Pick<Refused, 'problems'>) =>
    problems.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  const lines = [
    [...REFUSED_COLUMNS, ...kept.map((index) => header[index] ?? '')],
    ...refused.map((one) => [
      String(one.row),
      reasonsOf(one),
      ...kept.map((index) => one.cells[index] ?? ''),
      ...one.cells.slice(header.length),
    ]),
  ];
  return `\ufeff${lines.map((cells) => cells.map(quoted).join(delimiter)).join('\r\n')}\r\n`;
}
