import { GUARDS, headOf, keysOf, ranked, said, shownOf, type Table, type Value } from './data.ts';

const SHOWN_MAX = 12;

interface FiguresProps {
  table: Table;
  sequence: string;
  /** Of the region, which scrolls on a narrow screen. */
  label: string;
  inOrder?: boolean;
}

/** The figures of a chart. */
export function Figures({ table, sequence, label, inOrder = false }: FiguresProps) {
  const rows = inOrder ? table.rows : ranked(table).slice(0, SHOWN_MAX);
  const left = table.rows.length - rows.length + table.more;
  const columns = shownOf(table, sequence);
  const keys = table.columns.slice(0, keysOf(table));
  const kind = (column: string) => (keys.includes(column) ? 'key' : 'number');
  return (
    <div className="scrolls" role="region" aria-label={label} tabIndex={0}>
      <table className="plain-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={kind(column)}>
                {headOf(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map((column, index) => {
                const value = row[table.columns.indexOf(column)] ?? null;
                const Cell = index === 0 ? 'th' : 'td';
                return (
                  <Cell key={column} scope={index === 0 ? 'row' : undefined} className={kind(column)}>
                    {said(column, value)}
                    {column === 'guard' && <small> {guardInWords(value)}</small>}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className="quiet small">{left.toLocaleString('en')} more with smaller figures: CSV has them.</p>}
    </div>
  );
}

const guardInWords = (guard: Value): string | undefined => (GUARDS as Readonly<Record<string, string>>)[String(guard)];
