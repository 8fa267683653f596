import { FACTS, type Fact, type Held, type Mail, type Run, type Tallied } from './tally.ts';

type Value = string | number | null;
type Row = readonly Value[];

/** A table with the name, the columns and the figures of a view of `leadctl sql`, of the period's runs and mails. */
export interface Table {
  name: TableName;
  columns: string[];
  rows: Row[];
  /** Rows that were left out, those with the smallest figures. */
  more: number;
}

export interface Wanted {
  fromMs: number;
  sequence?: string | undefined;
  rowsMax: number;
}

const RUN_KEYS = {
  source: ['source_tag'],
  sequence: ['sequence_id'],
  version: ['sequence_id', 'sequence_version'],
} as const;
const MAIL_KEYS = {
  ...RUN_KEYS,
  step: ['sequence_id', 'step', 'step_id'],
  variant: ['sequence_id', 'step_id', 'variant'],
  hour: ['local_hour'],
  weekday: ['local_weekday'],
} as const;
type Key = (typeof MAIL_KEYS)[keyof typeof MAIL_KEYS][number];

const OF_RUN = {
  source_tag: (run: Run | undefined) => run?.tag ?? null,
  sequence_id: (run: Run | undefined) => run?.sequence ?? null,
  sequence_version: (run: Run | undefined) => run?.version ?? null,
} as const;
const OF_MAIL = {
  source_tag: ({ run }: Mail) => OF_RUN.source_tag(run),
  sequence_id: ({ run }: Mail) => OF_RUN.sequence_id(run),
  sequence_version: ({ run }: Mail) => OF_RUN.sequence_version(run),
  step: ({ step }: Mail) => step,
  step_id: ({ stepId }: Mail) => stepId,
  variant: ({ variant }: Mail) => variant,
  local_hour: ({ hour }: Mail) => hour ?? null,
  local_weekday: ({ weekday }: Mail) => weekday ?? null,
} as const satisfies Record<Key, (mail: Mail) => Value>;

type Of<T> = Readonly<Record<string, T>>;
export type TableName =
  `funnel_by_${keyof typeof RUN_KEYS}` | `reply_rate_by_${keyof typeof MAIL_KEYS}` | 'time_to_reply' | 'held_back';
export const TABLE_NAMES = [
  'funnel_by_source',
  'funnel_by_sequence',
  'funnel_by_version',
  'reply_rate_by_source',
  'reply_rate_by_sequence',
  'reply_rate_by_version',
  'reply_rate_by_step',
  'reply_rate_by_variant',
  'reply_rate_by_hour',
  'reply_rate_by_weekday',
  'time_to_reply',
  'held_back',
] as const satisfies TableName[];

export interface Totals {
  runs: number;
  mails: number;
  facts: Record<Fact, number>;
  held: number;
  medianHoursToReply: number | null;
}

interface Chosen {
  runs: { run: Run; mails: readonly Mail[] }[];
  mails: Mail[];
  held: { leadId: string; held: Held }[];
}

/**
 * The tables and totals of the runs that began, the mails that went and the steps that were held back in the period.
 */
export function reportOf(
  leads: Iterable<readonly [string, Tallied]>,
  wanted: Wanted,
): { totals: Totals; tables: Table[] } {
  const chosen = chosenOf(leads, wanted);
  const { runs, mails, held } = chosen;
  const cut = (table: Omit<Table, 'more'>, keys: number, order?: 'by figure') =>
    largest(table, keys, wanted.rowsMax, order);
  const tables = [
    ...entries(RUN_KEYS).map(([name, keys]) => cut(funnelBy(name, keys, runs), keys.length)),
    ...entries(MAIL_KEYS).map(([name, keys]) => cut(ratesBy(name, keys, mails), keys.length)),
    cut(timeToReply(mails), 3),
    cut(heldBack(held), 4, 'by figure'),
  ];
  const facts = Object.fromEntries(FACTS.map((fact) => [fact, countOf(mails, fact)])) as Record<Fact, number>;
  const medianHoursToReply = quantile(mails.flatMap(hoursToReply), 0.5);
  return { totals: { runs: runs.length, mails: mails.length, facts, held: held.length, medianHoursToReply }, tables };
}

const entries = <T extends object>(table: T): [keyof T & string, T[keyof T]][] =>
  Object.entries(table) as [keyof T & string, T[keyof T]][];

function chosenOf(leads: Iterable<readonly [string, Tallied]>, { fromMs, sequence }: Wanted): Chosen {
  const chosen: Chosen = { runs: [], mails: [], held: [] };
  const isWanted = (run: Run | undefined) => sequence === undefined || run?.sequence === sequence;
  for (const [leadId, lead] of leads) {
    const sent = lead.mails.filter(({ sentMs, run }) => sentMs !== undefined && isWanted(run));
    for (const run of lead.runs)
      if (run.startedMs >= fromMs && isWanted(run))
        chosen.runs.push({ run, mails: sent.filter((mail) => mail.run === run) });
    for (const mail of sent) if ((mail.sentMs ?? 0) >= fromMs) chosen.mails.push(mail);
    for (const held of lead.held) if (held.atMs >= fromMs && isWanted(held.run)) chosen.held.push({ leadId, held });
  }
  return chosen;
}

interface Branch<T> {
  group?: [Row, T[]];
  readonly next: Map<Value, Branch<T>>;
}

/** A map a value of the key: a text of it would take most of the time of a report of 200,000 mails. */
function groups<T>(all: readonly T[], keyOf: (one: T) => Row): [Row, T[]][] {
  const found: [Row, T[]][] = [];
  const root: Branch<T> = { next: new Map() };
  for (const one of all) {
    const key = keyOf(one);
    let branch = root;
    for (const value of key) {
      let next = branch.next.get(value);
      if (!next) branch.next.set(value, (next = { next: new Map() }));
      branch = next;
    }
    if (branch.group) branch.group[1].push(one);
    else found.push((branch.group = [key, [one]]));
  }
  return found;
}

const countOf = (mails: readonly Mail[], fact: Fact): number =>
  mails.reduce((count, { facts }) => count + (facts[fact] === undefined ? 0 : 1), 0);

/** With one decimal; of nothing there is no share. */
const percent = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((1_000 * part) / whole) / 10;

const FUNNEL = ['delivered', 'clicked', 'replied'] as const;

function funnelBy(name: keyof typeof RUN_KEYS, keys: readonly (keyof typeof OF_RUN)[], all: Chosen['runs']) {
  const of: Of<(run: Run) => Value> = OF_RUN;
  const rows = groups(all, ({ run }) => keys.map((key) => of[key]?.(run) ?? null)).map(([key, runs]): Row => {
    const mailed = runs.filter(({ mails }) => mails.length > 0).length;
    const [delivered, clicked, replied] = FUNNEL.map(
      (fact) => runs.filter(({ mails }) => countOf(mails, fact) > 0).length,
    );
    return [...key, runs.length, mailed, delivered ?? 0, clicked ?? 0, replied ?? 0, percent(replied ?? 0, mailed)];
  });
  return { name: `funnel_by_${name}` as const, columns: [...keys, 'runs', 'mailed', ...FUNNEL, 'reply_pct'], rows };
}

function ratesBy(name: keyof typeof MAIL_KEYS, keys: readonly Key[], all: readonly Mail[]) {
  const rows = groups(all, (mail) => keys.map((key) => OF_MAIL[key](mail))).map(([key, mails]): Row => {
    const counts = FACTS.map((fact) => countOf(mails, fact));
    return [...key, mails.length, ...counts, percent(countOf(mails, 'replied'), mails.length)];
  });
  return { name: `reply_rate_by_${name}` as const, columns: [...keys, 'mails', ...FACTS, 'reply_pct'], rows };
}

const HOUR_MS = 3_600_000;
const hoursToReply = ({ sentMs, facts: { replied } }: Mail): number[] =>
  sentMs === undefined || replied === undefined ? [] : [(replied - sentMs) / HOUR_MS];

function timeToReply(all: readonly Mail[]) {
  const answered = all.filter(({ facts }) => facts.replied !== undefined);
  const rows = groups(answered, (mail) => MAIL_KEYS.step.map((key) => OF_MAIL[key](mail))).map(([key, mails]): Row => {
    const hours = mails.flatMap(hoursToReply);
    return [...key, mails.length, quantile(hours, 0.5), quantile(hours, 0.9)];
  });
  return {
    name: 'time_to_reply' as const,
    columns: [...MAIL_KEYS.step, 'replies', 'median_hours', 'p90_hours'],
    rows,
  };
}

/** Between the two nearest, with two decimals; null of nothing. */
function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return null;
  return Math.round(100 * (low + (high - low) * (place - Math.floor(place)))) / 100;
}

function heldBack(all: Chosen['held']) {
  const keyOf = ({ held: { guard, run, step, stepId } }: Chosen['held'][number]): Row => [
    guard,
    run?.sequence ?? null,
    step,
    stepId,
  ];
  const rows = groups(all, keyOf).map(([key, held]): Row => [
    ...key,
    held.length,
    new Set(held.map(({ leadId }) => leadId)).size,
  ]);
  return {
    name: 'held_back' as const,
    columns: ['guard', 'sequence_id', 'step', 'step_id', 'times', 'leads'],
    rows,
  };
}

/** At most `max` rows, those with the largest first figure: a form's text may be a key. In the order of their keys. */
function largest({ rows, ...table }: Omit<Table, 'more'>, keys: number, max: number, order?: 'by figure'): Table {
  const byFigure = (a: Row, b: Row): number => Number(b[keys]) - Number(a[keys]);
  const kept = rows.toSorted(byFigure).slice(0, max).sort(byKeys(keys));
  return { ...table, rows: order ? kept.sort(byFigure) : kept, more: rows.length - kept.length };
}

/** As SQL orders: what is not known comes last. */
const byKeys = (keys: number) => (a: Row, b: Row) => {
  for (let at = 0; at < keys; at++) {
    const [one, other] = [a[at] ?? null, b[at] ?? null];
    if (one === other) continue;
    if (one === null || other === null) return one === null ? 1 : -1;
    return one < other ? -1 : 1;
  }
  return 0;
};

/** RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function csvOf({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const cell = (value: Value): string => {
    if (value === null) return '';
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
