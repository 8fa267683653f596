import { useEffect, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import type { Sequences } from '../../../src/live-schemas.ts';
import type { SequenceVersion } from '../../../src/sequence-schemas.ts';
import { Icon } from '../icons.tsx';
import { useSequences } from '../leads/data.ts';
import { useMay } from '../me.ts';
import { Action, Ago, Failed, Skeleton } from '../ui.tsx';
import { didOf, titled, visible } from '../words.ts';
import { activationOf, ChangeDialog, isRollback, type Change } from './change.tsx';
import { useVersion } from './data.ts';
import { Standing } from './list.tsx';
import { Results } from './results.tsx';
import { Steps } from './steps.tsx';

type One = Sequences['sequences'][number];

export function SequencePage({ id }: { id: string }) {
  const search = new URLSearchParams(useSearch());
  const number = (name: string) => Number(search.get(name)) || undefined;
  const { data } = useSequences();
  const one = data?.sequences.find((sequence) => sequence.id === id);
  const version = number('version') ?? one?.active ?? one?.versions.at(-1);
  const shown = useVersion(id, version, number('against'));
  useEffect(() => {
    document.title = `${one?.name ?? id} · Leadstream`;
  }, [one, id]);
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <Link href="/sequences">Sequences</Link>
        <Icon name="forth" />
      </nav>
      {one && shown.data ? (
        <Whole one={one} shown={shown.data} against={number('against')} />
      ) : shown.error ? (
        <>
          <h1>{titled(id)}</h1>
          <Failed error={shown.error} retry={() => void shown.refetch()} />
        </>
      ) : (
        <>
          <h1>{titled(id)}</h1>
          <Skeleton rows={8} label="Loading the sequence" />
        </>
      )}
    </>
  );
}

interface WholeProps {
  one: One;
  shown: SequenceVersion;
  against: number | undefined;
}

function Whole({ one, shown, against }: WholeProps) {
  return (
    <>
      <header className="page-head">
        <h1>
          {visible(shown.name)} <span className="count">v{shown.version}</span>
        </h1>
        <Changes one={one} version={shown.version} />
      </header>
      <p className="facts">
        <Standing one={one} />
        <span>{shown.triggers.length > 0 ? `begins by ${shown.triggers.join(', ')}` : 'an operator enrols leads'}</span>
      </p>
      <p>{visible(shown.description)}</p>
      <div className="lead-columns">
        <div>
          <Steps shown={shown} />
          <Results id={one.id} />
          <Diff shown={shown} against={against} />
        </div>
        <Versions one={one} shown={shown} against={against} />
      </div>
    </>
  );
}

/** An administrator's commands for this version. */
function Changes({ one, version }: { one: One; version: number }) {
  const [change, begin] = useState<Change>();
  const may = useMay('admin');
  if (!may) return null;
  // Of the active version the one before it is offered: who comes to roll back is on this page first.
  const offered = version === one.active ? one.versions.findLast((older) => older < version) : version;
  return (
    <div className="head-commands">
      {offered !== undefined && (
        <Action
          icon={isRollback(one, offered) ? 'restart' : 'play'}
          says={activationOf(one, offered)}
          onClick={() => begin('activate')}
        />
      )}
      {one.active !== null && <Action icon="flag" says="Retire" onClick={() => begin('retire')} />}
      {change && (
        <ChangeDialog one={one} version={offered ?? version} change={change} onClose={() => begin(undefined)} />
      )}
    </div>
  );
}

const Versions = ({ one, shown, against }: WholeProps) => (
  <aside className="about" aria-labelledby="versions">
    <h2 id="versions">Versions</h2>
    <ul className="versions">
      {one.versions.toReversed().map((version) => (
        <li key={version}>
          <Link
            href={`/sequences/${one.id}?version=${version}`}
            aria-current={version === shown.version ? 'page' : undefined}
          >
            v{version}
          </Link>{' '}
          <span className="quiet small">
            {version === one.active && 'for new runs · '}
            {one.runs?.find((run) => run.version === version)?.leads ?? 0} under way
          </span>
        </li>
      ))}
    </ul>
    {one.versions.length > 1 && <Compare one={one} shown={shown} against={against} />}
    <h3>History</h3>
    <History one={one} />
  </aside>
);

function Compare({ one, shown, against }: WholeProps) {
  const [, navigate] = useLocation();
  return (
    <label>
      <span className="quiet small">Compare with</span>
      <select
        value={against ?? ''}
        onChange={({ target }) =>
          navigate(`/sequences/${one.id}?version=${shown.version}${target.value ? `&against=${target.value}` : ''}`)
        }
      >
        <option value="">nothing</option>
        {one.versions
          .filter((version) => version !== shown.version)
          .map((version) => (
            <option key={version} value={version}>
              v{version}
            </option>
          ))}
      </select>
    </label>
  );
}

const History = ({ one }: { one: One }) => (
  <ul className="versions">
    {one.history.toReversed().map(({ version, does, by, at, reason }) => (
      <li key={`${at} ${version} ${does}`} className="small">
        v{version} {didOf(does)} by {visible(by)} <Ago at={at} />
        {reason && <small className="quiet"> {visible(reason)}</small>}
      </li>
    ))}
  </ul>
);

function Diff({ shown, against }: Omit<WholeProps, 'one'>) {
  if (against === undefined) return null;
  return (
    <section aria-labelledby="diff">
      <h2 id="diff">
        What v{shown.version} changes of v{against}
      </h2>
      {shown.changes.length === 0 && <p className="quiet">Nothing.</p>}
      {shown.changes.map(({ file, lines }) => (
        <div key={file}>
          <h3>{file}</h3>
          <pre className="diff" tabIndex={0}>
            {lines.map((line, index) => (
              <span key={index} className={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''}>
                {visible(line)}
                {'\n'}
              </span>
            ))}
          </pre>
        </div>
      ))}
    </section>
  );
}
