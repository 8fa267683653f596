import type { Recorded } from '@leadstream/contracts/events';
import { standingAfter, stopOf, unhindered, type Standing } from '@leadstream/verify/standing';

/** Whether the unsubscribe covers this sequence; without a sequence it covers all mail. */
export const unsubscribesFrom = ({ data }: Recorded<'lead.unsubscribed'>, sequence: string | undefined): boolean =>
  data.sequence === undefined || data.sequence === sequence;

/** Rule violations around sequences that the lead has unsubscribed from and that no claim shows. */
export function declineFaults(events: readonly Recorded[]): string[] {
  const sequences = new Map<string, string>();
  let standing = unhindered;
  return events.flatMap((event) => {
    if (event.type === 'lead.enrolled') sequences.set(event.data.runId, event.data.sequence);
    if (event.type === 'lead.migrated') sequences.set(event.id, event.data.sequence);
    const faults = faultsOf(event, standing, sequences);
    standing = standingAfter(standing, event);
    return faults;
  });
}

function faultsOf(event: Recorded, standing: Standing, sequences: ReadonlyMap<string, string>): string[] {
  const { left } = standing;
  const { seq } = event;
  switch (event.type) {
    case 'lead.unsubscribed':
      return left.has(event.data.sequence ?? '') ? [`${seq} leaves ${event.data.sequence} once more`] : [];
    case 'lead.enrolled':
    case 'lead.step-planned':
    case 'lead.migrated': {
      const sequence = sequences.get(event.data.runId) ?? '';
      return event.data.planned.audience === 'lead' && left.has(sequence)
        ? [`${seq} plans a mail of ${sequence}, which the lead has left`]
        : [];
    }
    case 'lead.sequence-completed':
      return event.data.why === 'stopped' && stopOf(standing, event.data.sequence) === null
        ? [`${seq} ends ${event.data.sequence}, which nothing had stopped`]
        : [];
    // A restart lifts an unsubscribe. Mails to the rep do not depend on it.
    case 'lead.resubmitted':
    case 'lead.moved': {
      const { route } = event.data;
      return route && route.tag !== 'returning' && left.has(route.sequence)
        ? [`${seq} asks for ${route.sequence}, which the lead has left`]
        : [];
    }
    default:
      return [];
  }
}
