import type { ReactNode } from 'react';
import type { LeadView } from '../../../src/schemas.ts';
import { exact, wall } from '../time.ts';
import { Ago } from '../ui.tsx';
import { titled, visible } from '../words.ts';

/** The lead's data: the dossier, the zone with its evidence, the notes, and what was cleaned. */
export function About({ lead }: { lead: LeadView }) {
  const { dossier, zone, rep, declined, createdAt, lastActivityAt } = lead;
  return (
    <aside className="about" aria-labelledby="about">
      <h2 id="about">About</h2>
      <dl>
        {dossier && <Fact name="Source">{visible(dossier.source)}</Fact>}
        {rep && <Fact name="Rep">{visible(rep)}</Fact>}
        {zone && (
          <Fact name="Time zone">
            {zone.id}
            <small>
              {zone.confidence} confidence: {visible(zone.evidence)}
            </small>
          </Fact>
        )}
        {declined.length > 0 && <Fact name="Declined">{declined.map(visible).join(', ')}</Fact>}
        {createdAt && <Instant name="Came in" at={createdAt} />}
        {lastActivityAt && <Instant name="Last did something" at={lastActivityAt} />}
        <Fact name="Lead id">
          <code>{lead.id}</code>
        </Fact>
      </dl>
      <Dossier lead={lead} />
      <Notes lead={lead} />
      <Cleaned lead={lead} />
    </aside>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const Instant = ({ name, at }: { name: string; at: string }) => (
  <Fact name={name}>
    <time dateTime={at} title={exact(at)}>
      {wall(at)}
    </time>
    <small>
      <Ago at={at} />
    </small>
  </Fact>
);

const shown = (value: unknown): string => visible(typeof value === 'string' ? value : JSON.stringify(value));

function Dossier({ lead: { dossier } }: { lead: LeadView }) {
  const { source: _, utm, fields, other, ...known } = dossier ?? { source: '' };
  const all = Object.entries({ ...known, ...utm, ...fields, ...other }).filter(([, value]) => value !== undefined);
  if (all.length === 0) return null;
  return (
    <details>
      <summary>What it submitted</summary>
      <dl>
        {all.map(([name, value]) => (
          <Fact key={name} name={titled(visible(name))}>
            {shown(value)}
          </Fact>
        ))}
      </dl>
    </details>
  );
}

function Notes({ lead: { timeline } }: { lead: LeadView }) {
  const notes = timeline.filter(({ type }) => type === 'lead.noted').toReversed();
  if (notes.length === 0) return null;
  return (
    <section className="notes" aria-labelledby="notes">
      <h3 id="notes">Notes</h3>
      {notes.map(({ id, at, data }) => (
        <blockquote key={id}>
          <p>{shown(data['text'] ?? 'sealed')}</p>
          <footer>
            {shown(data['by'] ?? '')} · <Ago at={at} />
          </footer>
        </blockquote>
      ))}
    </section>
  );
}

interface Change {
  field: string;
  from?: string;
  to?: string;
  rule: string;
}
const isChange = (value: unknown): value is Change =>
  typeof value === 'object' && value !== null && 'field' in value && 'rule' in value;

/** Values that hygiene changed, of every submission. */
function Cleaned({ lead: { timeline } }: { lead: LeadView }) {
  const changes = timeline
    .flatMap(({ data }) => (Array.isArray(data['changes']) ? (data['changes'] as unknown[]) : []))
    .filter(isChange);
  if (changes.length === 0) return null;
  return (
    <details>
      <summary>
        {changes.length} {changes.length === 1 ? 'value' : 'values'} cleaned
      </summary>
      <dl>
        {changes.map(({ field, from = '', to, rule }, index) => (
          <Fact key={index} name={visible(field)}>
            <del>{shown(from)}</del> {to === undefined ? 'dropped' : shown(to)}
            <small>{rule}</small>
          </Fact>
        ))}
      </dl>
    </details>
  );
}
