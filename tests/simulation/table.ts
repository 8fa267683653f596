import type { Sum } from './simulate.ts';
import type { Fault } from './faults.ts';

const DUPLICATES = ['delivered twice', 'ack lost', 'webhook'] as const;

/** One line a seed and one for all: the runs, their faults and their failures. */
export function tableOf(sums: readonly Sum[]): string {
  const rows = sums.map((sum) => ({ name: String(sum.seed), sum }));
  const all = rows.length > 1 ? [...rows, { name: 'all', sum: added(sums) }] : rows;
  const head = [
    'seed',
    'runs',
    'events',
    'mails',
    'faults',
    'kills',
    'duplicates',
    'unknown',
    'unavoidable',
    'wrong',
    'runs/s',
  ];
  const lines = all.map(({ name, sum }) =>
    [
      name,
      sum.runs,
      sum.events,
      sum.mails,
      total(Object.values(sum.faults)),
      sum.faults.killed ?? 0,
      total(DUPLICATES.map((fault) => sum.faults[fault] ?? 0)),
      sum.unknowns,
      sum.unavoidable,
      sum.wrong.length,
      Math.round((1_000 * sum.runs) / sum.cpuMs),
    ].map(String),
  );
  const widths = head.map((title, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? title.length)),
  );
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ');
  const faults = Object.entries(added(sums).faults)
    .sort(([, a], [, b]) => b - a)
    .map(([fault, times]) => `${fault} ${times}`)
    .join(', ');
  return [line(head), ...lines.map(line), '', `faults: ${faults}`].join('\n');
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

export function added(sums: readonly Sum[]): Sum {
  const faults: Sum['faults'] = {};
  for (const sum of sums)
    for (const [fault, times] of Object.entries(sum.faults) as [Fault, number][])
      faults[fault] = (faults[fault] ?? 0) + times;
  const of = (pick: (sum: Sum) => number) => total(sums.map(pick));
  return {
    seed: 0,
    faults,
    cpuMs: of(({ cpuMs }) => cpuMs),
    runs: of(({ runs }) => runs),
    events: of(({ events }) => events),
    mails: of(({ mails }) => mails),
    unknowns: of(({ unknowns }) => unknowns),
    unavoidable: of(({ unavoidable }) => unavoidable),
    wrong: sums.flatMap(({ wrong }) => wrong),
  };
}
