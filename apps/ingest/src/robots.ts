import type { LeadCreated } from '@leadstream/contracts/lead-created';
import { Problem } from '@leadstream/service/problem';

/**
 * Two fields that only a form such as docs/form.html has. A visitor neither sees nor fills the first; the page's script
 * sets the second, and a form without a script leaves it out.
 */
const FIELDS = {
  leave_empty: {
    message: 'Leave this field empty: it is there for robots, which fill every field',
    isVisitors: (value: unknown) => value == null || (typeof value === 'string' && value.trim() === ''),
  },
  seconds_on_page: {
    message: 'The form was sent sooner than a person can fill it in; send it again',
    isVisitors: (value: unknown) => value == null || value === '' || !(Number(value) < 2),
  },
} as const;

/** The lead without these fields, or the refusal of a robot's. */
export function fromVisitor(lead: LeadCreated): LeadCreated | Problem {
  const { fields } = lead.leadData;
  const found = Object.entries(FIELDS).filter(([name]) => fields && Object.hasOwn(fields, name));
  if (found.length === 0) return lead;
  const errors = found
    .filter(([name, { isVisitors }]) => !isVisitors(fields?.[name]))
    .map(([name, { message }]) => ({ field: `leadData.fields.${name}`, message }));
  if (errors.length > 0) return new Problem('robot', 'The form was sent by a robot', { errors });
  const kept = Object.entries(fields ?? {}).filter(([name]) => !Object.hasOwn(FIELDS, name));
  return { ...lead, leadData: { ...lead.leadData, fields: Object.fromEntries(kept) } };
}
