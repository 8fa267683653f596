import type { Recorded } from '@leadstream/contracts/events';
import type { Course, LeadPosition } from './course.ts';
import type { Finding } from './finding.ts';
import { heldBy, stopOf } from './standing.ts';

const DAY_MS = 86_400_000;
const IDLE_DAYS = 90;
const YEAR_DAYS = 365;
/** A click sooner after the claim of its mail is a scanner's. */
const SCANNED_MS = 60_000;

/** Check-ins of leads that were active, under way, stopped or held, and the second one within a year. */
export function lapseFaults(course: Course): Finding[] {
  const claimedMs = new Map<string, number>();
  let activeMs = -Infinity;
  let checkedMs = -Infinity;
  return course.flatMap(({ event, place }): Finding[] => {
    const atMs = Date.parse(event.at);
    const wrong = event.type === 'lead.lapsed' ? faultOf(place, atMs - activeMs, atMs - checkedMs) : undefined;
    if (event.type === 'lead.send-started') claimedMs.set(event.data.sendId, atMs);
    activeMs = Math.max(activeMs, activityOf(event, claimedMs));
    if (isCheckIn(event)) checkedMs = Math.max(checkedMs, atMs);
    const says = `event ${event.seq} starts a check-in ${wrong}`;
    return wrong === undefined ? [] : [{ rule: 'lapse', leadId: event.leadId, seqs: [event.seq], says }];
  });
}

function faultOf({ next, aside, standing }: LeadPosition, idleMs: number, sinceMs: number): string | undefined {
  if (next.kind !== 'completed' || aside !== null) return 'of a lead that is under way';
  if (stopOf(standing) !== null || standing.left.size > 0) return 'of a lead that wants no mail, or has answered';
  if (heldBy(standing) !== null) return 'of a lead that is held';
  if (idleMs < IDLE_DAYS * DAY_MS) return `${Math.floor(idleMs / DAY_MS)} days after the lead was active`;
  return sinceMs < YEAR_DAYS * DAY_MS ? `${Math.floor(sinceMs / DAY_MS)} days after another one` : undefined;
}

/** Begins or ends a run of the sequence. */
const isCheckIn = ({ type, data }: Recorded): boolean =>
  type === 'lead.sequence-completed'
    ? data.sequence === 're-engagement'
    : 'route' in data && data.route?.sequence === 're-engagement';

/** The time of a person's own act in the event. */
function activityOf(event: Recorded, claimedMs: Map<string, number>): number {
  switch (event.type) {
    case 'lead.triaged':
    case 'lead.resubmitted':
      return Date.parse(event.at);
    case 'lead.clicked': {
      const atMs = Date.parse(event.data.at);
      return atMs - (claimedMs.get(event.data.sendId ?? '') ?? -Infinity) < SCANNED_MS ? -Infinity : atMs;
    }
    case 'lead.replied': {
      const isPersons = ['human', 'left', 'unsubscribe'].includes(event.data.class);
      return isPersons && event.data.authenticated !== false ? Date.parse(event.data.at) : -Infinity;
    }
    case 'lead.recovered':
      for (const [sendId, { startedAt }] of Object.entries(event.data.sends ?? {}))
        if (!claimedMs.has(sendId)) claimedMs.set(sendId, Date.parse(startedAt));
      return event.data.lastActivityAt === undefined ? -Infinity : Date.parse(event.data.lastActivityAt);
    case 'lead.enrolled':
    case 'lead.step-due':
    case 'lead.send-started':
    case 'lead.sent':
    case 'lead.send-deferred':
    case 'lead.send-failed':
    case 'lead.send-skipped':
    case 'lead.send-unknown':
    case 'lead.step-planned':
    case 'lead.sequence-completed':
    case 'lead.delivered':
    case 'lead.opened':
    case 'lead.bounced':
    case 'lead.undelivered':
    case 'lead.complained':
    case 'lead.unsubscribed':
    case 'lead.suppressed':
    case 'lead.paused':
    case 'lead.resumed':
    case 'lead.restarted':
    case 'lead.moved':
    case 'lead.migrated':
    case 'lead.tagged':
    case 'lead.lapsed':
    case 'lead.assigned':
    case 'lead.enriched':
    case 'lead.noted':
    case 'lead.erased':
      return -Infinity;
    default:
      return event satisfies never;
  }
}
