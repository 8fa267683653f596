import { Link } from 'wouter';
import type { Row } from '../../../src/list-schemas.ts';
import { useMay } from '../me.ts';
import { Ago, Due, StatusBadge, Tags } from '../ui.tsx';
import { titled, visible } from '../words.ts';
import type { Selection } from './selection.ts';

export const nameOf = ({ firstName, lastName, email, status }: Row): string => {
  if (status === 'erased') return 'Erased lead';
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return visible(name || email || 'Without a name');
};

/** Roles are written out: as cards on a phone, the rows would lose them. */
export function LeadTable({ leads, selection }: { leads: readonly Row[]; selection: Selection }) {
  const may = useMay('command');
  const ids = leads.map(({ id }) => id);
  return (
    <table className={`leads ${may ? 'choosing' : ''}`} role="table">
      <thead role="rowgroup">
        <tr role="row">
          {may && (
            <th role="columnheader" scope="col" className="choose">
              <input
                type="checkbox"
                aria-label="Choose all of this page"
                checked={ids.every((id) => selection.ids.has(id))}
                onChange={({ target }) => selection.setAll(ids, target.checked)}
              />
            </th>
          )}
          {['Lead', 'Status', 'Sequence', 'Next', 'Tags', 'Came in'].map((title) => (
            <th key={title} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {leads.map((lead) => (
          <LeadRow key={lead.id} lead={lead} selection={may ? selection : undefined} />
        ))}
      </tbody>
    </table>
  );
}

function LeadRow({ lead, selection }: { lead: Row; selection: Selection | undefined }) {
  const name = nameOf(lead);
  const email = lead.email === null ? null : visible(lead.email);
  return (
    <tr role="row" className={selection?.ids.has(lead.id) ? 'chosen' : ''}>
      {selection && (
        <td role="cell" className="choose">
          <input
            type="checkbox"
            aria-label={`Choose ${name}`}
            checked={selection.ids.has(lead.id)}
            onChange={() => selection.toggle(lead.id)}
          />
        </td>
      )}
      <td role="cell" className="who">
        <Link href={`/leads/${lead.id}`} className="name">
          {name}
        </Link>
        <span className="quiet small clip">
          {lead.status === 'erased' ? 'personal data is gone' : name === email ? '' : email}
        </span>
      </td>
      <td role="cell" className="status">
        <StatusBadge status={lead.status} />
      </td>
      <td role="cell" className="sequence">
        {lead.sequence ? titled(lead.sequence) : <span className="quiet">–</span>}
        {lead.step !== null && lead.nextActionAt && <span className="quiet small"> step {lead.step + 1}</span>}
      </td>
      <td role="cell" className="next">
        {lead.nextActionAt ? <Due at={lead.nextActionAt} zone={lead.timeZone} /> : <span className="quiet">–</span>}
      </td>
      <td role="cell" className="tagged">
        <Tags tags={lead.tags.map(visible)} />
      </td>
      <td role="cell" className="came quiet">
        <Ago at={lead.createdAt} />
      </td>
    </tr>
  );
}
