import type { LeadState } from '@leadstream/lead/state';
import type { LeadQueries } from '@leadstream/projection/queries';

/** The hunter looks every second; an action this late is not on its way any more. */
const LATE_MS = 60_000;
const COUNTED_MAX = 10_000;

export interface Overdue {
  count: number;
  more: boolean;
  lagMs: number;
}

/** An action that was due before it is late. */
export const lateBefore = (now: Temporal.Instant): Temporal.Instant => now.subtract({ milliseconds: LATE_MS });

/** The number of late leads, and by how much the latest of all is late. */
export async function overdueOf(queries: LeadQueries<LeadState>, now: Temporal.Instant): Promise<Overdue> {
  const [[first], counted] = await Promise.all([
    queries.dueLeads(now, 1),
    queries.overdueCount(lateBefore(now), COUNTED_MAX + 1),
  ]);
  return {
    count: Math.min(counted, COUNTED_MAX),
    more: counted > COUNTED_MAX,
    lagMs: first ? Math.max(0, now.epochMilliseconds - first.nextActionAt.getTime()) : 0,
  };
}
