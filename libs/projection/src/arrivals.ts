import type { Db } from 'mongodb';
import { liveName } from './alias.ts';
import type { LeadDocument } from './collections.ts';

/** Leads of one hour, source and zone. */
export interface ArrivalGroup {
  hourMs: number;
  source: string;
  timeZone: string | null;
  leads: number;
}

/** The first submissions of an interval by hour, the earliest first: counts without anything of a person. */
export async function* arrivalsByHour(db: Db, fromMs: number, untilMs: number): AsyncGenerator<ArrivalGroup> {
  const leads = db.collection<LeadDocument>(await liveName(db));
  const groups = leads.aggregate<{
    _id: { hour: Date; source: string | null; timeZone: string | null };
    leads: number;
  }>(
    [
      { $match: { createdAt: { $gte: new Date(fromMs), $lt: new Date(untilMs) } } },
      {
        $group: {
          _id: { hour: { $dateTrunc: { date: '$createdAt', unit: 'hour' } }, source: '$source', timeZone: '$timeZone' },
          leads: { $sum: 1 },
        },
      },
      { $sort: { '_id.hour': 1, '_id.source': 1, '_id.timeZone': 1 } },
    ],
    { allowDiskUse: true },
  );
  for await (const { _id: group, leads } of groups)
    if (group.source !== null)
      yield { hourMs: Number(group.hour), source: group.source, timeZone: group.timeZone ?? null, leads };
}
