import { leadFold, stateAfter } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import type { LeadDocument } from '@leadstream/projection/collections';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import { searchKeysOf } from '@leadstream/projection/search';
import { historyOf } from '../projection.ts';

/** The projector's document of a lead with this past. */
export function documentOf(past: Past[]): LeadDocument {
  const events = recorded(past);
  const state = stateAfter(events);
  const shown = view(state);
  const dated = Object.entries(shown).map(
    ([name, value]) => [name, name.endsWith('At') && typeof value === 'string' ? new Date(value) : value] as const,
  );
  return {
    createdAt: new Date(0),
    ...Object.fromEntries(dated),
    searchKeys: searchKeysOf(shown),
    updatedAt: new Date(events.at(-1)?.at ?? 0),
    _id: LEAD_ID,
    state: JSON.stringify(state),
    version: events.length,
    lastSeq: events.at(-1)?.seq ?? 0,
    lastId: events.at(-1)?.id ?? '',
    stateVersion: leadFold.stateVersion,
    history: historyOf(events),
  };
}
