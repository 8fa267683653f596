import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { LatestEvents } from '../../../src/live-schemas.ts';
import type { LiveEvent } from '../../../src/recent.ts';
import { ask } from '../api.ts';
import { EVENTS, toldOf } from '../events.ts';
import { Icon } from '../icons.tsx';
import { exact, seconds } from '../time.ts';
import { Action, Empty, Failed, Skeleton } from '../ui.tsx';
import { isBefore, useLive } from './store.ts';

const STATES = { live: 'Live', waiting: 'Waiting for the console', beginning: 'Connecting' } as const;

type Shown = ReturnType<typeof useLive>['heard'];

/** The log as it grows, without personal data. */
export function LivePage() {
  const live = useLive();
  const [type, choose] = useState('');
  const [held, hold] = useState<typeof live>();
  const { heard, state } = held ?? live;
  const latest = useLatest(type, state);
  const isEarlier = isBefore(heard);
  const shown = [
    ...heard.filter((one) => one.kind === 'gap' || type === '' || one.event.type === type),
    ...(latest.data?.events ?? [])
      .filter((event) => isEarlier(event) && (type === '' || event.type === type))
      .map((event) => ({ kind: 'event' as const, event })),
  ];
  useEffect(() => {
    document.title = 'Live · Leadstream';
  }, []);
  return (
    <>
      <header className="page-head">
        <h1>
          Live <span className={`pulse ${live.state}`}>{STATES[live.state]}</span>
        </h1>
        <div className="row">
          <label className="choice">
            <span>Event</span>
            <select value={type} onChange={({ target }) => choose(target.value)}>
              <option value="">any</option>
              {Object.entries(EVENTS).map(([name, { says }]) => (
                <option key={name} value={name}>
                  {says}
                </option>
              ))}
            </select>
          </label>
          <Action
            icon={held ? 'play' : 'pause'}
            says={held ? `Go on: ${live.heard.length - held.heard.length} new` : 'Hold'}
            onClick={() => hold(held ? undefined : live)}
          />
        </div>
      </header>
      {latest.error && <Failed error={latest.error} retry={() => void latest.refetch()} />}
      {latest.isPending && shown.length === 0 ? (
        <Skeleton rows={10} label="Loading events" />
      ) : (
        <Events shown={shown} />
      )}
    </>
  );
}

/** Asked for again when the stream begins: what was written in between is in neither. */
const useLatest = (type: string, state: string) =>
  useQuery({
    queryKey: ['latest-events', type, state],
    queryFn: ({ signal }) =>
      ask<LatestEvents>(`/v1/events/latest${type === '' ? '' : `?type=${encodeURIComponent(type)}`}`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

const Events = ({ shown }: { shown: Shown }) =>
  shown.length === 0 ? (
    <Empty title="Nothing in the last hour">
      <p>Each event of the log appears here as it is written.</p>
    </Empty>
  ) : (
    <ol className="stream-list">
      {shown.map((one) =>
        one.kind === 'gap' ? (
          <li key={`gap-${one.after}`} className="gap">
            <Icon name="alert" /> Events {one.after + 1} to {one.upTo} were missed while this page was away.
          </li>
        ) : (
          <Event key={one.event.id} event={one.event} />
        ),
      )}
    </ol>
  );

function Event({ event }: { event: LiveEvent }) {
  const { says, icon, tone } = toldOf(event.type);
  return (
    <li>
      <span className={`knot tone-${tone}`}>
        <Icon name={icon} />
      </span>
      <strong>{says}</strong>
      <Link href={`/leads/${event.leadId}`} className="clip">
        <code>{event.leadId}</code>
      </Link>
      <span className="quiet small">{event.source}</span>
      <time className="quiet small" dateTime={event.at} title={exact(event.at)}>
        {seconds(event.at)}
      </time>
    </li>
  );
}
