import { useEffect } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import type { LeadView } from '../../../src/schemas.ts';
import { Icon } from '../icons.tsx';
import { useNow } from '../now.ts';
import { offset, place, weekday } from '../time.ts';
import { Failed, Skeleton, Stale, StatusBadge, Tags } from '../ui.tsx';
import { visible } from '../words.ts';
import { About } from './about.tsx';
import { Commands, useCommanding } from './commanding.tsx';
import { fullName, useLead } from './data.ts';
import { NextCard } from './next-card.tsx';
import { Runs } from './runs.tsx';
import { Timeline } from './timeline.tsx';

export function LeadPage({ id }: { id: string }) {
  const asked = Number(new URLSearchParams(useSearch()).get('version'));
  const version = Number.isSafeInteger(asked) && asked > 0 ? asked : undefined;
  const { data: lead, error, refetch, dataUpdatedAt } = useLead(id, version);
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <Link href="/leads">Leads</Link>
        <Icon name="forth" />
      </nav>
      {lead ? (
        <>
          <Stale error={error} at={dataUpdatedAt} />
          <Whole lead={lead} />
        </>
      ) : error ? (
        <>
          <h1>Lead</h1>
          <Failed error={error} retry={() => void refetch()} />
        </>
      ) : (
        <>
          <h1>Lead</h1>
          <Skeleton rows={8} label="Loading the lead" />
        </>
      )}
    </>
  );
}

function Whole({ lead }: { lead: LeadView }) {
  const name = fullName(lead);
  const isPast = lead.version < lead.latest;
  useEffect(() => {
    document.title = `${name} · Leadstream`;
  }, [name]);
  return (
    <Commands lead={lead}>
      {isPast && <Past lead={lead} />}
      <Head lead={lead} name={name} isPast={isPast} />
      <div className="lead-columns">
        <div>
          <NextCard lead={lead} isPast={isPast} />
          <Runs lead={lead} />
          <Timeline lead={lead} />
        </div>
        <About lead={lead} />
      </div>
    </Commands>
  );
}

function Past({ lead }: { lead: LeadView }) {
  const [, navigate] = useLocation();
  return (
    <p className="past" role="status">
      <Icon name="clock" /> As it was after event {lead.version} of {lead.latest}. Commands are for the lead of now.
      <button type="button" onClick={() => navigate(`/leads/${lead.id}`)}>
        Back to now
      </button>
    </p>
  );
}

function Head({ lead, name, isPast }: { lead: LeadView; name: string; isPast: boolean }) {
  const { contact, zone } = lead;
  return (
    <header className="lead-head">
      <div>
        <h1>
          {name} <StatusBadge status={lead.status} />
        </h1>
        <p className="facts">
          {contact?.email && <span className="break">{visible(contact.email)}</span>}
          {contact?.phone && <span>{visible(contact.phone)}</span>}
          {zone && <Local zone={zone.id} />}
        </p>
        <Tags tags={lead.tags.map(visible)} />
      </div>
      {!isPast && <HeadCommands />}
    </header>
  );
}

function HeadCommands() {
  const { buttons } = useCommanding();
  return <div className="head-commands">{buttons}</div>;
}

/** The lead's own time, now. */
function Local({ zone }: { zone: string }) {
  const now = new Date(useNow()).toISOString();
  return (
    <span>
      <Icon name="clock" /> {weekday(now, zone)} in {place(zone)} <small>{offset(zone, now)}</small>
    </span>
  );
}
