import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Sequences } from '../../../src/live-schemas.ts';
import type { Activated } from '../../../src/sequence-schemas.ts';
import { post } from '../api.ts';
import { typedIn } from '../forms.ts';
import { say } from '../toast.tsx';
import { Action, Dialog } from '../ui.tsx';
import { plural } from '../words.ts';

export type Change = 'activate' | 'retire';

interface Props {
  one: Sequences['sequences'][number];
  version: number;
  change: Change;
  onClose: () => void;
}

export const isRollback = ({ active }: Props['one'], version: number): boolean => active !== null && version < active;

export const activationOf = (one: Props['one'], version: number): string =>
  isRollback(one, version) ? `Roll back to v${version}` : `Activate v${version}`;

/** Which version new runs get; those under way keep theirs. */
export function ChangeDialog({ one, version, change, onClose }: Props) {
  const queries = useQueryClient();
  const [refused, setRefused] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const title = change === 'retire' ? 'Retire' : activationOf(one, version);
  const instead = one.active === null ? '' : ` instead of v${one.active}`;
  const kept = (one.runs ?? []).filter((run) => run.version !== version || change === 'retire');
  const leads = kept.reduce((sum, run) => sum + run.leads, 0);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setRefused(undefined);
    const { reason = '' } = typedIn(event.currentTarget);
    const body = { ...(change === 'activate' ? { version } : {}), ...(reason.trim() ? { reason } : {}) };
    try {
      const done = await post<Activated>(`/v1/sequences/${one.id}/${change}`, body);
      say(done.version === null ? 'Retired: no new runs.' : `v${done.version} is for new runs.`);
      await queries.invalidateQueries();
      onClose();
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>
        {change === 'retire' ? 'No lead begins it any more.' : `New runs get v${version}${instead}.`}{' '}
        {leads > 0 ? `${plural(leads, 'lead')} under way ${leads === 1 ? 'keeps its' : 'keep their'} version.` : ''}
      </p>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Why <span className="quiet">kept in the history; may be empty</span>
          <textarea name="reason" rows={2} maxLength={500} />
        </label>
        {refused && (
          <p className="obstacle" role="alert">
            {refused}
          </p>
        )}
        <footer>
          <Action says="Cancel" onClick={onClose} />
          <button type="submit" className={change === 'retire' ? 'primary danger' : 'primary'} disabled={isBusy}>
            {title}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
