import type { Choice } from '@leadstream/service/import/rows';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ImportPreview } from '../../../src/import-schemas.ts';
import { Icon } from '../icons.tsx';
import { Action } from '../ui.tsx';
import { plural, titled, visible } from '../words.ts';
import { saveRefused, type Sheet } from './importing.ts';

const FIELDS = {
  email: 'Address',
  firstName: 'First name',
  lastName: 'Last name',
  fullName: 'Whole name',
  phone: 'Phone',
  phoneExtension: 'Phone extension',
  timeZone: 'Time zone',
  source: 'Source',
  medium: 'Medium',
  campaign: 'Campaign',
  pageURL: 'Page of the form',
  submissionTimestamp: 'Time of the form',
  ip: 'IP address',
  kept: 'Kept as it is',
} as const satisfies Record<Choice, string>;
const CHOICES = Object.entries(FIELDS) as [Choice, string][];
const MISSING = {
  email: 'No column is the address: choose it above.',
  source: 'No column is the source: type one above, or choose its column.',
} as const satisfies Record<ImportPreview['missing'][number], string>;

interface ColumnsProps {
  columns: ImportPreview['columns'];
  choices: Sheet['choices'];
  change: (choices: Sheet['choices']) => void;
}

export const Columns = ({ columns, choices, change }: ColumnsProps) => (
  <section className="card" aria-labelledby="columns">
    <h2 id="columns">Columns</h2>
    <ul className="mapping">
      {columns.map(({ name, field, guess, isChosen, examples }, index) => (
        <li key={index}>
          <div>
            <strong className="break">{visible(name) || `Column ${index + 1}`}</strong>
            <p className="quiet small break">{examples.map(visible).join(' · ') || 'empty'}</p>
          </div>
          <label>
            <span className="quiet small">
              {isChosen ? 'you chose' : guess === field && field ? 'by its name' : 'no field by its name'}
            </span>
            <select
              aria-label={`Field of ${visible(name) || `column ${index + 1}`}`}
              value={choices[index] ?? field ?? 'kept'}
              onChange={({ target }) =>
                change(columns.map((_, at) => (at === index ? (target.value as Choice) : choices[at])))
              }
            >
              {CHOICES.map(([id, says]) => (
                <option key={id} value={id}>
                  {says}
                </option>
              ))}
            </select>
          </label>
        </li>
      ))}
    </ul>
  </section>
);

export function Outcomes({ preview, sheet, isBusy }: { preview: ImportPreview; sheet: Sheet; isBusy: boolean }) {
  const { missing, rows, counts, sources } = preview;
  if (missing.length > 0)
    return (
      <div className="obstacle card" role="status">
        {missing.map((one) => (
          <p key={one}>
            <Icon name="alert" /> {MISSING[one]}
          </p>
        ))}
      </div>
    );
  return (
    <section className="card" aria-labelledby="outcomes">
      <h2 id="outcomes">What becomes of {plural(rows, 'row')}</h2>
      <div role="status">
        <dl className="tallies">
          <Tally says={counts.leads === 1 ? 'lead' : 'leads'} count={counts.leads} />
          <Tally says="of a repeated address, merged" count={counts.repeated} />
          <Tally says="refused" count={counts.refused} isBad />
        </dl>
      </div>
      <ul className="sources">
        {sources.map(({ name, rows: count, sequence }) => (
          <li key={name}>
            {plural(count, 'row')} from <code className="break">{visible(name)}</code>{' '}
            {sequence && <>→ {titled(sequence)}</>}
          </li>
        ))}
      </ul>
      {!isBusy && <Rows rows={preview.shown} of={rows} />}
      {counts.refused > 0 && <RefusedRows preview={preview} sheet={sheet} />}
    </section>
  );
}

const Tally = ({ says, count, isBad = false }: { says: string; count: number; isBad?: boolean }) => (
  <div className={isBad && count > 0 ? 'late' : ''}>
    <dt>{says}</dt>
    <dd>{count.toLocaleString('en')}</dd>
  </div>
);

const OUTCOMES = { lead: 'A lead', repeated: 'Merged with row', refused: 'Refused' } as const;

const Rows = ({ rows, of }: { rows: ImportPreview['shown']; of: number }) => (
  <>
    <h3>{rows.length < of ? `The first ${rows.length}, as they would be` : 'Each, as it would be'}</h3>
    <div className="scrolls" tabIndex={0} role="region" aria-label="Outcomes of the first rows">
      <table className="plain-table">
        <thead>
          <tr>
            {['Row', 'Outcome', 'Address', 'Name', 'Phone', 'Source', 'Kept besides'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.row}>
              <td>{one.row}</td>
              {one.outcome === 'refused' ? (
                <td className="late" colSpan={6}>
                  {OUTCOMES.refused}: {reasons(one.problems)}
                </td>
              ) : (
                <>
                  <td>{one.outcome === 'lead' ? OUTCOMES.lead : `${OUTCOMES.repeated} ${one.first}`}</td>
                  <td>{visible(one.lead.email)}</td>
                  <td>{one.lead.name === null ? <span className="quiet">–</span> : visible(one.lead.name)}</td>
                  <td>{one.lead.phone ?? <span className="quiet">–</span>}</td>
                  <td>{visible(one.lead.source)}</td>
                  <td>{one.lead.fields.map(visible).join(', ') || <span className="quiet">–</span>}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </>
);

const reasons = (problems: readonly { field: string; reason: string }[]): string =>
  problems.map(({ field, reason }) => `${field}: ${reason}`).join('; ');

function RefusedRows({ preview: { refused, counts }, sheet }: { preview: ImportPreview; sheet: Sheet }) {
  const [error, tell] = useState<string>();
  const save = () => {
    tell(undefined);
    saveRefused(sheet).catch((cause: Error) => tell(cause.message));
  };
  const more = counts.refused - refused.length;
  return (
    <details className="refused-rows">
      <summary>{plural(counts.refused, 'row')} refused</summary>
      <ul>
        {refused.map(({ row, problems }) => (
          <li key={row}>
            Row {row}: {reasons(problems)}
          </li>
        ))}
        {more > 0 && <li className="quiet">and {more.toLocaleString('en')} more in the file</li>}
      </ul>
      <p className="quiet small">
        Mend them in the file of the refused rows, and import that: only its rows are handed in.
      </p>
      <Action icon="save" says="Save the refused rows" onClick={save} />
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </details>
  );
}

export interface Handed {
  state: 'asking' | 'giving' | 'stopped' | 'done';
  done: number;
  of: number;
  /** The last row that is stored. */
  row: number;
  error: string | undefined;
}
interface HandingProps {
  preview: ImportPreview;
  handed: Handed;
  isReady: boolean;
  give: () => void;
  stop: () => void;
}

const HEADS = { asking: '', giving: 'Under way', stopped: 'Stopped', done: 'Done' } as const;

/** The last step: the rows are handed in, with a stop, and a way on behind it. */
export function Handing({ preview: { counts, missing }, handed, isReady, give, stop }: HandingProps) {
  const rows = counts.leads + counts.repeated;
  const { state, of } = handed;
  if (missing.length > 0 || rows === 0) return null;
  if (state === 'asking')
    return (
      <div className="import-end">
        <p className="quiet small">
          New leads get the mails of their sequence. The same file again adds nobody twice, also with other columns.
        </p>
        <button type="button" className="primary" disabled={!isReady} onClick={give}>
          Import {plural(rows, 'row')}
        </button>
      </div>
    );
  return <UnderWay handed={handed} rows={of || rows} give={give} stop={stop} />;
}

function UnderWay({
  handed: { state, done, error },
  rows,
  give,
  stop,
}: Pick<HandingProps, 'handed' | 'give' | 'stop'> & { rows: number }) {
  const card = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone, and the columns above it.
  useEffect(() => card.current?.focus(), []);
  return (
    <div className="import-end card" tabIndex={-1} ref={card}>
      <div role="status" className="outcome">
        <progress aria-label="Rows that are handed in" value={done} max={rows} />
        <p>
          <strong>{HEADS[state]}.</strong> {done.toLocaleString('en')} of {plural(rows, 'row')} handed in
        </p>
        {error && <p className="error">{error}</p>}
      </div>
      <div className="buttons">
        {state === 'giving' && <Action says="Stop here" onClick={stop} />}
        {state === 'stopped' && <Action says="Go on" className="primary" onClick={give} />}
        {state === 'done' && (
          <Link href="/leads" className="button primary">
            Show the leads
          </Link>
        )}
      </div>
    </div>
  );
}
