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

interface OffersProps {
  offers: readonly Offer[];
  isSettled: boolean;
}

/** The requests that settle an item, as buttons; a refusal stays beside them. */
export function Offers({ offers, isSettled }: OffersProps) {
  const { busy, refused, take } = useTaking();
  const [mayCommand, mayAll] = [useMay('command'), useMay('admin')];
  const allowed = offers.filter(
    ({ method, path }) => method === 'POST' && (path.includes('/account/') ? mayAll : mayCommand),
  );
  if (allowed.length === 0) return null;
  const isOff = isSettled || busy !== undefined;
  return (
    <>
      {allowed.map((offer) => (
        // Without `disabled`, which would take the focus away.
        <button
          key={offer.says}
          type="button"
          aria-disabled={isOff}
          onClick={() => void (isOff ? undefined : take(offer))}
        >
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

function useTaking() {
  const queries = useQueryClient();
  const keyOf = useRef(keyed()).current;
  const [busy, setBusy] = useState<string>();
  const [refused, setRefused] = useState<ProblemBody>();
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
      // The last item takes the list with it: the next key goes on from the page's content.
      if (document.activeElement === document.body) document.getElementById('main')?.focus();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error.problem);
      if (error.problem.code === 'MOVED_ON') void queries.invalidateQueries({ queryKey: ['needs-you'] });
    } finally {
      setBusy(undefined);
    }
  };
  return { busy, refused, take };
}
