import type { Recorded } from '@leadstream/contracts/events';
import { readClaims, type Claim } from '@leadstream/verify/claims';

export const PLACES = {
  'before due': 'before its step was due',
  'before claim': 'between step-due and claim',
  'in flight': 'in flight: between claim and outcome',
  'after outcome': 'after the outcome',
} as const;
export type ReplyPosition = keyof typeof PLACES;

/** The position of the reply in the lead's log, relative to one step. */
export interface Fall {
  place: ReplyPosition;
  replied: Recorded<'lead.replied'>;
  /** The step's last claim before the reply. */
  claim: Claim | undefined;
  /** After the reply, the log has a skip of the step that names the reply's guard. */
  skipped: boolean;
}

/**
 * Judges by the log's sequence and nothing else; undefined when there is no reply of a person. `step` is of the lead's
 * first run.
 */
export function fallOf(events: readonly Recorded[], step: number): Fall | undefined {
  const replied = events.find((event) => event.type === 'lead.replied' && event.data.class === 'human');
  const run = events.find((event) => event.type === 'lead.enrolled');
  if (replied?.type !== 'lead.replied' || run?.type !== 'lead.enrolled') return undefined;
  const { runId } = run.data;
  const before = (seq: number | undefined): boolean => seq !== undefined && seq < replied.seq;
  const claim = readClaims(events).claims.findLast(
    (one) => one.runId === runId && one.step === step && before(one.seq),
  );
  const due = events.find(
    (event) => event.type === 'lead.step-due' && event.data.runId === runId && event.data.step === step,
  );
  const skipped = events.some(
    (event) =>
      event.type === 'lead.send-skipped' &&
      event.data.runId === runId &&
      event.data.step === step &&
      event.data.guard === 'stopped' &&
      !before(event.seq),
  );
  const place = claim
    ? before(claim.said[0]?.seq)
      ? 'after outcome'
      : 'in flight'
    : before(due?.seq)
      ? 'before claim'
      : 'before due';
  return { place, replied, claim, skipped };
}
