import type { LeadView } from '../../../src/schemas.ts';
import { useNow } from '../now.ts';
import { exact, place, span, wall } from '../time.ts';
import { Ago } from '../ui.tsx';
import { visible } from '../words.ts';
import { useCommanding } from './commanding.tsx';
import { Why } from './why.tsx';

const TONES = { time: 'flow', service: 'flow', operator: 'act', outside: 'still' } as const;
const ends: readonly string[] = ['responded'];

/** The first thing on the page: what happens next, when, and why then; or what would have to happen. */
export function NextCard({ lead, isPast }: { lead: LeadView; isPast: boolean }) {
  const { next, stop, status } = lead;
  const tone = ends.includes(status) ? 'good' : TONES[next.kind];
  return (
    <section className={`card next-card tone-${tone}`} aria-labelledby="next">
      <h2 id="next">{isPast ? 'Next, then' : 'Next'}</h2>
      {next.at && next.kind !== 'outside' && <Countdown at={next.at} isPast={isPast} />}
      <p className="says">{sentence(next)}</p>
      {next.at && next.kind !== 'outside' && <When at={next.at} zone={lead.zone?.id} />}
      {stop && (
        <p className="quiet">
          Since {wall(stop.at)} · <Ago at={stop.at} />
        </p>
      )}
      {lead.awayUntil && <p className="quiet">Out of office until {wall(lead.awayUntil, lead.zone?.id)}.</p>}
      <Answer lead={lead} />
      {!isPast && <Settle lead={lead} />}
      {!isPast && <Why lead={lead} />}
    </section>
  );
}

/** Its time is said below, by two clocks. */
function sentence({ text, local }: LeadView['next']): string {
  const said = visible(local === null ? text : text.replace(` at ${local}`, '').replace(` after ${local}`, ''));
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}

function Countdown({ at, isPast }: { at: string; isPast: boolean }) {
  const nowMs = useNow();
  const ms = Date.parse(at) - nowMs;
  if (isPast) return null;
  return (
    <p className={`countdown ${ms < -60_000 ? 'late' : ''}`} aria-live="off">
      {ms > 0 ? span(ms) : ms > -60_000 ? 'now' : `${span(ms)} late`}
    </p>
  );
}

const When = ({ at, zone }: { at: string; zone: string | undefined }) => (
  <p className="when">
    <time dateTime={at} title={exact(at)}>
      <strong>{wall(at, zone)}</strong>
      {zone && ` in ${place(zone)}`} <span className="quiet">· {wall(at)} here</span>
    </time>
  </p>
);

/** The words of the lead that answered. */
function Answer({ lead }: { lead: LeadView }) {
  const reply = lead.timeline.findLast(({ type }) => type === 'lead.replied');
  const text = reply?.data['text'];
  return lead.status === 'responded' && typeof text === 'string' ? (
    <blockquote className="answer">{visible(text)}</blockquote>
  ) : null;
}

/** A send whose outcome only a person, or the provider's own event, can tell. */
function Settle({ lead }: { lead: LeadView }) {
  const { open, may } = useCommanding();
  if (!may) return null;
  return lead.unsettled.map(({ sendId, step, class: kind, reason }) =>
    sendId === null ? null : (
      <div key={sendId} className="settle">
        <p className="quiet small">
          Mail “{visible(step)}” {[kind, reason].filter(Boolean).join(': ')}
        </p>
        <button type="button" onClick={() => open('resolve', { sendId, as: 'sent' })}>
          It went out
        </button>
        <button type="button" onClick={() => open('resolve', { sendId, as: 'skipped' })}>
          It did not
        </button>
      </div>
    ),
  );
}
