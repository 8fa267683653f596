import { keysOf, nameOf, numberAt, ranked, said, type Table, type Value } from './data.ts';

/** One kind of bar, behind the ones after it; `tone` is its class. */
export interface Layer {
  column: string;
  says: string;
  tone: 'all' | 'some' | 'good' | 'act';
}

interface ChartProps {
  table: Table;
  /** The only one; empty: all of them. */
  sequence?: string;
  label: string;
  layers: readonly Layer[];
  unit?: string;
}

const SHOWN_MAX = 12;
const [HEIGHT, STEP] = [20, 5];

const Legend = ({ layers }: { layers: readonly Layer[] }) => (
  <ul className="legend small" aria-hidden="true">
    {layers.map(({ says, tone }) => (
      <li key={says}>
        <span className={`swatch ${tone}`} /> {says}
      </li>
    ))}
  </ul>
);

const figure = (value: number, unit: string): string =>
  `${value.toLocaleString('en', { maximumFractionDigits: 1 })}${unit}`;

/** A bar for each row, the largest first; the table beside it has every figure. */
export function RowBars({ table, sequence = '', label, layers, unit = '' }: ChartProps) {
  const rows = ranked(table).slice(0, SHOWN_MAX);
  const max = Math.max(0.1, ...rows.flatMap((row) => layers.map(({ column }) => numberAt(table, row, column))));
  return (
    <figure className="chart" role="img" aria-label={label}>
      {layers.length > 1 && <Legend layers={layers} />}
      <ol aria-hidden="true">
        {rows.map((row, index) => (
          <li key={index}>
            <span className="clip">{nameOf(table, row, sequence)}</span>
            <span className="bar-row">
              <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none">
                {layers.map(({ column, tone }, depth) => (
                  <rect
                    key={column}
                    className={tone}
                    y={depth * (STEP / 2)}
                    height={HEIGHT - depth * STEP}
                    width={(100 * numberAt(table, row, column)) / max}
                  />
                ))}
              </svg>
              <span className="small">{figure(numberAt(table, row, layers[0]?.column ?? ''), unit)}</span>
            </span>
          </li>
        ))}
      </ol>
    </figure>
  );
}

const [WIDTH, TALL] = [480, 150];

/** A column for each hour or weekday, those without a mail too. */
export function ColumnBars({ table, label, layers, from, to }: ChartProps & { from: number; to: number }) {
  const [key = ''] = table.columns.slice(0, keysOf(table));
  const places = Array.from({ length: to - from + 1 }, (_, index) => index + from);
  const rowOf = (place: number): Value[] | undefined => table.rows.find(([value]) => value === place);
  const max = Math.max(1, ...table.rows.map((row) => numberAt(table, row, layers[0]?.column ?? '')));
  const width = WIDTH / places.length;
  const every = places.length > 12 ? 6 : 1;
  return (
    <figure className="chart columns" role="img" aria-label={label}>
      <Legend layers={layers} />
      <svg viewBox={`0 0 ${WIDTH} ${TALL}`} preserveAspectRatio="none">
        {places.map((place, index) =>
          layers.map(({ column, tone, says }, depth) => {
            const count = numberAt(table, rowOf(place) ?? [], column);
            const high = count === 0 ? 0 : Math.max(2, (count / max) * TALL);
            return (
              <rect
                key={column}
                className={tone}
                x={index * width + width * 0.12 * (depth + 1)}
                y={TALL - high}
                width={width * (0.76 - 0.24 * depth)}
                height={high}
              >
                <title>{`${said(key, place)}: ${count} ${says}`}</title>
              </rect>
            );
          }),
        )}
      </svg>
      <p className="axis quiet small" aria-hidden="true">
        {places.map((place, index) => (
          <span key={place}>{index % every === 0 ? said(key, place) : ''}</span>
        ))}
      </p>
    </figure>
  );
}
