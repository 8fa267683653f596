import { useEffect, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import type { Page } from '../../../src/list-schemas.ts';
import { Icon } from '../icons.tsx';
import { headSeq, newestHeard, useLive } from '../live/store.ts';
import { useMay } from '../me.ts';
import { saw } from '../seen.ts';
import { Empty, Failed, Retrying, Skeleton, Stale } from '../ui.tsx';
import { plural } from '../words.ts';
import { Bulk } from './bulk.tsx';
import { useCount, useLeads } from './data.ts';
import { addressOf, filterOf, isNarrowed, type Filter } from './filter.ts';
import { Filters, Views } from './filters.tsx';
import { useSelection, type Selection } from './selection.ts';
import { LeadTable } from './table.tsx';

export function LeadsPage() {
  const filter = filterOf(useSearch());
  const leads = useLeads(filter);
  const selection = useSelection();
  useEffect(() => {
    document.title = 'Leads · Leadstream';
  }, []);
  return (
    <>
      <header className="page-head">
        <h1>
          Leads <Count filter={filter} />
        </h1>
        <ImportLink />
      </header>
      <Views filter={filter} />
      <Filters filter={filter} leads={leads.data?.leads ?? []} />
      <Retrying reason={leads.error ? null : leads.failureReason} />
      {leads.data ? (
        <>
          <Stale error={leads.error} at={leads.dataUpdatedAt} />
          <NewLeads
            key={leads.dataUpdatedAt}
            filter={filter}
            show={() => {
              saw(headSeq());
              void leads.refetch();
            }}
          />
          <Found filter={filter} page={leads.data} isOld={leads.isPlaceholderData} selection={selection} />
        </>
      ) : leads.error ? (
        <Failed error={leads.error} retry={() => void leads.refetch()} />
      ) : (
        <Skeleton rows={10} label="Loading leads" />
      )}
    </>
  );
}

const ImportLink = () =>
  useMay('admin') && (
    <Link href="/leads/import" className="button">
      <Icon name="arrive" />
      Import
    </Link>
  );

/** Rows stay where they are while somebody reads: those that came since are offered. */
function NewLeads({ filter, show }: { filter: Filter; show: () => void }) {
  const { heard } = useLive();
  const [since] = useState(newestHeard);
  const at = since ? heard.indexOf(since) : -1;
  const count = (at < 0 ? heard : heard.slice(0, at)).filter(
    (one) => one.kind === 'event' && one.event.type === 'lead.triaged',
  );
  return count.length === 0 || filter.after !== '' ? null : (
    <button type="button" className="new-leads" onClick={show}>
      {plural(count.length, 'new lead')}: show
    </button>
  );
}

/** Up to 10,000 are counted. */
function Count({ filter }: { filter: Filter }) {
  const { data } = useCount(filter);
  return data ? (
    <span className="count">
      {data.count.toLocaleString('en')}
      {data.more ? '+' : ''}
    </span>
  ) : null;
}

interface FoundProps {
  filter: Filter;
  page: Page;
  isOld: boolean;
  selection: Selection;
}

function Found({ filter, page, isOld, selection }: FoundProps) {
  const { data: count } = useCount(filter);
  // The commands stay when they leave the list empty: their outcome is still to be read.
  return (
    <>
      {page.leads.length === 0 ? (
        <NoLeads filter={filter} />
      ) : (
        <div aria-busy={isOld} className={isOld ? 'old' : ''}>
          <LeadTable leads={page.leads} selection={selection} />
          <Pages filter={filter} next={page.next} />
        </div>
      )}
      <Bulk
        selection={selection}
        filter={filter}
        count={count}
        isWholePage={page.leads.every(({ id }) => selection.ids.has(id))}
      />
    </>
  );
}

const NoLeads = ({ filter }: { filter: Filter }) =>
  isNarrowed(filter) ? (
    <Empty title="No lead is like that">
      <p>
        The search finds the beginning of a word in a name or a domain, of an address, or of a phone number. A company
        is found by its domain.
      </p>
    </Empty>
  ) : (
    <Empty title="No leads yet">
      <p>Each one that a form, an import or a service hands over is listed here within a second.</p>
    </Empty>
  );

function Pages({ filter, next }: { filter: Filter; next: string | null }) {
  const [, navigate] = useLocation();
  if (next === null && filter.after === '') return null;
  return (
    <nav className="pages" aria-label="Pages">
      <button type="button" disabled={filter.after === ''} onClick={() => navigate(addressOf(filter))}>
        First page
      </button>
      <button type="button" disabled={filter.after === ''} onClick={() => history.back()} data-key="p">
        Back
      </button>
      <button
        type="button"
        disabled={next === null}
        data-key="n"
        onClick={() => {
          navigate(addressOf(filter, { after: next ?? '' }));
          scrollTo({ top: 0 });
        }}
      >
        Next page
      </button>
    </nav>
  );
}
