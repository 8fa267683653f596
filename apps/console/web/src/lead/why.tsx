import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import type { explainedAnswer } from '../../../src/explain-schemas.ts';
import type { LeadView } from '../../../src/schemas.ts';
import { ask } from '../api.ts';
import { wall } from '../time.ts';
import { Failed, Skeleton } from '../ui.tsx';
import { titled } from '../words.ts';

type Explained = Extract<z.infer<typeof explainedAnswer>, { so: string }>;

/** Why the next mail comes when it does: each guard's verdict, asked for when it is opened. */
export function Why({ lead }: { lead: LeadView }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="why" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {lead.next.at && lead.next.kind !== 'outside'
          ? 'Why, and what is checked before it goes'
          : 'Why no mail goes, and what would change it'}
      </summary>
      {isOpen && <Explanation lead={lead} />}
    </details>
  );
}

function Explanation({ lead }: { lead: LeadView }) {
  const { zone } = lead;
  const { data, error, refetch } = useQuery({
    queryKey: ['explain', lead.id, lead.version],
    queryFn: ({ signal }) => ask<Explained>(`/v1/leads/${lead.id}/explain`, { signal }),
  });
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton rows={4} label="Loading the reasons" />;
  const holds = data.guards.filter(({ blocks }) => blocks);
  const passes = data.guards.filter(({ blocks }) => !blocks);
  return (
    <>
      <p>{data.so}</p>
      {zone && (
        <p className="quiet">
          Its time zone is {zone.id}, {zone.source === 'explicit' ? 'which it named itself' : 'inferred'}:{' '}
          {zone.evidence}.
        </p>
      )}
      <ul className="guards">
        {holds.map(({ guard, says, until, change }) => (
          <li key={guard} className="blocks">
            <strong>{titled(guard)}</strong> {says}
            {until && ` until ${wall(until, data.timeZone)}`}. <span className="quiet">{change}</span>
          </li>
        ))}
        {data.account.blocks && (
          <li className="blocks">
            <strong>Account</strong> {data.account.says}
          </li>
        )}
      </ul>
      <p className="quiet small">
        {holds.length === 0 ? 'All of these let it pass: ' : 'These let it pass: '}
        {passes.map(({ guard }) => titled(guard).toLowerCase()).join(', ')}.
      </p>
    </>
  );
}
