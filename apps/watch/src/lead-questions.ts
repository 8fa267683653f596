import { STATUSES, type Phase } from '@leadstream/lead/state';
import { liveLeads, type LeadDocument } from '@leadstream/projection/collections';
import { VISIT_OF, VISITS } from '@leadstream/service/asked';
import type { Clock } from '@leadstream/service/clock';
import type { Metrics } from '@leadstream/service/metrics';
import type { Db, Filter } from 'mongodb';
import type { Question } from './source.ts';

/** Of one status; a count reads an entry of the index for each lead. */
const LEADS_MAX = 1_000_000;
/** Of due leads; each one's document is read. */
const DUE_MAX = 5_000;

/** The numbers of leads by status, and with an unknown send, from the indexes. */
export function leadsOf(db: Db, { leads: leadsGauge, unknownSends }: Metrics): Question {
  const live = liveLeads(db);
  return {
    gauges: [leadsGauge, unknownSends],
    ask: async (signal) => {
      const leads = await live({ signal });
      const count = (filter: Filter<LeadDocument>) => leads.countDocuments(filter, { signal, limit: LEADS_MAX });
      const [unknown, ...counts] = await Promise.all([
        count({ unknownSends: { $gt: 0 } }),
        ...STATUSES.map((status) => count({ status })),
      ]);
      return [
        { gauge: unknownSends, value: unknown },
        ...STATUSES.map((status, index) => ({ gauge: leadsGauge, labels: { status }, value: counts[index] ?? 0 })),
      ];
    },
  };
}

interface DueGroup {
  _id: Phase['kind'];
  oldest: Date;
  leads: number;
}

/** The number of due leads and the lateness of the oldest, by the visit that they wait for. */
export function dueOf(db: Db, now: Clock, { overdueLeads, oldestDue }: Metrics): Question {
  const live = liveLeads(db);
  return {
    gauges: [overdueLeads, oldestDue],
    ask: async (signal) => {
      const atMs = now().epochMilliseconds;
      const groups = await (
        await live({ signal })
      )
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
      return VISITS.flatMap((kind) => {
        const its = groups.filter(({ _id }) => VISIT_OF[_id] === kind);
        const lateness = its.map(({ oldest }) => (atMs - oldest.getTime()) / 1_000);
        return [
          { gauge: overdueLeads, labels: { kind }, value: its.reduce((sum, { leads }) => sum + leads, 0) },
          { gauge: oldestDue, labels: { kind }, value: Math.max(0, ...lateness) },
        ];
      });
    },
  };
}
