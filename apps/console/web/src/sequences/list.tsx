import { useEffect } from 'react';
import { Link } from 'wouter';
import type { Sequences } from '../../../src/live-schemas.ts';
import { useSequences } from '../leads/data.ts';
import { Ago, Empty, Failed, Skeleton, Stale } from '../ui.tsx';
import { didOf, plural, titled, visible } from '../words.ts';

type One = Sequences['sequences'][number];

export function SequencesPage() {
  const { data, error, refetch, dataUpdatedAt } = useSequences();
  useEffect(() => {
    document.title = 'Sequences · Leadstream';
  }, []);
  return (
    <>
      <h1>Sequences</h1>
      {data ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          <List sequences={data.sequences} />
        </>
      ) : error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={6} label="Loading sequences" />
      )}
    </>
  );
}

/** The others tell the rep, or are the watch's. */
const mailsLeads = ({ id, steps }: One): boolean =>
  id !== 'canary' && steps.some(({ audience }) => audience === 'lead');

function List({ sequences }: { sequences: readonly One[] }) {
  const own = sequences
    .filter(({ steps }) => steps.length > 0)
    .sort((a, b) => Number(mailsLeads(b)) - Number(mailsLeads(a)));
  if (own.length === 0)
    return (
      <Empty title="No sequence is deployed">
        <p>
          <code>leadctl sequences deploy</code> does it, from the folder of sequences.
        </p>
      </Empty>
    );
  return (
    <ul className="sequences">
      {own.map((one) => (
        <li key={one.id} className="card">
          <Sequence one={one} />
        </li>
      ))}
    </ul>
  );
}

export const Standing = ({ one }: { one: Pick<One, 'active' | 'retired'> }) =>
  one.retired || one.active === null ? (
    <span className="badge">
      <span className="mark mark-ring" aria-hidden="true" /> Retired
    </span>
  ) : (
    <span className="badge tone-flow">
      <span className="mark mark-dot" aria-hidden="true" /> v{one.active} for new runs
    </span>
  );

function Sequence({ one }: { one: One }) {
  const last = one.history.at(-1);
  const version = one.active ?? one.versions.at(-1);
  const underWay = one.runs?.reduce((sum, { leads }) => sum + leads, 0);
  return (
    <>
      <div className="page-head">
        <h2>
          <Link href={`/sequences/${one.id}?version=${version}`} className="name">
            {one.name ?? titled(one.id)}
          </Link>
        </h2>
        <Standing one={one} />
      </div>
      <ol className="dots" aria-label="Steps">
        {one.steps.map(({ id, audience }) => (
          <li key={id} className={audience}>
            {id}
          </li>
        ))}
      </ol>
      <p className="quiet small">
        {underWay === undefined ? 'Leads under way: no answer' : `${plural(underWay, 'lead')} under way`}
        {one.runs &&
          one.runs.length > 1 &&
          ` (${one.runs.map(({ version: v, leads }) => `v${v}: ${leads}`).join(', ')})`}
        {last && (
          <>
            {' '}
            · v{last.version} {didOf(last.does)} by {visible(last.by)} <Ago at={last.at} />
          </>
        )}
      </p>
    </>
  );
}
