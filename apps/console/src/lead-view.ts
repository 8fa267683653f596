import type { Recorded } from '@leadstream/contracts/events';
import { stateAfter } from '@leadstream/lead/evolve';
import { nextOf } from '@leadstream/lead/next';
import { statusOf } from '@leadstream/lead/state';
import { storyOf } from '@leadstream/lead/story';
import { describe } from '@leadstream/lead/timeline';
import { unsettledOf } from '@leadstream/lead/unsettled';
import { canOf } from './can.ts';
import type { Asking } from './kinds.ts';
import type { LeadBrief, LeadView, TimelineEntry } from './schemas.ts';

/** The lead as its events show it; `shown` are the first ones of `events`, up to a version or a time. */
export function leadView(
  events: readonly Recorded[],
  store: Asking['store'],
  shown: readonly Recorded[] = events,
): LeadView {
  const state = stateAfter(shown);
  const { contact, zone, dossier, tags, rep, declined, stop, paused, unproven, awayUntil, phase } = state;
  const unsettled = unsettledOf(shown);
  return {
    ...leadBrief(shown),
    latest: events.at(-1)?.version ?? 0,
    contact,
    zone,
    dossier,
    tags,
    rep,
    declined,
    stop: stop && { why: stop.why, at: stop.at },
    paused,
    unproven: { held: unproven.held, count: unproven.count },
    awayUntil,
    phase,
    runs: storyOf(shown, (sequence, version) => store.sequence(sequence, version)),
    unsettled,
    can: shown.length === events.length ? canOf({ state, unsettled, store }) : null,
    timeline: shown.map(entryOf),
    createdAt: state.createdAt,
    lastActivityAt: state.lastActivityAt,
  };
}

/** Without personal data. */
export function leadBrief(events: readonly Recorded[]): LeadBrief {
  const state = stateAfter(events);
  const last = events.at(-1);
  return { id: last?.leadId ?? '', version: last?.version ?? 0, status: statusOf(state), next: nextOf(state) };
}

export const entryOf = (event: Recorded): TimelineEntry => ({
  ...eventOf(event),
  source: event.source,
  text: describe(event).trim(),
  data: event.data,
  // Its personal fields could not be opened here.
  sealed: event.sealed !== undefined,
  trace: event.traceparent?.split('-')[1] ?? null,
});

/** Without personal data. */
export const eventOf = ({ id, type, version, seq, at }: Recorded) => ({ id, type, version, seq, at });
