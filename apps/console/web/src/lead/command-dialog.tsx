import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';
import type { KindName } from '../../../src/kinds.ts';
import type { Commanded, LeadView, TimelineEntry } from '../../../src/schemas.ts';
import { post, Refused, type ProblemBody } from '../api.ts';
import { toldOf } from '../events.ts';
import { typedIn } from '../forms.ts';
import { saw } from '../seen.ts';
import { seconds } from '../time.ts';
import { say } from '../toast.tsx';
import { Dialog } from '../ui.tsx';
import { plural, titled, visible } from '../words.ts';
import { bodyOf, COMMANDS, keyed, type Values } from './commands.ts';
import { leadKey } from './data.ts';
import { Fields } from './fields.tsx';

interface Props {
  lead: LeadView;
  kind: KindName;
  values: Values;
  onClose: () => void;
}

/** One command: its consequence in words, its fields, and its refusal where it was given. */
export function CommandDialog({ lead, kind, values, onClose }: Props) {
  const { says, explains } = COMMANDS[kind];
  const obstacle = lead.can?.[kind];
  // The lead that the operator looked at when the dialog opened: what came since is not agreed to.
  const [seen, look] = useState(lead.version);
  const { give, isBusy, problem, forget } = useGiving({ lead, seen, onClose });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void give(kind, { ...values, ...typedIn(event.currentTarget) });
  };
  const isMoved = problem?.code === 'MOVED_ON';
  return (
    <Dialog title={says} onClose={onClose}>
      <p className="explains">{titleOf(kind, values) ?? explains}</p>
      {typeof obstacle === 'object' && !problem && <Obstacle {...obstacle} />}
      <form onSubmit={submit}>
        <Fields lead={lead} fields={COMMANDS[kind].fields} />
        {problem && !isMoved && (
          <Obstacle says={problem.detail} remedy={problem.remedy ?? null} errors={problem.errors} />
        )}
        {isMoved && <Moved since={(problem.since ?? []) as TimelineEntry[]} />}
        <footer>
          <button key="cancel" type="button" onClick={onClose}>
            Cancel
          </button>
          {isMoved ? (
            <Seen
              onSeen={() => {
                look((problem.lead as LeadView).version);
                forget();
              }}
            />
          ) : (
            <button
              key="give"
              type="submit"
              className={'danger' in COMMANDS[kind] ? 'primary danger' : 'primary'}
              disabled={isBusy || (typeof obstacle === 'object' && !problem && seen === lead.version)}
            >
              {isBusy ? 'Recording …' : says}
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  );
}

/** Of another key than the form's own button, into which React would turn it: the click would then submit. */
const Seen = ({ onSeen }: { onSeen: () => void }) => (
  <button key="seen" type="button" className="primary" onClick={onSeen}>
    I have seen it
  </button>
);

const titleOf = (kind: KindName, { as }: Values): string | undefined =>
  kind !== 'resolve'
    ? undefined
    : as === 'sent'
      ? 'The mail went out: its run goes on after it.'
      : 'The mail did not go out: its run goes on without it.';

function useGiving({ lead, seen, onClose }: { lead: LeadView; seen: number; onClose: () => void }) {
  const queries = useQueryClient();
  const keyOf = useRef(keyed()).current;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemBody>();
  const give = async (kind: KindName, values: Values) => {
    setBusy(true);
    setProblem(undefined);
    const body = bodyOf(kind, values);
    try {
      const path = `/v1/leads/${lead.id}/commands`;
      const ifMatch = 'seen' in COMMANDS[kind] ? `"${seen}"` : null;
      const key = keyOf({ ...body, ifMatch });
      const { event, lead: now, left } = await post<Commanded>(path, body, { key, ifMatch });
      queries.setQueryData(leadKey(lead.id), now);
      saw(event.seq);
      for (const name of ['leads', 'count', 'needs-you', 'explain'])
        void queries.invalidateQueries({ queryKey: [name] });
      say(`Recorded: ${toldOf(event.type).says.toLowerCase()}.${left ? ` Left: ${left.join('. ')}` : ''}`);
      onClose();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.problem.lead) queries.setQueryData(leadKey(lead.id), error.problem.lead);
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  return { give, isBusy, problem, forget: () => setProblem(undefined) };
}

interface ObstacleProps {
  says: string;
  remedy: string | null;
  errors?: ProblemBody['errors'];
}
const Obstacle = ({ says, remedy, errors = [] }: ObstacleProps) => (
  <div className="obstacle" role="alert">
    <p>
      <strong>Not now: {visible(says)}.</strong> {remedy && `${titled(remedy)}.`}
    </p>
    {errors.map(({ field, message }) => (
      <p key={field}>
        {titled(field)} {message}
      </p>
    ))}
  </div>
);

/** The events that the operator has not seen yet: they decide, not the browser. */
const Moved = ({ since }: { since: readonly TimelineEntry[] }) => (
  <div className="moved" role="alert">
    <p>
      <strong>{plural(since.length, 'thing has', 'things have')} happened since you looked.</strong> Nothing was
      recorded.
    </p>
    <ul>
      {since.map(({ id, type, text, at }) => (
        <li key={id}>
          <span>
            <strong>{toldOf(type).says}</strong> {visible(text)}
          </span>
          <time dateTime={at}>{seconds(at)}</time>
        </li>
      ))}
    </ul>
  </div>
);
