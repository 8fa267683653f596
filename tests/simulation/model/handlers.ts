import type { Decision, Recorded } from '@leadstream/contracts/events';
import { Retry } from '@leadstream/eventlog/errors';
import {
  ATTEMPTS_MAX,
  decideClaim,
  decideGiveBack,
  decideOutcome,
  decideRetry,
  recheckClaim,
  type ProviderResponse,
  type Claimant,
} from '@leadstream/lead/claim';
import { decideCommand, type Command } from '@leadstream/lead/command';
import { decideFeedback, type Feedback } from '@leadstream/lead/feedback';
import type { LeadState } from '@leadstream/lead/state';
import { decideTriage, type Submission } from '@leadstream/lead/triage';
import { decideLapse } from '@leadstream/sequences/lapse';
import { decideDue, decidePlan, type Planning } from '@leadstream/sequences/plan';
import type { Safeguards } from '@leadstream/service/commands';
import type { Stored } from '../broker.ts';
import { resolvedCommand, type Attempt, type CommandRequest } from '../operator-commands.ts';
import type { Esp } from '../esp.ts';
import type { Process, SimulatedRun } from '../faults.ts';
import { REENROL_AFTER_MS } from '../configuration.ts';
import { mailTo } from './mail.ts';
import { pausing, type Lead, type ModelLog } from './log.ts';
import { wait, type Work } from './work.ts';

/** The dependencies of one process's handlers. */
export interface HandlerContext {
  run: SimulatedRun;
  process: Process;
  log: ModelLog;
  esp: Esp;
  planning: Planning;
}

/** The same on every redelivery, as `eventId` is; it contains no secret. */
const idOf = (stream: string, seq: number, name: string): string => `${stream}/${seq}/${name}`;

const CLAIM_OPEN_RETRY_MS = 2_000;
const HINT_MS_MAX = 30_000;
const RETRY_BASE_MS = 1_000;
/** Longer than the longest call plus the longest wait between two calls. */
const DEADLINE_MS = 90_000;
const STALE_MS = 37_500;

export function* triage({ log, process }: HandlerContext, { seq }: Stored, submission: Submission): Work<void> {
  const outcome = yield* log.decide(idOf('INTAKE', seq, 'triage'), (state) =>
    decideTriage(state, submission, { nowMs: process.clockMs, reenrolAfterMs: REENROL_AFTER_MS }),
  );
  if ('nothing' in outcome && outcome.nothing === 'claim-open') throw new Retry(outcome.nothing, CLAIM_OPEN_RETRY_MS);
}

export function* plan({ log, planning }: HandlerContext, event: Recorded): Work<void> {
  yield* log.answer(
    event,
    ({ lastSeq }) => idOf('LEADS', lastSeq, 'plan'),
    (state) => decidePlan(state, planning),
  );
}

/** Decides from the read model's state, which may be old. */
export function* hunt({ log, planning }: HandlerContext, seen: Lead): Work<void> {
  const decision = decideDue(seen.state, planning);
  if (!('nothing' in decision)) return void (yield* log.append(seen, decision, idOf('LEADS', seen.lastSeq, 'due')));
  const lapse = decideLapse(seen.state, planning);
  if (!('nothing' in lapse)) yield* log.append(seen, lapse, idOf('LEADS', seen.lastSeq, 'lapse'));
}

export function* feedback({ log }: HandlerContext, { seq }: Stored, fact: Feedback): Work<void> {
  yield* log.decide(idOf('FEEDBACK', seq, 'feedback'), (state) => decideFeedback(state, { ...fact, feedbackSeq: seq }));
}

export function* command({ run, process, log }: HandlerContext, request: CommandRequest): Work<void> {
  const {
    state: { phase, sends, run: seen },
    version,
    lastSeq,
  } = yield* log.load(true);
  // Outside of `parked` the command names the first send, as a careless operator would.
  const send = (phase.kind === 'parked' ? phase.sendId : Object.keys(sends)[0]) ?? '';
  const { command, safeguards } = resolvedCommand(request, { send, run: seen, version });
  run.trace(process.name, command.kind);
  if (request.thinksMs) yield* wait(pausing(run, request.thinksMs));
  const attempt: Attempt = { afterSeq: lastSeq };
  request.attempts.push(attempt);
  attempt.what = yield* give(log, command, safeguards);
}

/** The log is searched for the key before the decision; an expected version is part of the decision. */
function* give(
  log: ModelLog,
  command: Command,
  { key, expectVersion }: Safeguards,
): Work<NonNullable<Attempt['what']>> {
  const decide = (state: LeadState, { version }: Lead): Decision =>
    expectVersion !== undefined && version !== expectVersion ? { nothing: 'moved-on' } : decideCommand(state, command);
  for (;;) {
    const from = yield* log.load(true);
    if (key && log.has(key)) return 'done before';
    const outcome = yield* log.decide(key ?? (({ lastSeq }) => idOf('LEADS', lastSeq, command.kind)), decide, from);
    if ('event' in outcome) return 'done';
    if (!key || outcome.after.lastSeq === from.lastSeq) return 'refused';
  }
}

interface Held {
  event: Recorded<'lead.send-started'>;
  after: Lead;
  claimedAtMs: number;
}

/** Claims a due step, calls the provider, records the outcome: each call has a claim of its own. */
export function* send(context: HandlerContext, event: Recorded): Work<void> {
  const { log, process, esp } = context;
  const asOf = log.asOf(event);
  const lead = asOf.state.phase.kind === 'due' ? asOf : yield* log.load(true);
  const { phase, run } = lead.state;
  if (phase.kind !== 'due' || !run || (phase.step.audience === 'lead' && esp.isSourcePaused)) return;
  const mail = mailTo(lead.state, run, phase.step);
  const written = { runId: run.id, step: phase.step.index };
  yield* wait(esp.turn(process));
  let held = yield* claim(context, (state, claimant) => decideClaim(state, claimant, written), lead);
  while (held) {
    const { event, after, claimedAtMs }: Held = held;
    if (performance.now() - claimedAtMs > STALE_MS) return yield* giveBack(context, event, after);
    const answer = yield* wait(esp.take(process, mail, { leadId: event.leadId, sendId: event.data.sendId }));
    const settle = (from?: Lead) =>
      outcome(context, event, (state) => decideOutcome(state, event.data, answer, process.clock()), from);
    if (!(yield* isTriedAgain(context, answer, event.data.attempt))) return yield* settle(after);
    held = yield* claim(context, (state, claimant) => retried(state, event, answer, claimant), after);
    if (!held) return yield* settle();
  }
}

const retried = (
  state: LeadState,
  { data: { sendId } }: Held['event'],
  answer: ProviderResponse,
  claimant: Claimant,
): Decision =>
  answer.kind === 'refused'
    ? decideRetry(state, { sendId, class: answer.class }, claimant)
    : { nothing: 'claim-closed' };

function* claim(
  context: HandlerContext,
  decide: (state: LeadState, claimant: Claimant) => Decision,
  from: Lead,
): Work<Held | undefined> {
  const { log, process } = context;
  const made = yield* log.claim(
    (state, sendId) => decide(state, { now: process.clock(), sendId, deadlineMs: DEADLINE_MS }),
    from,
  );
  if ('nothing' in made || !isClaim(made.event)) return undefined;
  const { event, after, claimedAtMs } = made;
  // Other processes wrote after the claim: the guards are checked again on their events.
  if (after.lastSeq !== event.seq && recheckClaim(after.state, event.data.sendId, process.clock()) !== true) {
    yield* giveBack(context, event, after);
    return undefined;
  }
  return { event, after, claimedAtMs };
}

const isClaim = (event: Recorded): event is Held['event'] => event.type === 'lead.send-started';

function* giveBack(context: HandlerContext, event: Held['event'], from: Lead): Work<void> {
  yield* outcome(context, event, (state) => decideGiveBack(state, event.data.sendId, context.process.clock()), from);
}

function* outcome(
  { log }: HandlerContext,
  { seq }: Held['event'],
  decide: (state: LeadState) => Decision,
  from?: Lead,
): Work<void> {
  yield* log.decide(idOf('LEADS', seq, 'outcome'), decide, from);
}

/** Whether to retry here, after the delay and a new turn; long delays and exhausted attempts are not retried here. */
function* isTriedAgain(
  { run, process, esp }: HandlerContext,
  answer: ProviderResponse,
  attempt: number,
): Work<boolean> {
  if (answer.kind !== 'refused' || answer.class === 'account' || answer.class === 'breaker-open') return false;
  const hintMs = answer.retryAfterMs ?? 0;
  if (attempt >= ATTEMPTS_MAX || !esp.closed || hintMs > HINT_MS_MAX) return false;
  yield* wait(pausing(run, Math.max(hintMs, RETRY_BASE_MS * 2 ** (attempt - 1)) + Math.random() * RETRY_BASE_MS));
  try {
    yield* wait(esp.turn(process));
    return true;
  } catch {
    return false;
  }
}
