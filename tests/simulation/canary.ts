import type { Recorded } from '@leadstream/contracts/events';

/** Written here once more: lists, exports and gauges leave out the leads that have it. */
const TAG = 'source:canary';
/** The notice to the rep of a submission that starts no run of its own. */
const RETURNING = 'returning-lead';

interface Known {
  isCanary: boolean;
  /** Reports that count for the account's reputation. */
  reported: number;
}

/**
 * A lead of the canary that counts as a person, or a person who is left out as one of the canary. An erasure deletes
 * its tags, so that a report after it counts.
 */
export function canaryFaults(events: readonly Recorded[], { isCanary, reported }: Known): string[] {
  const counts = reported > 0 && !events.some(({ type }) => type === 'lead.erased');
  return [
    ...events
      .filter(({ type, data }) => type === 'lead.triaged' && data.tags.includes(TAG) !== isCanary)
      .map(({ seq }) => `${seq} ${isCanary ? 'is in lists of people' : 'hides a person from lists'}`),
    ...(isCanary ? [...events.flatMap(told), ...(counts ? ['its reports count for the account'] : [])] : []),
  ];
}

/** What reaches the rep, or a check-in, without an operator. */
function told({ seq, type, data }: Recorded): string[] {
  if ('tellRep' in data && data.tellRep === true) return [`${seq} tells the rep of the canary`];
  if (type === 'lead.resubmitted' && data.route?.sequence === RETURNING)
    return [`${seq} tells the rep that it returns`];
  return type === 'lead.lapsed' ? [`${seq} starts a check-in of the canary`] : [];
}
