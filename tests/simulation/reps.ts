import type { Recorded } from '@leadstream/contracts/events';

type Claim = Recorded<'lead.send-started'>;

/**
 * The reps that a notice may be for; undefined: none was assigned. It is composed between the first `step-due` of its
 * step and the claim, of which a retry has its own.
 */
export function repsOf(events: readonly Recorded[], { seq, data: { runId, step } }: Claim): (string | undefined)[] {
  const given = events.filter((event) => event.type === 'lead.assigned');
  const due = events.find(({ type, data }) => type === 'lead.step-due' && data.runId === runId && data.step === step);
  const dueSeq = due?.seq ?? 0;
  const before = given.findLast((event) => event.seq < dueSeq)?.data.rep;
  return [before, ...given.filter((event) => event.seq > dueSeq && event.seq < seq).map(({ data }) => data.rep)];
}
