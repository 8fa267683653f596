import type { Recorded } from '@leadstream/contracts/events';
import type { Tail } from '../projection.ts';

/** A minimal fold: the seen events in order, and a view that is due as long as the lead is not paused. */
export interface Seen {
  seqs: number[];
  paused: boolean;
  fields: Record<string, unknown>;
}
export const fold = {
  initial: { seqs: [], paused: false, fields: {} } as Seen,
  evolve: (state: Seen, { type, seq, data }: Recorded): Seen => ({
    seqs: [...state.seqs, seq],
    paused: type === 'lead.paused' || (state.paused && type !== 'lead.resumed'),
    fields: type === 'lead.paused' && data.reason ? (JSON.parse(data.reason) as Record<string, unknown>) : state.fields,
  }),
  stateVersion: 1,
};
export const view = (state: Seen) => ({
  status: state.paused ? 'paused' : 'active',
  tags: ['source:test'],
  email: 'Jane@Example.com',
  ...(state.paused ? {} : { nextActionAt: '2026-11-23T09:15:00Z' }),
  lastActivityAt: '2026-11-23T09:00:00Z',
});

/** The log of some leads, numbered as by the broker: one event of each in turn. */
export function logOf(leads: number, length: number, reason?: string): Recorded[] {
  const last = new Map<string, Recorded>();
  return Array.from({ length: leads * length }, (_, index) => {
    const leadId = `lead-${index % leads}`;
    const previous = last.get(leadId);
    const version = (previous?.version ?? 0) + 1;
    const event: Recorded = {
      type: version % 2 ? 'lead.paused' : 'lead.resumed',
      data: { by: 'olga', ...(reason ? { reason } : {}) },
      id: `e-${index}`,
      leadId,
      seq: (index + 1) * 10,
      version,
      prevSeq: previous?.seq ?? 0,
      at: new Date(1_700_000_000_000 + index * 1_000).toISOString(),
      source: 'test',
    };
    last.set(leadId, event);
    return event;
  });
}
export const tailOf =
  (log: readonly Recorded[]): Tail =>
  (leadId, afterSeq) =>
    Promise.resolve(log.filter((event) => event.leadId === leadId && event.seq > afterSeq));
