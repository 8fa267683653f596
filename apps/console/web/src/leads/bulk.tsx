import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';
import { typedIn } from '../forms.ts';
import { Fields } from '../lead/fields.tsx';
import { bodyOf, COMMANDS, type FieldName } from '../lead/commands.ts';
import { headSeq } from '../live/store.ts';
import { useMay } from '../me.ts';
import { saw } from '../seen.ts';
import { Action, Dialog } from '../ui.tsx';
import { plural, visible } from '../words.ts';
import { queryOf, type Filter } from './filter.ts';
import { batches, giveAll, idsOf, nothingYet, type Progress } from './giving.ts';
import type { Selection } from './selection.ts';

const KINDS = ['pause', 'resume', 'tag', 'stop'] as const;
type Kind = (typeof KINDS)[number];

interface BulkProps {
  selection: Selection;
  filter: Filter;
  /** Of the list; undefined: not counted yet. */
  count: { count: number; more: boolean } | undefined;
  isWholePage: boolean;
}

/** The commands for the chosen leads, or for all of the list. */
export function Bulk({ selection, filter, count, isWholePage }: BulkProps) {
  const [kind, choose] = useState<Kind>();
  const [isAll, setAll] = useState(false);
  const may = useMay('command');
  if (!may || selection.ids.size === 0) return null;
  const hasMore = count !== undefined && (count.more || count.count > selection.ids.size);
  const chosen = isAll ? `All ${count?.count.toLocaleString('en')}${count?.more ? '+' : ''}` : `${selection.ids.size}`;
  const clear = () => {
    setAll(false);
    selection.clear();
  };
  return (
    <div className="bulk" role="region" aria-label="Chosen leads">
      <strong>{chosen} chosen</strong>
      {isWholePage && hasMore && !isAll && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          all {count.count.toLocaleString('en')}
          {count.more ? '+' : ''}
        </button>
      )}
      {KINDS.map((one) => (
        <Action key={one} icon={COMMANDS[one].icon} says={COMMANDS[one].says} onClick={() => choose(one)} />
      ))}
      <Action says="Clear" className="plain" onClick={clear} />
      {kind && (
        <BulkDialog
          kind={kind}
          source={isAll ? filter : [...selection.ids]}
          chosen={chosen}
          onClose={() => choose(undefined)}
        />
      )}
    </div>
  );
}

interface DialogProps {
  kind: Kind;
  source: Filter | readonly string[];
  chosen: string;
  onClose: () => void;
}

function BulkDialog({ kind, source, chosen, onClose }: DialogProps) {
  const { progress, state, error, give, renew, stop } = useGiving(kind, source);
  const { says, explains, danger } = { danger: false, ...COMMANDS[kind] };
  const fields: readonly FieldName[] = COMMANDS[kind].fields;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void give(typedIn(event.currentTarget));
  };
  const close = () => {
    if (state !== 'asking') renew();
    onClose();
  };
  const title = `${says}: ${chosen} ${chosen === '1' ? 'lead' : 'leads'}`;
  return (
    <Dialog title={title} onClose={state === 'giving' ? stop : close}>
      <p>{explains}</p>
      {state === 'asking' ? (
        <form onSubmit={submit}>
          <Fields fields={fields} isReasonRequired />
          <footer>
            <Action says="Cancel" onClick={onClose} />
            <button type="submit" className={danger ? 'primary danger' : 'primary'}>
              {says}
            </button>
          </footer>
        </form>
      ) : (
        <>
          <Outcome progress={progress} state={state} error={error} />
          <form>
            <footer>
              {state === 'giving' ? (
                <Action says="Stop here" onClick={stop} />
              ) : (
                <Action says="Close" onClick={close} />
              )}
            </footer>
          </form>
        </>
      )}
    </Dialog>
  );
}

type State = 'asking' | 'giving' | 'done' | 'stopped' | 'failed';

function useGiving(kind: Kind, source: Filter | readonly string[]) {
  const queries = useQueryClient();
  const stopping = useRef(new AbortController()).current;
  const [progress, setProgress] = useState<Progress>(nothingYet);
  const [state, setState] = useState<State>('asking');
  const [error, setError] = useState<string>();
  // The read model follows the log: once more when the dialog is closed.
  const renew = () => {
    saw(headSeq());
    for (const name of ['leads', 'count', 'needs-you']) void queries.invalidateQueries({ queryKey: [name] });
  };
  const give = async (values: Readonly<Record<string, string>>) => {
    setState('giving');
    const { signal } = stopping;
    const isList = !('view' in source);
    const from = isList ? { ...nothingYet, of: source.length } : nothingYet;
    setProgress(from);
    try {
      await giveAll(from, {
        batches: isList ? batches(source) : idsOf(queryOf(source), signal),
        body: bodyOf(kind, values),
        run: `page-${crypto.randomUUID()}`,
        signal,
        onProgress: setProgress,
      });
      setState(signal.aborted ? 'stopped' : 'done');
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
      setState(signal.aborted ? 'stopped' : 'failed');
    }
    renew();
  };
  return { progress, state, error, give, renew, stop: () => stopping.abort() };
}

const HEADS = {
  asking: '',
  giving: 'Under way',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Stopped by a fault',
} as const;

const Outcome = ({ progress, state, error }: { progress: Progress; state: State; error: string | undefined }) => (
  <div role="status" className="outcome">
    <progress
      aria-label="Leads that were handled"
      {...(progress.of === undefined && state === 'giving'
        ? {}
        : { value: progress.done, max: progress.of ?? progress.done })}
    />
    <p>
      <strong>{HEADS[state]}.</strong> {plural(progress.changed, 'lead')} changed
      {progress.unchanged > 0 && `, ${progress.unchanged} were so before`}
      {progress.refused.size > 0 && ', refused:'}
    </p>
    <ul>
      {[...progress.refused].map(([why, count]) => (
        <li key={why}>
          {count} × {visible(why)}
        </li>
      ))}
    </ul>
    {error && <p className="error">{error}</p>}
  </div>
);
