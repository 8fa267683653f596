import { Link } from 'wouter';
import { useReport } from '../reports/data.ts';
import { RowBars } from '../reports/chart.tsx';
import { FUNNEL_LAYERS, RATE_LAYERS, Section } from '../reports/sections.tsx';
import { Failed, Skeleton } from '../ui.tsx';

/** The funnel of the sequence's runs, and the answers to each of its mails. */
export function Results({ id }: { id: string }) {
  const wanted = { days: '30', sequence: id };
  const { data, error, refetch } = useReport(wanted);
  if (!data)
    return error ? <Failed error={error} retry={() => void refetch()} /> : <Skeleton label="Loading its mails" />;
  const given = { report: data, wanted };
  return (
    <>
      <Section
        {...given}
        title="Funnel of 30 days"
        says="Runs that began, and how far their mails came"
        of={[
          ['funnel_by_version', 'Version'],
          ['funnel_by_source', 'Source'],
        ]}
        chart={(table, label) => <RowBars table={table} sequence={id} label={label} layers={FUNNEL_LAYERS} />}
      />
      <Section
        {...given}
        title="Answers of 30 days"
        says="The share of mails that a person answered"
        of={[
          ['reply_rate_by_step', 'Step'],
          ['reply_rate_by_variant', 'Variant'],
        ]}
        chart={(table, label) => <RowBars table={table} sequence={id} label={label} layers={RATE_LAYERS} unit=" %" />}
      />
      <p>
        <Link href={`/reports?days=30&sequence=${id}`}>All of its figures</Link>
      </p>
    </>
  );
}
