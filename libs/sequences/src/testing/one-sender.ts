import type { Data, Decision, Recorded } from '@leadstream/contracts/events';
import { decideClaim, decideGiveBack, decideOutcome, decideRetry, recheckClaim, type Answer, type Claimant } from '@leadstream/lead/claim';
import type { LeadState } from '@leadstream/lead/state';
import { fold } from '@leadstream/testing/given';
import type { Call, OneLead, Seen } from './one-lead.ts';

/** What the world does to a sender at the await where it stands. */
export const FATES = ['accept', 'refuse', 'accept, then say 500', 'accept, then lose the reply', 'lose the letter', 'say 400', 'lose the ack', 'stall'] as const;
export type Fate = (typeof FATES)[number];
/** A sender between two awaits: each `next` takes it to the one after. */
export type Sending = Generator<undefined, void, Fate>;

const DEADLINE_MS = 90_000;
const OUTCOMES: Partial<Record<Fate, { accepted: boolean; answered: Call['answered']; answer: Answer }>> = {
  refuse: { accepted: false, answered: 'error', answer: { kind: 'refused', class: 'server-error' } },
  'accept, then say 500': { accepted: true, answered: 'error', answer: { kind: 'refused', class: 'server-error' } },
  'accept, then lose the reply': { accepted: true, answered: 'nothing', answer: { kind: 'unknown', class: 'connection-lost' } },
  'lose the letter': { accepted: false, answered: 'nothing', answer: { kind: 'unknown', class: 'timeout' } },
  'say 400': { accepted: false, answered: 'error', answer: { kind: 'permanent', class: 'permanent' } },
};
const ACCEPTED = { accepted: true, answered: 'accepted', answer: { kind: 'accepted', provider: 'sendgrid' } } as const;

let drawn = 0;
type Held = { event: Recorded<'lead.send-started'>; after: Seen };
type Decide = (state: LeadState, claimant: Claimant) => Decision;

/** The sender's way through one step-due, as apps/sender goes it, with a pause wherever it waits for somebody. */
export function* sending(lead: OneLead): Sending {
  const { state, lastSeq } = lead.seen;
  yield;
  if (state.phase.kind !== 'due') return;
  const written = { runId: state.run?.id ?? '', step: state.phase.step.index };
  let held = yield* claim(lead, (seen, claimant) => decideClaim(seen, claimant, written), { state, lastSeq });
  while (held) {
    const { event: { data }, after }: Held = held;
    const fate = yield;
    if (fate === 'stall') return giveBack(lead, data.sendId);
    const { accepted, answered, answer } = OUTCOMES[fate] ?? ACCEPTED;
    lead.calls.push({ sendId: data.sendId, ...written, audience: data.audience, accepted, answered });
    if ((yield) !== 'refuse' || answer.kind !== 'refused') return yield* outcome(lead, data, answer, after);
    held = yield* claim(lead, (seen, claimant) => decideRetry(seen, { sendId: data.sendId, class: answer.class }, claimant), after);
  }
}

/** EventLog.claim: an id that only this claimant knows; decided anew on a conflict; looked for when the ack is lost. */
function* claim(lead: OneLead, decide: Decide, from: Seen): Generator<undefined, Held | undefined, Fate> {
  const sendId = `send-${++drawn}`;
  for (let at = from; ; at = lead.seen) {
    const decision = decide(at.state, { now: lead.now, sendId, deadlineMs: DEADLINE_MS });
    if ('nothing' in decision) {
      if (at.lastSeq === lead.seen.lastSeq) return undefined;
      continue;
    }
    const fate = yield;
    const event = lead.append(at.lastSeq, decision, sendId);
    if (fate === 'lose the ack') yield;
    if (event?.type === 'lead.send-started') return own(lead, event, at);
    if (event) return undefined;
  }
}

/** Mine, but maybe not the last any more: then the guards run again. */
function own(lead: OneLead, event: Recorded<'lead.send-started'>, before: Seen): Held | undefined {
  if (lead.seen.lastSeq === event.seq) return { event, after: { state: fold([event], before.state), lastSeq: event.seq } };
  if (recheckClaim(lead.seen.state, event.data.sendId, lead.now) === true) return { event, after: lead.seen };
  giveBack(lead, event.data.sendId);
  return undefined;
}

function giveBack(lead: OneLead, sendId: string): void {
  lead.decide((state) => decideGiveBack(state, sendId, lead.now));
}

function* outcome(lead: OneLead, data: Data<'lead.send-started'>, answer: Answer, from: Seen): Sending {
  for (let at = from; ; at = lead.seen) {
    const decision = decideOutcome(at.state, data, answer, lead.now);
    if ('nothing' in decision && at.lastSeq === lead.seen.lastSeq) return;
    if ('nothing' in decision) continue;
    yield;
    if (lead.append(at.lastSeq, decision)) return;
  }
}
