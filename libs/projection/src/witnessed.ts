import type { Recorded } from '@leadstream/contracts/events';
import type { Tail } from './projection.ts';

/** Moves the witness to an event before documents include it; throws while the log is not open. */
export type Advance = (event: Pick<Recorded, 'seq' | 'id'>) => Promise<void>;

/**
 * A lead's events up to the leader's head, which may be far beyond the writer's batch: the witness advances over them
 * before a document includes them, and a held log changes no document.
 */
export const witnessedTail =
  (leads: { history: Tail }, guard: { advance: Advance }): Tail =>
  async (leadId, afterSeq) => {
    const events = await leads.history(leadId, afterSeq);
    const last = events.at(-1);
    if (last) await guard.advance(last);
    return events;
  };
