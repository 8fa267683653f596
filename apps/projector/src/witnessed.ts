import type { Tail } from '@leadstream/projection/projection';
import type { RestoreGuard } from '@leadstream/service/guard';
import type { LeadLog } from '@leadstream/service/lead-log';

/**
 * A lead's events up to the leader's head, which may be far beyond the projector's batch: the witness advances over
 * them before a document includes them. Throws while the log is not open, so a held log changes no document.
 */
export const witnessedTail =
  (leads: Pick<LeadLog, 'history'>, guard: Pick<RestoreGuard, 'advance'>): Tail =>
  async (leadId, afterSeq) => {
    const events = await leads.history(leadId, afterSeq);
    const last = events.at(-1);
    if (last) await guard.advance(last);
    return events;
  };
