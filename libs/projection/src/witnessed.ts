import type { Recorded } from '@leadstream/contracts/events';
import { partitionOf } from '@leadstream/contracts/streams';
import type { Tail } from './projection.ts';

export type Seen = Pick<Recorded, 'leadId' | 'seq' | 'id'>;

/** Moves the witness to events before documents include them; throws while the log is not open. */
export type Advance = (events: readonly Seen[]) => Promise<void>;

/** The newest of the events in each stream of the log that has one of them, by the stream's index. */
export function newestOf(events: readonly Seen[], partitions: number): Map<number, Seen> {
  const newest = new Map<number, Seen>();
  for (const event of events) {
    const index = partitionOf(event.leadId, partitions);
    if (event.seq > (newest.get(index)?.seq ?? 0)) newest.set(index, event);
  }
  return newest;
}

/**
 * A lead's events up to the leader's head, which may be far beyond the writer's batch: the witness advances over them
 * before a document includes them, and a held log changes no document.
 */
export const witnessedTail =
  (leads: { history: Tail }, guard: { advance: Advance }): Tail =>
  async (leadId, afterSeq) => {
    const events = await leads.history(leadId, afterSeq);
    if (events.length > 0) await guard.advance(events);
    return events;
  };
