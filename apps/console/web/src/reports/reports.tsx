import { useEffect } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Report } from '../../../src/report-schemas.ts';
import { Icon } from '../icons.tsx';
import { useSequences } from '../leads/data.ts';
import { span, wall } from '../time.ts';
import { Empty, Failed, Skeleton, Stale } from '../ui.tsx';
import { plural } from '../words.ts';
import { PERIODS, useReport, type Wanted } from './data.ts';
import { Sections } from './sections.tsx';

const isPeriod = (text: string | null): text is keyof typeof PERIODS => text !== null && Object.hasOwn(PERIODS, text);

export function ReportsPage() {
  const search = new URLSearchParams(useSearch());
  const days = search.get('days');
  const wanted: Wanted = { days: isPeriod(days) ? days : '30', sequence: search.get('sequence') ?? '' };
  const { data, error, refetch, dataUpdatedAt } = useReport(wanted);
  useEffect(() => {
    document.title = 'Reports · Leadstream';
  }, []);
  return (
    <>
      <h1>Reports</h1>
      <Choices wanted={wanted} />
      {data ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          <Whole report={data} wanted={wanted} />
        </>
      ) : error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={10} label="Loading the report" />
      )}
    </>
  );
}

function Choices({ wanted }: { wanted: Wanted }) {
  const [, navigate] = useLocation();
  const { data } = useSequences();
  const sequences = data?.sequences.filter(({ steps }) => steps.length > 0) ?? [];
  const choose = (change: Partial<Wanted>) => {
    const { days, sequence } = { ...wanted, ...change };
    navigate(`/reports?${new URLSearchParams({ days, ...(sequence ? { sequence } : {}) }).toString()}`, {
      replace: true,
    });
  };
  return (
    <div className="filters">
      <div className="segments" role="group" aria-label="Period">
        {Object.entries(PERIODS).map(([days, says]) => (
          <button key={days} type="button" aria-pressed={days === wanted.days} onClick={() => choose({ days })}>
            {says}
          </button>
        ))}
      </div>
      <label className="choice">
        <span>Sequence</span>
        <select value={wanted.sequence} onChange={({ target }) => choose({ sequence: target.value })}>
          <option value="">any</option>
          {sequences.map(({ id, name }) => (
            <option key={id} value={id}>
              {name ?? id}
            </option>
          ))}
          {wanted.sequence && !sequences.some(({ id }) => id === wanted.sequence) && <option>{wanted.sequence}</option>}
        </select>
      </label>
    </div>
  );
}

function Whole({ report, wanted }: { report: Report; wanted: Wanted }) {
  const { totals } = report;
  const isEmpty = totals.runs + totals.mails + totals.held === 0;
  return (
    <>
      <Reach report={report} />
      {isEmpty && report.reading === null ? (
        <Empty title="No run and no mail in this period">
          <p>Choose a longer one, or all sequences.</p>
        </Empty>
      ) : (
        <>
          <Tiles totals={totals} />
          <Sections report={report} wanted={wanted} />
        </>
      )}
    </>
  );
}

/** What the figures are of, and what is missing in them. */
const Reach = ({ report: { from, to, reading, isCut, unknown } }: { report: Report }) => (
  <>
    <p className="quiet small">
      Runs that began and mails that went out from {wall(from)} to {wall(to)}, counted from the log without the
      canary’s.
    </p>
    {reading !== null && (
      <p className="stale" role="status">
        <Icon name="clock" /> The log is being read, {Math.round(100 * reading)} % so far: the figures still grow.
      </p>
    )}
    {isCut && (
      <p className="stale" role="status">
        <Icon name="alert" /> This installation has too many mails for a longer period. leadctl sql counts them all.
      </p>
    )}
    {unknown > 0 && (
      <p className="stale" role="status">
        <Icon name="alert" /> {plural(unknown, 'lead')} began before the period: the source and the sequence of their
        earlier runs are not known here.
      </p>
    )}
  </>
);

const HOUR_MS = 3_600_000;
const share = (part: number, whole: number): string =>
  whole === 0 ? 'no mail' : `${((100 * part) / whole).toLocaleString('en', { maximumFractionDigits: 1 })} % of mails`;

function Tiles({ totals: { runs, mails, facts, held, medianHoursToReply } }: { totals: Report['totals'] }) {
  const tiles: [string, string, string][] = [
    ['Runs begun', runs.toLocaleString('en'), 'of a sequence'],
    [
      'Mails sent',
      mails.toLocaleString('en'),
      `${plural(facts.bounced, 'bounce')}, ${plural(facts.complained, 'complaint')}`,
    ],
    ['Answered', facts.replied.toLocaleString('en'), share(facts.replied, mails)],
    [
      'Time to answer',
      medianHoursToReply === null ? '–' : span(medianHoursToReply * HOUR_MS),
      medianHoursToReply === null ? 'no answer yet' : 'half of them sooner',
    ],
    ['Held back', held.toLocaleString('en'), 'times, by a guard'],
  ];
  return (
    <div className="tiles report-tiles">
      {tiles.map(([name, figure, says]) => (
        <article key={name} className="card tile">
          <h2>{name}</h2>
          <p className="figure">{figure}</p>
          <p className="quiet small">{says}</p>
        </article>
      ))}
    </div>
  );
}
