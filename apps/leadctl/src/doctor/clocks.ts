import type { Db } from 'mongodb';
import { CE } from '@leadstream/contracts/envelope';
import type { Broker } from '@leadstream/eventlog/broker';
import { logEnd, logInfo, readLog } from '@leadstream/eventlog/log-stream';
import { failed, passed, skipped, type Check } from './check.ts';

/** Windows and waits are minutes at least; a claim's slack is 75 s. */
const SKEW_MS_MAX = 5_000;
/** The latest events of a stream that are compared with the time of their storage. */
const EVENTS_MAX = 200;

/** A clock compared with that of NATS; positive: ahead. */
export interface Skew {
  of: string;
  ms: number;
}

export function judgedClocks(skews: readonly Skew[]): Check[] {
  if (skews.length === 0) return [skipped('clocks', 'no clock to compare: the log has no events')];
  return skews.map(({ of, ms }) => {
    const seconds = Math.round(Math.abs(ms) / 100) / 10;
    if (Math.abs(ms) <= SKEW_MS_MAX) return passed('clocks', `${of} and NATS agree within ${SKEW_MS_MAX / 1_000} s`);
    return failed(
      'clocks',
      `${of} is ${seconds} s ${ms > 0 ? 'ahead of' : 'behind'} NATS`,
      'synchronise the clocks of both machines (chrony, NTP); CLOCK_OFFSET is for tests only',
    );
  });
}

/** The clock of this machine, of MongoDB and of each service that wrote one of the latest events. */
export async function skewsOf(broker: Broker, db: Db | undefined): Promise<Skew[]> {
  const asked = Date.now();
  const { ts } = await logInfo(broker);
  const ownMs = (asked + Date.now()) / 2 - Date.parse(String(ts));
  const skews = [{ of: 'this machine', ms: ownMs }];
  if (db) {
    const before = Date.now();
    const { localTime } = await db.admin().command({ hello: 1 });
    const mongoMs = localTime instanceof Date ? localTime.getTime() - (before + Date.now()) / 2 : 0;
    skews.push({ of: 'MongoDB', ms: mongoMs + ownMs });
  }
  const written: { of: string; ms: number }[] = [];
  const { end: upTo } = await logEnd(broker);
  const after = upTo.map((seq) => Math.max(0, seq - EVENTS_MAX));
  for await (const { headers, time } of readLog(broker, { after, upTo })) {
    const said = Date.parse(headers?.get(CE.time) ?? '');
    if (said) written.unshift({ of: headers?.get(CE.source) ?? '', ms: said - time.getTime() });
  }
  return [...skews, ...[...Map.groupBy(written, ({ of }) => of)].map(([of, events]) => ({ of, ms: nearest(events) }))];
}

/** An event may have waited for the broker; the one that waited least shows the clock. */
const nearest = (events: readonly Skew[]): number =>
  events.map(({ ms }) => ms).reduce((least, ms) => (Math.abs(ms) < Math.abs(least) ? ms : least));
