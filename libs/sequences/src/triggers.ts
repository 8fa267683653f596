import type { EventType } from '@leadstream/contracts/events';

/**
 * Whether an event can leave a lead without a plan. Rare cases (a click that proves a send) are left to the watchdog.
 * The decision uses the phase, not the event.
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
  'lead.delivered': true,
  'lead.replied': true,
  'lead.sequence-completed': true,
  'lead.recovered': true,
  'lead.tagged': true,
  'lead.assigned': true,
  'lead.lapsed': true,
  'lead.enrolled': false,
  'lead.step-planned': false,
  'lead.step-due': false,
  'lead.send-started': false,
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
