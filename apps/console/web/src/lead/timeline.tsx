import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { LeadView } from '../../../src/schemas.ts';
import { toldOf } from '../events.ts';
import { Icon } from '../icons.tsx';
import { day, exact, seconds } from '../time.ts';
import { visible } from '../words.ts';

type Entry = LeadView['timeline'][number];

/** The lead's story, the newest first, in short or all of it; the slider shows the lead as it was. */
export function Timeline({ lead }: { lead: LeadView }) {
  const [isWhole, showWhole] = useState(false);
  const entries = lead.timeline.filter(({ type }) => isWhole || !toldOf(type).inner).toReversed();
  const days = Map.groupBy(entries, ({ at }) => day(at));
  return (
    <section aria-labelledby="happened">
      <div className="section-head">
        <h2 id="happened">What happened</h2>
        <Travel lead={lead} />
        <div className="segments" role="group" aria-label="Detail">
          <button type="button" aria-pressed={!isWhole} onClick={() => showWhole(false)}>
            In short
          </button>
          <button type="button" aria-pressed={isWhole} onClick={() => showWhole(true)}>
            All {lead.timeline.length}
          </button>
        </div>
      </div>
      {[...days].map(([date, its]) => (
        <div key={date} className="day">
          <h3>{date}</h3>
          <ol className="events">
            {its.map((entry) => (
              <Event key={entry.id} lead={lead} entry={entry} />
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}

/** Steps through the lead's events; the address keeps the place. */
function Travel({ lead }: { lead: LeadView }) {
  const [, navigate] = useLocation();
  return (
    <label className="travel">
      <Icon name="clock" />
      <input
        type="range"
        aria-label="Look at an earlier state"
        aria-valuetext={lead.version === lead.latest ? 'now' : `after event ${lead.version} of ${lead.latest}`}
        min={1}
        max={lead.latest}
        value={lead.version}
        onChange={({ target }) => {
          const version = Number(target.value);
          navigate(version === lead.latest ? `/leads/${lead.id}` : `/leads/${lead.id}?version=${version}`, {
            replace: true,
          });
        }}
      />
      <span className="small">{lead.version === lead.latest ? 'now' : `${lead.version} of ${lead.latest}`}</span>
    </label>
  );
}

function Event({ lead, entry }: { lead: LeadView; entry: Entry }) {
  const { says, icon, tone } = toldOf(entry.type);
  const text = entry.data['text'];
  return (
    <li>
      <span className={`knot tone-${tone}`}>
        <Icon name={icon} />
      </span>
      <details>
        <summary>
          <span>
            <strong>{says}</strong> {visible(entry.text)}
          </span>
          <time dateTime={entry.at} title={exact(entry.at)}>
            {seconds(entry.at)}
          </time>
        </summary>
        <Data entry={entry} />
        <p className="small">
          <Link href={`/leads/${lead.id}?version=${entry.version}`}>The lead as it was then</Link>
        </p>
      </details>
      {entry.type === 'lead.replied' && typeof text === 'string' && (
        <blockquote className="answer">{visible(text)}</blockquote>
      )}
    </li>
  );
}

const Data = ({ entry }: { entry: Entry }) => (
  <>
    <p className="quiet small">
      <code>{entry.type}</code> by {entry.source}, event {entry.version} of the lead, {entry.seq} of the log
      {entry.trace && (
        <>
          , trace <code>{entry.trace}</code>
        </>
      )}
      {entry.sealed && '. Its personal data cannot be opened.'}
    </p>
    <pre tabIndex={0}>{visible(JSON.stringify(entry.data, null, 2))}</pre>
  </>
);
