import { ContractError, NewerEvent } from '@leadstream/contracts/envelope';
import { begins, type Recorded } from '@leadstream/contracts/events';
import type { Chain } from '@leadstream/eventlog/chain';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import { evolve, stateAfter } from '@leadstream/lead/evolve';
import { initial, type LeadState } from '@leadstream/lead/state';
import type { LeadStates } from './states.ts';

const AT_ONCE = 50;

/** Whether the error is about the event or its lead; others concern the whole log, or are of a newer build. */
export const isOfLead = (error: unknown): error is Error =>
  !(error instanceof NewerEvent) &&
  (error instanceof ContractError || error instanceof HoleInChain || error instanceof KeyLost);

/**
 * The state after each of the events, which are a range of the log in its order; null for a lead whose earlier events
 * can't be read, which `onLost` reports. A lead that began before the range is read back along its chain. Throws
 * Unavailable.
 */
export async function statesAfter(
  events: readonly Recorded[],
  states: LeadStates,
  chain: Chain,
  onLost: (leadId: string, error: Error) => void,
): Promise<(readonly [Recorded, LeadState | null])[]> {
  const lost = new Map<string, Error>();
  await loadMissing(events, states, chain, lost);
  for (const [leadId, error] of lost) onLost(leadId, error);
  return events.map((event) => {
    const { leadId, seq } = event;
    if (lost.has(leadId)) return [event, null] as const;
    // A part that is made again begins before the states that are known.
    const before = event.prevSeq === 0 ? initial : (states.get(leadId)?.state ?? initial);
    const state = evolve(before, event);
    states.set(leadId, { seq, state });
    return [event, state] as const;
  });
}

/** Loads the states before the first events of leads that continue from another place than the known one. */
async function loadMissing(
  events: readonly Recorded[],
  states: LeadStates,
  chain: Chain,
  lost: Map<string, Error>,
): Promise<void> {
  const first = new Map<string, Recorded>();
  for (const event of events) if (!first.has(event.leadId)) first.set(event.leadId, event);
  const missing = [...first.values()].filter(
    (event) => event.prevSeq > 0 && !begins(event) && states.get(event.leadId)?.seq !== event.prevSeq,
  );
  const load = async (event: Recorded): Promise<void> => {
    const { news } = await chain.since(event.leadId, { version: 0, lastSeq: 0 }, false, event);
    const before = news.filter(({ seq }) => seq < event.seq);
    states.set(event.leadId, { seq: event.prevSeq, state: stateAfter(before) });
  };
  while (missing.length > 0)
    await Promise.all(
      missing.splice(0, AT_ONCE).map((event) =>
        load(event).catch((error: unknown) => {
          if (!isOfLead(error)) throw error;
          lost.set(event.leadId, error);
        }),
      ),
    );
}
