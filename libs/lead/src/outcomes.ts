import { submissionIdIn } from '@leadstream/contracts/envelope';
import { catalogue, type EventType, type Recorded } from '@leadstream/contracts/events';
import type { Outcome } from '@leadstream/contracts/public';
import { hasOutcome, isTold, type ToldType } from './has-outcome.ts';

/** The outcome of each event that has one; null: the event's own fields are unreadable. */
const OUTCOMES: { readonly [K in ToldType]: (event: Recorded<K>) => Outcome | null } = {
  'lead.triaged': (event) => accepted(event, true),
  'lead.resubmitted': (event) => accepted(event, false),
  'lead.replied': ({ leadId, data: { at, class: what } }) =>
    what === 'unsubscribe'
      ? { type: 'lead.unsubscribed', data: { leadId, at, via: 'reply' } }
      : { type: 'lead.responded', data: { leadId, at } },
  'lead.unsubscribed': ({ leadId, data: { at, via, sequence } }) => ({
    type: 'lead.unsubscribed',
    data: { leadId, at, via, ...(sequence === undefined ? {} : { sequence }) },
  }),
  'lead.bounced': ({ leadId, data: { at } }) => ({ type: 'lead.bounced', data: { leadId, at } }),
  'lead.complained': ({ leadId, data: { at } }) => ({ type: 'lead.complained', data: { leadId, at } }),
  'lead.sequence-completed': ({ leadId, data: { sequence, why } }) => ({
    type: 'lead.completed',
    data: { leadId, sequence, why },
  }),
  'lead.erased': ({ leadId }) => ({ type: 'lead.erased', data: { leadId } }),
};

/** The types of events that may have an outcome. */
export const TOLD_TYPES: readonly ToldType[] = (Object.keys(catalogue) as EventType[]).filter(isTold);

/** The outcome that other teams are told of; null: none, or the event's own fields are unreadable. */
export const outcomeOf = (event: Recorded): Outcome | null =>
  isTold(event.type) && hasOutcome(event) ? made(event as Recorded<ToldType>) : null;

const made = <K extends ToldType>(event: Recorded<K>): Outcome | null => OUTCOMES[event.type](event);

/** The id of the submission is sealed with the lead's personal data: its publisher may have made it of the address. */
function accepted(event: Recorded<'lead.triaged' | 'lead.resubmitted'>, isNew: boolean): Outcome | null {
  if (event.sealed !== undefined) return null;
  const { leadId, data } = event;
  return { type: 'lead.accepted', data: { leadId, submission: submissionOf(data.intake), isNew } };
}

/**
 * An old event has only the key `<source>/<id>`, and a source of 200 characters is cut: then the id is the whole key.
 */
function submissionOf({ key, source }: Recorded<'lead.triaged'>['data']['intake']): { source: string; id: string } {
  const isWhole = source !== undefined && source.length < 200 && key.startsWith(`${source}/`);
  return { source: source ?? '', id: isWhole ? submissionIdIn(key, source) : key };
}
