import type { LeadPosition } from './course.ts';
import { heldBy, stopOf } from './standing.ts';

/** The lead's situation after its last event: at rest, or waiting for an action with a time. */
export type Rest =
  | { kind: 'completed' | 'stopped' | 'paused' | 'parked' | 'nothing' }
  | { kind: 'waits'; what: string; since: string; seq: number; sendId: string | null };

const WHAT = {
  enrolment: 'its run to be begun',
  plan: 'what comes next to be planned',
  time: 'its step to be found due',
  sender: 'its step to be claimed',
  again: 'its step to be planned again',
  outcome: 'the outcome of a claim',
} as const;

/** Whether an action follows the event `seq`, the lead's last one. */
export function restOf({ next, standing, freed, untold }: LeadPosition, seq: number): Rest {
  // An address that a list names may never become a lead.
  if (next.kind === 'nothing') return stopOf(standing) === null ? next : { kind: 'stopped' };
  // A mail in flight at the erasure still gets its outcome.
  if (standing.erased !== null && next.kind !== 'outcome') return { kind: 'stopped' };
  if (next.kind === 'completed') {
    if (stopOf(standing) !== null) return { kind: 'stopped' };
    // Its next run would wait, too; the read model's status says the same.
    return { kind: heldBy(standing) === null ? 'completed' : 'paused' };
  }
  if (next.kind === 'operator') return { kind: 'parked' };
  if ((next.kind === 'time' || next.kind === 'sender' || next.kind === 'again') && next.audience === 'lead') {
    // Behind a due step that has yet to be skipped waits the notice of the reply.
    if (stopOf(standing) !== null && !(untold.length > 0 && next.kind === 'sender')) return { kind: 'stopped' };
    if (heldBy(standing) !== null) return { kind: 'paused' };
  }
  const isHeld = next.kind === 'time' || next.kind === 'sender' || next.kind === 'again' || next.kind === 'outcome';
  const away = isHeld && next.audience === 'lead' ? (standing.awayUntil ?? '') : '';
  return {
    kind: 'waits',
    what: WHAT[next.kind],
    since: later(later(next.since, freed), away),
    seq,
    sendId: next.kind === 'outcome' ? next.sendId : null,
  };
}

const later = (a: string, b: string): string => (b && Temporal.Instant.compare(a, b) < 0 ? b : a);
