import type { Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { eventId } from '@leadstream/eventlog/ids';
import { idOf } from '@leadstream/sequences/simulator/shell';
import type { SimulatedRun } from './faults.ts';

/** Less than a claim's deadline: a clock that is ahead sweeps sooner. */
const CLAIM_MS = 60_000;
const EXCUSE_MS = 20_000;
/** An append that lands so late may be of a process that died, or gave up, before it landed. */
const LATEST_APPEND_MS = 61_000;
/** The time of several answers so slow that no hindrance is noted. */
const SLOW_MS = 2_000;
/** Of a step that was planned before, the hunter alone says when it is due. */
const PLANS: ReadonlySet<Recorded['type']> = new Set(['lead.assigned', 'lead.enrolled', 'lead.step-planned']);

interface Left extends Pick<SimulatedRun, 'hindrances' | 'partitions' | 'modelled'> {
  events: readonly Recorded[];
  /** By sequence, the time at which the log stored each event. */
  storedMs: ReadonlyMap<number, number>;
}

/** Claims that were left to the sweep although their sender kept running and did not wait. */
export const abandoned = ({ events, storedMs, hindrances }: Left): string[] =>
  events.flatMap((event) => {
    if (event.type !== 'lead.send-unknown' || event.data.class !== 'swept') return [];
    const { sendId } = event.data;
    const claim = events.find(({ type, data }) => type === 'lead.send-started' && data.sendId === sendId);
    const [fromMs, untilMs] = [storedMs.get(claim?.seq ?? 0) ?? 0, storedMs.get(event.seq) ?? 0];
    if (!claim || untilMs - fromMs < CLAIM_MS) return [];
    const hindered = hindrances.filter(
      ({ who, fromMs: at, ms }) =>
        who === claim.source && at <= untilMs && at + (ms === Infinity ? LATEST_APPEND_MS : ms) >= fromMs,
    );
    return hindered.reduce((sum, { ms }) => sum + ms, 0) < EXCUSE_MS
      ? [`claim ${claim.seq} was swept, and ${claim.source} kept running`]
      : [];
  });

/**
 * Runs that were put aside and left to the hunter, although the scheduler that appended the end of the other run kept
 * running and did not wait.
 */
export function unfollowed({ events, storedMs, hindrances, partitions, modelled }: Left): string[] {
  const idAt = ({ leadId, seq }: Recorded, name: string) =>
    modelled ? idOf('LEADS', seq, name) : eventId({ stream: logOf(leadId, partitions).stream, seq }, name);
  return events.flatMap((end, index) => {
    const [before, next] = [events[index - 1], events[index + 1]];
    if (end.type !== 'lead.sequence-completed' || !before || !next) return [];
    if (end.id !== idAt(before, 'plan') || next.id !== idAt(end, 'due') || !PLANS.has(next.type)) return [];
    const [fromMs, untilMs] = [storedMs.get(end.seq) ?? 0, storedMs.get(next.seq) ?? 0];
    if (untilMs - fromMs < SLOW_MS) return [];
    const isHindered = hindrances.some(
      ({ who, fromMs: at, ms }) =>
        who === end.source && at <= untilMs && at + Math.max(LATEST_APPEND_MS, ms === Infinity ? 0 : ms) >= fromMs,
    );
    return isHindered ? [] : [`the hunter plans ${next.seq} after ${end.seq}, and ${end.source} kept running`];
  });
}
