/** One quantity at few leads and at many. */
export interface Figure {
  name: string;
  unit: string;
  few: number;
  many: number;
}

export type Growth = 'flat' | 'linear' | 'neither';

/** A ratio within this factor of 1, or of the leads' own, counts as that growth. */
const WITHIN = 1.5;

const isNear = (ratio: number, wanted: number): boolean => ratio <= wanted * WITHIN && ratio >= wanted / WITHIN;

export const growthOf = (ratio: number, times: number): Growth =>
  isNear(ratio, 1) ? 'flat' : isNear(ratio, times) ? 'linear' : 'neither';

export interface MillionReport {
  cores: number;
  load: { before: number; after: number };
  few: number;
  many: number;
  figures: Figure[];
}

const shown = (value: number): string =>
  value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

/** The figures with their ratio and growth: of `--json`. */
export const grown = ({ figures, few, many, ...machine }: MillionReport) => ({
  ...machine,
  leads: { few, many },
  figures: figures.map((one) => {
    const ratio = one.many / one.few;
    return { ...one, ratio: Number(ratio.toPrecision(3)), growth: growthOf(ratio, many / few) };
  }),
});

/** The table as people read it. */
export function millionTable(report: MillionReport): string {
  const { cores, load, leads, figures } = grown(report);
  const rows = figures.map(({ name, unit, few, many, ratio, growth }) => [
    `${name}, ${unit}`,
    shown(few),
    shown(many),
    String(ratio),
    growth,
  ]);
  const head = ['', `${shown(leads.few)} leads`, shown(leads.many), 'ratio', 'growth'];
  const width = (column: number) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0));
  const lines = [head, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))).join('  '),
  );
  const machine = `${cores} cores, load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`;
  return `${[...lines, machine].join('\n')}\n`;
}
