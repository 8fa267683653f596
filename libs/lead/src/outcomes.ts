import { submissionIdIn } from '@leadstream/contracts/envelope';
import type { EventType, Recorded } from '@leadstream/contracts/events';
import type { Outcome } from '@leadstream/contracts/public';
import { isNotice } from './run.ts';

type Told = { readonly [K in EventType]: ((event: Recorded<K>) => Outcome | null) | null };

/** The outcome of each event of the log that other teams read; null: none. */
const TOLD: Told = {
  'lead.triaged': (event) => accepted(event, true),
  'lead.resubmitted': (event) => accepted(event, false),
  'lead.replied': replied,
  'lead.unsubscribed': ({ leadId, data: { at, via, sequence } }) => ({
    type: 'lead.unsubscribed',
    data: { leadId, at, via, ...(sequence === undefined ? {} : { sequence }) },
  }),
  'lead.bounced': ({ leadId, data: { at } }) => ({ type: 'lead.bounced', data: { leadId, at } }),
  'lead.complained': ({ leadId, data: { at } }) => ({ type: 'lead.complained', data: { leadId, at } }),
  'lead.sequence-completed': ({ leadId, data: { sequence, why } }) =>
    isNotice(sequence) ? null : { type: 'lead.completed', data: { leadId, sequence, why } },
  'lead.erased': ({ leadId }) => ({ type: 'lead.erased', data: { leadId } }),
  // An imported list is known to the team that gave it, and most of its addresses are no leads.
  'lead.suppressed': null,
  // PUBLIC outlives a restore of the log: what a witness knows was published before.
  'lead.recovered': null,
  'lead.enrolled': null,
  'lead.step-due': null,
  'lead.send-started': null,
  'lead.sent': null,
  'lead.send-deferred': null,
  'lead.send-failed': null,
  'lead.send-skipped': null,
  'lead.send-unknown': null,
  'lead.step-planned': null,
  'lead.delivered': null,
  'lead.opened': null,
  'lead.clicked': null,
  'lead.undelivered': null,
  'lead.paused': null,
  'lead.resumed': null,
  'lead.restarted': null,
  'lead.moved': null,
  'lead.migrated': null,
  'lead.tagged': null,
  'lead.enriched': null,
  'lead.lapsed': null,
  'lead.assigned': null,
  'lead.noted': null,
};

const types = Object.keys(TOLD) as EventType[];
/** The types of events that may have an outcome. */
export const TOLD_TYPES: readonly EventType[] = types.filter((type) => TOLD[type] !== null);

/** The outcome that other teams are told of; null: none, or the event's own fields are unreadable. */
export const outcomeOf = (event: Recorded): Outcome | null => tell(event);

const tell = <K extends EventType>(event: Recorded<K>): Outcome | null => TOLD[event.type]?.(event) ?? null;

/** The id of the submission is sealed with the lead's personal data: its publisher may have made it of the address. */
function accepted(event: Recorded<'lead.triaged' | 'lead.resubmitted'>, isNew: boolean): Outcome | null {
  if (event.sealed !== undefined) return null;
  const { leadId, data } = event;
  return { type: 'lead.accepted', data: { leadId, submission: submissionOf(data.intake), isNew } };
}

/** An old event has only the key `<source>/<id>`, and a source of 200 characters is cut: then the id is the whole key. */
function submissionOf({ key, source }: Recorded<'lead.triaged'>['data']['intake']): { source: string; id: string } {
  const isWhole = source !== undefined && source.length < 200 && key.startsWith(`${source}/`);
  return { source: source ?? '', id: isWhole ? submissionIdIn(key, source) : key };
}

function replied({ leadId, data }: Recorded<'lead.replied'>): Outcome | null {
  // Anybody can write a reply of unproven origin.
  if (data.authenticated === false) return null;
  switch (data.class) {
    case 'human':
    case 'left':
      return { type: 'lead.responded', data: { leadId, at: data.at } };
    case 'unsubscribe':
      return { type: 'lead.unsubscribed', data: { leadId, at: data.at, via: 'reply' } };
    case 'out-of-office':
    case 'auto':
      return null;
  }
}
