/** The rows of a query as DuckDB returns them for JSON. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

const MAX = 1_000;
const BAR = 40;

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value));

/** Columns side by side, numbers to the right. */
export function tableOf(columns: readonly string[], rows: Rows): string {
  const shown = rows.slice(0, MAX);
  const cells = [columns, ...shown.map((row) => columns.map((name) => cell(row[name])))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const isRight = columns.map((name) => shown.some((row) => isNumber(row[name])));
  const text = cells.map((line) =>
    line
      .map((value, at) => (isRight[at] ? value.padStart(widths[at] ?? 0) : value.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...text, ...(rows.length > MAX ? [`… ${rows.length - MAX} more rows: --csv and --json have all`] : [])].join(
    '\n',
  );
}

/** RFC 4180; a value that a spreadsheet would take for a formula gets a leading quote. */
export function csvOf(columns: readonly string[], rows: Rows): string {
  const field = (value: unknown): string => {
    const text = cell(value);
    const safe = /^[=+\-@\t\r]/.test(text) && !isNumber(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns.map(field), ...rows.map((row) => columns.map((name) => field(row[name])))]
    .map((line) => line.join(','))
    .join('\n');
}

/** A bar a row: the last column of numbers, named by the columns that are none. Throws when there is none. */
export function chartOf(columns: readonly string[], rows: Rows): string {
  const shown = rows.slice(0, MAX);
  const value = columns.findLast((name) => shown.some((row) => isNumber(row[name])));
  if (value === undefined) throw new Error('--chart: the result has no column of numbers');
  const names = columns.filter((name, at) => name !== value && (at === 0 || !isNumeric(shown, name)));
  const labels = shown.map((row) => names.map((name) => cell(row[name])).join(' '));
  const width = Math.max(...labels.map((label) => label.length), 0);
  const most = Math.max(...shown.map((row) => Number(row[value] ?? 0)), 0);
  const bars = shown.map((row, at) => {
    const length = most > 0 ? Math.round((BAR * Math.max(0, Number(row[value] ?? 0))) / most) : 0;
    return `${(labels[at] ?? '').padEnd(width)}  ${'█'.repeat(length).padEnd(BAR)}  ${cell(row[value])}`;
  });
  return [`${names.join(', ')}: ${value}`, ...bars].join('\n');
}

const isNumeric = (rows: Rows, name: string): boolean => rows.some((row) => isNumber(row[name]));
