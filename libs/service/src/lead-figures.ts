import { tagsLeftOut } from '@leadstream/lead/canary';
import { STATUSES, type Phase, type Status } from '@leadstream/lead/state';
import { liveLeads, type LeadDocument } from '@leadstream/projection/collections';
import type { Db, Filter } from 'mongodb';
import { VISIT_OF, VISITS, type Visit } from './asked.ts';

/** Of one status; a count reads an entry of the index for each lead. */
const LEADS_MAX = 1_000_000;
const LEFT_OUT = tagsLeftOut('lists');
/** Of due leads; each one's document is read. */
const DUE_MAX = 5_000;

export interface LeadFigures {
  byStatus: Record<Status, number>;
  /** Leads with a send of unknown outcome. */
  unknownSends: number;
}

/** The numbers of leads, from the indexes; a million or more count as a million. */
export async function leadFigures(db: Db, signal: AbortSignal): Promise<LeadFigures> {
  const leads = await liveLeads(db)({ signal });
  const counted = (filter: Filter<LeadDocument>) => leads.countDocuments(filter, { signal, limit: LEADS_MAX });
  // Both by an index alone; a filter without a tag would read every document.
  const count = async (filter: Filter<LeadDocument>) => {
    const [all, leftOut] = await Promise.all([counted(filter), counted({ ...filter, tags: { $in: LEFT_OUT } })]);
    return Math.max(0, all - leftOut);
  };
  const [unknownSends, ...counts] = await Promise.all([
    count({ unknownSends: { $gt: 0 } }),
    ...STATUSES.map((status) => count({ status })),
  ]);
  const byStatus = Object.fromEntries(STATUSES.map((status, index) => [status, counts[index] ?? 0]));
  return { unknownSends, byStatus: byStatus as Record<Status, number> };
}

/** The due leads that wait for one visit of the hunter. */
export interface Due {
  leads: number;
  /** Lateness of the one that has waited longest; 0: none. */
  oldestSeconds: number;
}

interface DueGroup {
  _id: Phase['kind'];
  oldest: Date;
  leads: number;
}

/** The leads that are due at `now`, the oldest 5,000, by the visit that they wait for. */
export async function dueFigures(db: Db, now: Temporal.Instant, signal: AbortSignal): Promise<Record<Visit, Due>> {
  const atMs = now.epochMilliseconds;
  const leads = await liveLeads(db)({ signal });
  const groups = await leads
    .aggregate<DueGroup>(
      [
        { $match: { nextActionAt: { $lte: new Date(atMs) } } },
        { $sort: { nextActionAt: 1, _id: 1 } },
        { $limit: DUE_MAX },
        { $group: { _id: '$phase', oldest: { $min: '$nextActionAt' }, leads: { $sum: 1 } } },
      ],
      { signal },
    )
    .toArray();
  const dueFor = (kind: Visit): Due => {
    const its = groups.filter(({ _id }) => VISIT_OF[_id] === kind);
    return {
      leads: its.reduce((sum, { leads: more }) => sum + more, 0),
      oldestSeconds: Math.max(0, ...its.map(({ oldest }) => (atMs - oldest.getTime()) / 1_000)),
    };
  };
  return Object.fromEntries(VISITS.map((kind) => [kind, dueFor(kind)])) as Record<Visit, Due>;
}
