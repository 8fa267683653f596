import { useQuery } from '@tanstack/react-query';
import type { Guard } from '@leadstream/contracts/events';
import type { Report, ReportTable } from '../../../src/report-schemas.ts';
import { ask } from '../api.ts';
import { titled, visible } from '../words.ts';

const RENEWED_MS = 60_000;
const READING_MS = 1_000;

export interface Wanted {
  days: string;
  sequence: string;
}
export const PERIODS = { '1': 'Day', '7': '7 days', '30': '30 days', '90': '90 days' } as const;

export const queryOf = ({ days, sequence }: Wanted, more: Record<string, string> = {}): string =>
  new URLSearchParams({ days, ...(sequence ? { sequence } : {}), ...more }).toString();

export const useReport = (wanted: Wanted) =>
  useQuery({
    queryKey: ['report', wanted.days, wanted.sequence],
    queryFn: ({ signal }) => ask<Report>(`/v1/reports?${queryOf(wanted)}`, { signal }),
    refetchInterval: ({ state }) => (state.data && state.data.reading !== null ? READING_MS : RENEWED_MS),
  });

export type Value = string | number | null;
export type Table = ReportTable;
export type TableName = ReportTable['name'];

/** The rows with the largest first figure first. */
export function ranked({ columns, rows }: Table): Value[][] {
  const at = columns.findIndex((column) => FIGURES.has(column));
  return rows.toSorted((a, b) => Number(b[at]) - Number(a[at]));
}

const FIGURES = new Set(['runs', 'mails', 'replies', 'times']);

/** The columns before the figures: what a row is about. */
export const keysOf = ({ columns }: Pick<Table, 'columns'>): number =>
  columns.findIndex((column) => FIGURES.has(column));

export const numberAt = (table: Table, row: readonly Value[], column: string): number =>
  Number(row[table.columns.indexOf(column)] ?? 0);

export const HEADS: Readonly<Record<string, string>> = {
  source_tag: 'Source',
  sequence_id: 'Sequence',
  sequence_version: 'Version',
  step_id: 'Step',
  variant: 'Template',
  local_hour: 'Hour',
  local_weekday: 'Weekday',
  guard: 'Guard',
  reply_pct: '%',
  replied: 'Answered',
  unsubscribed: 'Unsub.',
  complained: 'Spam',
  replies: 'Answers',
  median_hours: 'Median, h',
  p90_hours: '90 % within, h',
};
export const headOf = (column: string): string => HEADS[column] ?? titled(column);

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** In the words of docs/operate.md. */
export const GUARDS: Readonly<Record<Guard, string>> = {
  erased: 'the lead is erased',
  suppressed: 'it bounced, complained or unsubscribed',
  stopped: 'it has answered',
  paused: 'it is paused',
  'no-phone': 'it has no number for texts',
  'no-consent': 'it has not agreed to texts',
  'no-zone': 'nobody knows where it lives',
  away: 'it is out of office',
  window: 'outside its hours',
  late: 'later than the step allows',
  condition: 'the step’s condition does not hold',
  stalled: 'the sender stood still',
  unrenderable: 'a value is missing in the mail',
  operator: 'an operator said so',
};

/** A cell as people read it; the CSV has it as it is. */
export function said(column: string, value: Value): string {
  if (value === null) return column.endsWith('_pct') || column.endsWith('_hours') ? '–' : 'not known';
  switch (column) {
    case 'source_tag':
      return visible(String(value)).replace(/^source:/, '');
    case 'sequence_id':
      return titled(visible(String(value)));
    case 'sequence_version':
      return `v${value}`;
    case 'local_hour':
      return `${String(value).padStart(2, '0')}:00`;
    case 'local_weekday':
      return DAYS[Number(value) - 1] ?? String(value);
    default:
      return typeof value === 'number' ? value.toLocaleString('en') : visible(value);
  }
}

/** The columns that are shown: the step has its name, and the one sequence that was chosen is in the title. */
export const shownOf = ({ columns }: Table, sequence: string): string[] =>
  columns.filter((column) => column !== 'step' && !(sequence && column === 'sequence_id' && keysOf({ columns }) > 1));

/** The name of a row beside its bar. */
export function nameOf(table: Table, row: readonly Value[], sequence: string): string {
  const keys = table.columns.slice(0, keysOf(table));
  return shownOf(table, sequence)
    .filter((column) => keys.includes(column))
    .map((column) => said(column, row[table.columns.indexOf(column)] ?? null))
    .join(' · ');
}
