import { useState, type ReactNode } from 'react';
import type { Report } from '../../../src/report-schemas.ts';
import { Icon } from '../icons.tsx';
import { ColumnBars, RowBars, type Layer } from './chart.tsx';
import { queryOf, type Table, type TableName, type Wanted } from './data.ts';
import { Figures } from './table.tsx';

type By = [name: TableName, says: string];
const FUNNELS: readonly By[] = [
  ['funnel_by_source', 'Source'],
  ['funnel_by_sequence', 'Sequence'],
  ['funnel_by_version', 'Version'],
];
const ANSWERS: readonly By[] = [
  ['reply_rate_by_step', 'Step'],
  ['reply_rate_by_variant', 'Template'],
  ['reply_rate_by_source', 'Source'],
  ['reply_rate_by_sequence', 'Sequence'],
];
const TIMES: readonly By[] = [
  ['reply_rate_by_hour', 'Hour'],
  ['reply_rate_by_weekday', 'Weekday'],
];

export const FUNNEL_LAYERS: readonly Layer[] = [
  { column: 'runs', says: 'begun', tone: 'all' },
  { column: 'delivered', says: 'delivered', tone: 'some' },
  { column: 'replied', says: 'answered', tone: 'good' },
];
export const RATE_LAYERS: readonly Layer[] = [{ column: 'reply_pct', says: 'answered', tone: 'good' }];
const HOURS: readonly Layer[] = [
  { column: 'p90_hours', says: '90 % within', tone: 'all' },
  { column: 'median_hours', says: 'half within', tone: 'good' },
];
const TIMES_HELD: readonly Layer[] = [{ column: 'times', says: 'times', tone: 'some' }];
const MAILS: readonly Layer[] = [
  { column: 'mails', says: 'mails', tone: 'some' },
  { column: 'replied', says: 'of them answered', tone: 'good' },
];

interface SectionProps {
  title: string;
  says: string;
  of: readonly By[];
  report: Report;
  wanted: Wanted;
  chart: (table: Table, label: string) => ReactNode;
  inOrder?: boolean;
}

/** One question: a chart, the same figures as a table, and the file of them. */
export function Section({ title, says, of, report, wanted, chart, inOrder = false }: SectionProps) {
  const [chosen, choose] = useState<TableName | undefined>(of[0]?.[0]);
  const table = report.tables.find(({ name }) => name === chosen);
  const by = of.find(([name]) => name === chosen)?.[1] ?? '';
  const label = of.length > 1 ? `${title} by ${by.toLowerCase()}` : title;
  return (
    <section className="report" aria-label={title}>
      <header>
        <div>
          <h2>{title}</h2>
          <p className="quiet small">{says}</p>
        </div>
        {of.length > 1 && (
          <div className="segments" role="group" aria-label={`${title} by`}>
            {of.map(([name, text]) => (
              <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
                {text}
              </button>
            ))}
          </div>
        )}
        {table && table.rows.length > 0 && (
          <a
            className="button"
            href={`/v1/reports/csv?${queryOf(wanted, { table: table.name })}`}
            download
            aria-label={`${label} as CSV`}
          >
            <Icon name="save" /> CSV
          </a>
        )}
      </header>
      {!table || table.rows.length === 0 ? (
        <p className="quiet">Nothing in this period.</p>
      ) : (
        <div className="report-body">
          {chart(table, `${label}, drawn; the table has its figures`)}
          <Figures table={table} sequence={wanted.sequence} label={`${label}: figures`} inOrder={inOrder} />
        </div>
      )}
    </section>
  );
}

export function Sections(given: Pick<SectionProps, 'report' | 'wanted'>) {
  const { sequence } = given.wanted;
  return (
    <>
      <Section
        {...given}
        title="Funnel"
        says="Runs that began in the period, and how far their mails came"
        of={FUNNELS}
        chart={(table, label) => <RowBars table={table} sequence={sequence} label={label} layers={FUNNEL_LAYERS} />}
      />
      <Section
        {...given}
        title="Answers"
        says="The share of mails that a person answered"
        of={ANSWERS}
        chart={(table, label) => (
          <RowBars table={table} sequence={sequence} label={label} layers={RATE_LAYERS} unit=" %" />
        )}
      />
      <Section
        {...given}
        title="Time to answer"
        says="Hours from a mail to its answer, by step"
        of={[['time_to_reply', 'Step']]}
        chart={(table, label) => <RowBars table={table} sequence={sequence} label={label} layers={HOURS} unit=" h" />}
      />
      <Section
        {...given}
        title="Held back"
        says="Steps that a guard did not let go when they were due"
        of={[['held_back', 'Guard']]}
        chart={(table, label) => <RowBars table={table} sequence={sequence} label={label} layers={TIMES_HELD} />}
      />
      <Section
        {...given}
        title="When mails go"
        says="By the clock of each lead"
        of={TIMES}
        inOrder
        chart={timesChart}
      />
    </>
  );
}

function timesChart(table: Table, label: string) {
  const [from, to] = table.name === 'reply_rate_by_hour' ? [0, 23] : [1, 7];
  return <ColumnBars table={table} label={label} layers={MAILS} from={from} to={to} />;
}
