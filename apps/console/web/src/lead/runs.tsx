import { Icon, type IconName } from '../icons.tsx';
import type { LeadView } from '../../../src/schemas.ts';
import { exact, wall } from '../time.ts';
import { Ago } from '../ui.tsx';
import { titled, visible } from '../words.ts';
import { toldOf } from '../events.ts';
import { ReadMail } from './mail.tsx';

type Run = LeadView['runs'][number];
type Step = Run['steps'][number];

const STATES: Readonly<Record<Step['state'], { says: string; icon: IconName }>> = {
  done: { says: 'Sent', icon: 'check' },
  next: { says: 'Next', icon: 'clock' },
  later: { says: 'Later', icon: 'dot' },
  'not-sent': { says: 'Not sent', icon: 'cross' },
  'needs-you': { says: 'Needs you', icon: 'alert' },
};

/** Each run of the lead through a sequence, the newest first; one that only tells the rep is one line. */
export function Runs({ lead }: { lead: LeadView }) {
  if (lead.runs.length === 0) return null;
  return (
    <section aria-labelledby="way">
      <h2 id="way">Way through its sequences</h2>
      {lead.runs
        .toReversed()
        .map((run) =>
          run.steps.length > 0 && run.steps.every(({ audience }) => audience === 'staff') ? (
            <Notice key={run.id} lead={lead} run={run} />
          ) : (
            <Line key={run.id} lead={lead} run={run} />
          ),
        )}
    </section>
  );
}

const nameOf = ({ name, sequence, version }: Run) => (
  <>
    <strong>{name ?? titled(sequence)}</strong> {version !== null && <span className="quiet">v{version}</span>}
  </>
);

function causeOf({ cause }: Run): string {
  return cause === null ? 'known from a restore' : toldOf(cause).says.toLowerCase();
}

function Notice({ lead, run }: { lead: LeadView; run: Run }) {
  const [step] = run.steps;
  const isDone = step?.state === 'done';
  return (
    <div className="notice">
      <span className={`knot ${step?.state ?? ''}`}>
        <Icon name={isDone ? 'check' : 'mail'} />
      </span>
      <p>
        {nameOf(run)} · {causeOf(run)}; the rep {isDone ? 'was told' : 'is told'}{' '}
        {step?.at ? <Ago at={step.at} /> : (step?.why ?? 'soon')}
      </p>
      {step && <ReadMail lead={lead} sendIds={step.sendIds} />}
    </div>
  );
}

const Line = ({ lead, run }: { lead: LeadView; run: Run }) => (
  <article className="run">
    <p>
      {nameOf(run)}
      <br />
      <span className="quiet">
        {causeOf(run)} <Ago at={run.startedAt} />
        {run.ended && ` · ended: ${visible(run.ended.why)}`}
      </span>
    </p>
    <ol className="line">
      {run.steps.map((step) => (
        <StepAt key={step.index} lead={lead} step={step} />
      ))}
    </ol>
  </article>
);

function StepAt({ lead, step }: { lead: LeadView; step: Step }) {
  const { says, icon } = STATES[step.state];
  const facts = [...new Set(step.facts.map(({ fact }) => fact))];
  return (
    <li className={`step ${step.state}`}>
      <span className="knot">
        <Icon name={icon} />
      </span>
      <div>
        <h3>{visible(step.id)}</h3>
        <p className="quiet small">
          {says}
          {step.at && (
            <time dateTime={step.at} title={exact(step.at)}>
              {' '}
              · {wall(step.at, step.state === 'next' ? lead.zone?.id : undefined)}
            </time>
          )}
          {step.attempts > 1 && ` · attempt ${step.attempts}`}
        </p>
        {step.why && <p className="reason small">{visible(step.why)}</p>}
        {facts.length > 0 && <p className="quiet small">{facts.join(', ')}</p>}
        {step.state !== 'later' && <ReadMail lead={lead} sendIds={step.sendIds} />}
      </div>
    </li>
  );
}
