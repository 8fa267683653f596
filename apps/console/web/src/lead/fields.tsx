import { useId, useState } from 'react';
import type { LeadView } from '../../../src/schemas.ts';
import { useSequences } from '../leads/data.ts';
import { visible } from '../words.ts';
import type { FieldName } from './commands.ts';

const REASON_MAX = 2_000;
const NOTE_MAX = 2_000;

interface FieldsProps {
  /** None: the command is for many. */
  lead?: LeadView;
  fields: readonly FieldName[];
  isReasonRequired?: boolean;
}

/** The fields of a command, the browser's own. */
export function Fields({ lead, fields, isReasonRequired = false }: FieldsProps) {
  const has = (name: FieldName) => fields.includes(name);
  return (
    <>
      {has('text') && (
        <label>
          Note
          <textarea name="text" rows={4} required maxLength={NOTE_MAX} />
        </label>
      )}
      {has('sequence') && lead && <Target lead={lead} withStep={has('step')} />}
      {has('rep') && <RepField />}
      {has('tags') && (
        <label>
          Tags
          <input name="tags" required maxLength={500} placeholder="customer, region:nordics" autoComplete="off" />
        </label>
      )}
      {has('remove') && lead && (
        <label>
          Tag
          <select name="remove" required>
            {lead.tags.map((tag) => (
              <option key={tag} value={tag}>
                {visible(tag)}
              </option>
            ))}
          </select>
        </label>
      )}
      {has('althoughAway') && lead?.awayUntil && (
        <label className="check">
          <input type="checkbox" name="althoughAway" /> Write although the lead is out of office
        </label>
      )}
      {has('address') && lead && <Address lead={lead} />}
      {has('reason') && <Reason isRequired={isReasonRequired || has('address')} />}
    </>
  );
}

const Reason = ({ isRequired }: { isRequired: boolean }) => (
  <label>
    Why {!isRequired && <span className="quiet">kept in the event; may be empty</span>}
    <textarea name="reason" rows={2} required={isRequired} maxLength={REASON_MAX} />
  </label>
);

/** To type the address makes sure that it is this lead's. */
function Address({ lead: { contact } }: { lead: LeadView }) {
  const email = contact?.email;
  return email ? (
    <label>
      Type {visible(email)} to go on
      <input
        name="address"
        required
        autoComplete="off"
        onChange={({ target }) =>
          target.setCustomValidity(target.value === email ? '' : 'This is not the address of the lead')
        }
      />
    </label>
  ) : null;
}

function Target({ lead, withStep }: { lead: LeadView; withStep: boolean }) {
  const { data } = useSequences();
  const sequences = data?.sequences.filter(({ active, steps }) => active !== null && steps.length > 0) ?? [];
  const current = lead.runs.at(-1)?.sequence;
  const [chosen, choose] = useState<string>();
  const sequence = sequences.find(({ id }) => id === (chosen ?? current)) ?? sequences[0];
  return (
    <>
      <label>
        Sequence
        <select name="sequence" required value={sequence?.id ?? ''} onChange={({ target }) => choose(target.value)}>
          {sequences.map(({ id, name }) => (
            <option key={id} value={id}>
              {name ?? id}
            </option>
          ))}
        </select>
      </label>
      {withStep && (
        <label>
          Step
          <select name="step" required>
            {sequence?.steps.map(({ id, audience }) => (
              <option key={id} value={id}>
                {id}
                {audience === 'staff' ? ' (to the rep)' : ''}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

function RepField() {
  const { data } = useSequences();
  const list = useId();
  const reps = data?.reps ?? [];
  if (reps.length > 0)
    return (
      <label>
        Rep
        <select name="rep" required>
          {reps.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    );
  return (
    <label>
      Rep <span className="quiet">no list is deployed: any name of small letters</span>
      <input name="rep" required pattern="[a-z0-9\-]+" maxLength={64} aria-describedby={list} />
    </label>
  );
}
