import type { EventType, Recorded } from '@leadstream/contracts/events';

/**
 * Whether an event can leave a lead without a plan. The decision uses the phase, not the event. Rare cases (a click
 * that proves a send) are left to the watchdog. The end of a run is followed by the scheduler that appended it.
 */
const PLANS: Readonly<Record<EventType, boolean>> = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  'lead.restarted': true,
  'lead.moved': true,
  'lead.migrated': true,
  'lead.resumed': true,
  'lead.sent': true,
  'lead.send-deferred': true,
  'lead.send-skipped': true,
  'lead.send-failed': true,
  // Of a post to the rep's chat: the mail follows.
  'lead.send-unknown': true,
  // Before the sender's own outcome, which is then none.
  'lead.delivered': true,
  'lead.replied': true,
  'lead.recovered': true,
  'lead.tagged': true,
  'lead.assigned': true,
  'lead.lapsed': true,
  'lead.enrolled': false,
  'lead.step-planned': false,
  'lead.step-due': false,
  'lead.send-started': false,
  'lead.sequence-completed': false,
  'lead.opened': false,
  'lead.clicked': false,
  'lead.bounced': false,
  'lead.undelivered': false,
  'lead.complained': false,
  'lead.unsubscribed': false,
  'lead.suppressed': false,
  'lead.paused': false,
  'lead.enriched': false,
  'lead.noted': false,
  'lead.erased': false,
};
/** The events that start a plan. */
export const TRIGGERS: readonly string[] = Object.entries(PLANS).flatMap(([type, plans]) => (plans ? [type] : []));
/** Triggers of earlier builds, whose consumers still deliver them. */
export const FORMER_TRIGGERS = ['lead.sequence-completed'] as const satisfies readonly EventType[];

/** The event after which the lead is planned at once: a run that was put aside goes on when the other one ends. */
export const followed = (event: Recorded | undefined): Recorded | undefined =>
  event?.type === 'lead.sequence-completed' ? event : undefined;
