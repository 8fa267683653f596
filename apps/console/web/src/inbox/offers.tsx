import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Offer } from '../../../src/needs-you-schemas.ts';
import { ask, Refused, type ProblemBody } from '../api.ts';
import { keyed } from '../lead/commands.ts';
import { useMay } from '../me.ts';
import { saw } from '../seen.ts';
import { say } from '../toast.tsx';
import { visible } from '../words.ts';

interface Done {
  event?: { seq: number };
}

/** The requests that settle an item, as buttons; a refusal stays beside them. */
export function Offers({ offers }: { offers: readonly Offer[] }) {
  const queries = useQueryClient();
  const keyOf = useRef(keyed()).current;
  const [busy, setBusy] = useState<string>();
  const [refused, setRefused] = useState<ProblemBody>();
  const [mayCommand, mayAll] = [useMay('command'), useMay('admin')];
  const allowed = offers.filter(
    ({ method, path }) => method === 'POST' && (path.includes('/account/') ? mayAll : mayCommand),
  );
  const take = async ({ says, path, body, ifMatch }: Offer) => {
    setBusy(says);
    setRefused(undefined);
    try {
      const key = keyOf({ path, body, ifMatch });
      const done = await ask<Done>(path, { method: 'POST', body, ifMatch, key });
      if (done.event) saw(done.event.seq);
      say(
        path.startsWith('/v1/quarantine/') ? 'Handed over again: the service took it.' : `Done: ${says.toLowerCase()}.`,
      );
      await queries.invalidateQueries();
      // The item has gone with its button: the next key goes on from the page's content.
      if (document.activeElement === document.body) document.getElementById('main')?.focus();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error.problem);
      if (error.problem.code === 'MOVED_ON') void queries.invalidateQueries({ queryKey: ['needs-you'] });
    } finally {
      setBusy(undefined);
    }
  };
  if (allowed.length === 0) return null;
  return (
    <>
      {allowed.map((offer) => (
        <button key={offer.says} type="button" disabled={busy !== undefined} onClick={() => void take(offer)}>
          {busy === offer.says ? 'Recording …' : offer.says}
        </button>
      ))}
      {refused && (
        <p className="error small whole" role="alert">
          {refused.code === 'MOVED_ON' ? 'The lead has moved on meanwhile; look at it again.' : visible(refused.detail)}
        </p>
      )}
    </>
  );
}
