import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { LiveEvent } from '../../../src/recent.ts';
import { EVENTS, toldOf } from '../events.ts';
import { Icon } from '../icons.tsx';
import { exact, seconds } from '../time.ts';
import { Action, Empty } from '../ui.tsx';
import { useLive } from './store.ts';

const STATES = { live: 'Live', waiting: 'Waiting for the console', beginning: 'Connecting' } as const;

type Shown = ReturnType<typeof useLive>['heard'];

/** The log as it grows, without personal data. */
export function LivePage() {
  const live = useLive();
  const [type, choose] = useState('');
  const [held, hold] = useState<typeof live>();
  const { heard } = held ?? live;
  const shown = heard.filter((one) => one.kind === 'gap' || type === '' || one.event.type === type);
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
      <Events shown={shown} />
    </>
  );
}

const Events = ({ shown }: { shown: Shown }) =>
  shown.length === 0 ? (
    <Empty title="Nothing yet">
      <p>Each event of the log appears here as it is written, from now on.</p>
    </Empty>
  ) : (
    <ol className="stream-list">
      {shown.map((one) =>
        one.kind === 'gap' ? (
          <li key={`gap-${one.after}`} className="gap">
            <Icon name="alert" /> Events {one.after + 1} to {one.upTo} were missed while this page was away.
          </li>
        ) : (
          <Event key={one.event.seq} event={one.event} />
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
