import type {
  Channel,
  Decision,
  Draft,
  Enricher,
  Esp,
  Nothing,
  PlannedStep,
  Recorded,
} from '@leadstream/contracts/events';
import {
  ATTEMPTS_MAX,
  decideClaim,
  decideGiveBack,
  decideOutcome,
  decideRetry,
  decideUnrenderable,
  decideWait,
  isPast,
  writtenFor,
  recheckClaim,
  type ProviderResponse,
  type Claimant,
} from '@leadstream/lead/claim';
import { decideEnriched, dueAttempt, ENRICH_MS, type Due, type Found } from '@leadstream/lead/enrich';
import { decideFeedback, type Feedback } from '@leadstream/lead/feedback';
import type { LeadState, Run } from '@leadstream/lead/state';
import { decideTriage, type Submission } from '@leadstream/lead/triage';
import { decideLapse } from '../lapse.ts';
import { decideDue, decidePlan, type Planning } from '../plan.ts';
import { decideTags, type TagRule } from '../tag-rules.ts';
import { followed } from '../triggers.ts';
import { wait, type Wait, type Work } from './work.ts';

/** A lead's state at a version of its log. */
export interface Lead {
  leadId: string;
  state: LeadState;
  version: number;
  lastSeq: number;
}
type Decide = (state: LeadState, lead: Lead) => Decision;
type Id = string | ((at: Lead) => string);
export type Outcome = { event: Recorded; before: Lead; after: Lead } | (Nothing & { after: Lead });

/** One process's view of the lead's log. */
export interface LeadLog {
  load(leader?: boolean): Work<Lead>;
  asOf(event: Recorded): Lead;
  decide(id: Id, decide: Decide, from?: Lead): Work<Outcome>;
  answer(event: Recorded, id: Id, decide: Decide): Work<Outcome>;
  /** Appends on exactly version `at`; undefined means a conflict. */
  append(at: Lead, draft: Draft, id: string): Work<Recorded | undefined>;
  /** `claimedAtMs`: `Desk.elapsedMs` from before the claim was decided. */
  claim(decide: (state: LeadState, claimId: string) => Decision, from: Lead): Work<Outcome & { claimedAtMs: number }>;
}

export interface Call {
  leadId: string;
  /** As of the composition of the mail. */
  lead: Lead;
  run: Run;
  step: PlannedStep;
  sendId: string;
}

/** A rep's chat, in place of the provider, for one notice. */
export interface NoticeChat {
  readonly by: { provider: string; channel: 'chat' };
  take(call: Call): Wait<ProviderResponse>;
  /** The delay before the next post; undefined: the mail follows. */
  retryDelayMs(answer: ProviderResponse, attempt: number): number | undefined;
}

/** The provider and the sender's turn with its account. */
export interface Provider {
  readonly closed: boolean;
  readonly isSourcePaused: boolean;
  turn(): Wait<void>;
  take(call: Call): Wait<ProviderResponse>;
  /** Of the claims; absent: they name none. */
  readonly name?: string;
  /** That of the one consumer; absent: one sender sends by all channels. */
  readonly channel?: Channel | undefined;
  /** Whether the channel has no provider now: its steps stay due. */
  readonly isMissing?: boolean;
  /** No sender takes the other channel's steps. */
  readonly isAlone?: boolean;
  /** The rep's chat, if it takes the notice now; absent: reps get mails. */
  chatFor?(state: LeadState, step: PlannedStep): NoticeChat | undefined;
  /** Searches for a send at the provider of its claim; undefined: it has no search. Absent: none has. */
  find?(provider: string, sendId: string): Wait<{ at: string } | undefined> | undefined;
}

/** An enricher, as it is asked. */
export interface Asking {
  readonly name: Enricher;
  readonly find: (state: LeadState) => Wait<Found>;
}

/** The dependencies of one process's handlers. */
export interface Desk {
  readonly log: LeadLog;
  readonly provider: Provider;
  readonly planning: Planning;
  readonly tagRules: readonly TagRule[];
  readonly enrichers: readonly Asking[];
  readonly reenrolAfterMs: number;
  now(): Temporal.Instant;
  nowMs(): number;
  /** Monotonic. */
  elapsedMs(): number;
  /** Uniform in [0, 1). */
  draw(): number;
  pause(ms: number): Wait<void>;
  /** True where even a step that is due at once is left to the hunter, whose delay is known. */
  readonly leavesDueSteps?: boolean;
  /** Why the step's mail cannot be written; absent: every mail can. */
  unrenderable?(lead: Lead, step: PlannedStep): string | undefined;
}

/** The same on every redelivery, as `eventId` is; it contains no secret. */
export const idOf = (stream: string, seq: number, name: string): string => `${stream}/${seq}/${name}`;

const HINT_MS_MAX = 30_000;
const RETRY_BASE_MS = 1_000;
/** Longer than the longest call plus the longest wait between two calls. */
const DEADLINE_MS = 90_000;
const STALE_MS = 37_500;

export function* triage(desk: Desk, seq: number, submission: Submission): Work<Outcome> {
  const { log, tagRules } = desk;
  const outcome = yield* log.decide(idOf('INTAKE', seq, 'triage'), (state) =>
    decideTriage(state, submission, { nowMs: desk.nowMs(), reenrolAfterMs: desk.reenrolAfterMs }),
  );
  const decide = (state: LeadState) => decideTags(state, tagRules);
  if ('event' in outcome) yield* log.answer(outcome.event, tagId, decide);
  else if (outcome.nothing === 'known-already') yield* log.decide(tagId, decide, outcome.after);
  return outcome;
}

const tagId = ({ lastSeq }: Lead): string => idOf('LEADS', lastSeq, 'tags');

/** Asks the enrichers after a submission. Returns the wait until the next attempt; undefined: all are done. */
export function* enrich(desk: Desk, event: Recorded, deliveries: number): Work<number | undefined> {
  const { log, enrichers, tagRules } = desk;
  if (enrichers.length === 0 || (deliveries === 1 && desk.nowMs() - Date.parse(event.at) > ENRICH_MS)) return undefined;
  let lead = deliveries === 1 ? log.asOf(event) : yield* log.load(true);
  const waits: number[] = [];
  for (const { name, find } of enrichers) {
    const due = dueAttempt(lead.state, name, event.at, desk.now());
    if (due && due.kind !== 'later') lead = yield* asked(desk, event, lead, { enricher: name, find, due });
    const next = dueAttempt(lead.state, name, event.at, desk.now());
    if (next) waits.push(next.kind === 'later' ? next.ms : 0);
  }
  if (Object.values(lead.state.enrichment).some(({ facts }) => facts))
    yield* log.decide(tagId, (state) => decideTags(state, tagRules), lead);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

function* asked(
  desk: Desk,
  { at }: Recorded,
  lead: Lead,
  { enricher, find, due }: { enricher: Enricher; find: Asking['find']; due: Exclude<Due, { kind: 'later' }> },
): Work<Lead> {
  const { kind, attempt } = due;
  const late: Found = { outcome: 'unavailable', why: 'too-late' };
  const found = kind === 'late' ? late : yield* wait(find(lead.state));
  const outcome = yield* desk.log.decide(
    ({ lastSeq }) => idOf('LEADS', lastSeq, `enriched/${enricher}/${attempt}`),
    (state) => decideEnriched(state, { enricher, attempt, asked: at, found, now: desk.now() }),
    lead,
  );
  return outcome.after;
}

/** A step that is due as soon as it is planned waits for no hunter. */
export function* plan(desk: Desk, event: Recorded): Work<void> {
  for (let cause: Recorded | undefined = event; cause;) {
    const outcome: Outcome = yield* desk.log.answer(
      cause,
      ({ lastSeq }) => idOf('LEADS', lastSeq, 'plan'),
      (state) => decidePlan(state, desk.planning),
    );
    const { after } = outcome;
    if (after.state.phase.kind === 'planned' && !desk.leavesDueSteps) yield* hunt(desk, after);
    cause = 'event' in outcome ? followed(outcome.event) : undefined;
  }
}

/** Decides from the read model's state, which may be old. */
export function* hunt({ log, planning }: Desk, seen: Lead): Work<void> {
  const decision = decideDue(seen.state, planning);
  if (!('nothing' in decision)) return void (yield* log.append(seen, decision, idOf('LEADS', seen.lastSeq, 'due')));
  const lapse = decideLapse(seen.state, planning);
  if (!('nothing' in lapse)) yield* log.append(seen, lapse, idOf('LEADS', seen.lastSeq, 'lapse'));
}

export function* feedback({ log }: Desk, seq: number, fact: Feedback): Work<void> {
  yield* log.decide(idOf('FEEDBACK', seq, 'feedback'), (state) => decideFeedback(state, { ...fact, feedbackSeq: seq }));
}

const LOOKUP_MS = [10_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000];
const DAY_MS = 86_400_000;

/** Looks an unknown send up where it was claimed. Returns the wait until the next search; undefined: it is over. */
export function* lookup(desk: Desk, event: Recorded<'lead.send-unknown'>): Work<number | undefined> {
  const { log, provider } = desk;
  const { sendId } = event.data;
  // A follower may lack the very outcome that asks.
  const lead = yield* log.load(true);
  const send = lead.state.sends[sendId];
  const asked = send?.provider ?? 'sendgrid';
  const search = send?.outcome === 'unknown' ? provider.find?.(asked, sendId) : undefined;
  if (!search) return undefined;
  const ageMs = desk.nowMs() - Date.parse(event.at);
  const again = LOOKUP_MS.find((ms) => ageMs < 3 * ms) ?? LOOKUP_MS.at(-1);
  let found: { at: string } | undefined;
  try {
    found = yield* wait(search);
  } catch {
    return ageMs <= 3 * DAY_MS ? again : undefined;
  }
  if (!found) return ageMs <= DAY_MS ? again : undefined;
  const fact = { kind: 'accepted', key: `lookup/${sendId}`, provider: asked as Esp, sendId, at: found.at } as const;
  yield* log.decide(
    idOf('LEADS', event.seq, 'lookup'),
    (state) => decideFeedback(state, { ...fact, foundAt: fact.at }),
    lead,
  );
  return undefined;
}

interface Held {
  event: Recorded<'lead.send-started'>;
  after: Lead;
  claimedAtMs: number;
}

/** Claims a due step, calls the provider, records the outcome: each call has a claim of its own. */
export function* send(desk: Desk, event: Recorded): Work<void> {
  const { log, provider } = desk;
  if (provider.channel === 'sms' && !('channel' in event.data && event.data.channel === 'sms')) return;
  const asOf = log.asOf(event);
  const lead = asOf.state.phase.kind === 'due' ? asOf : yield* log.load(true);
  const { phase, run } = lead.state;
  if (phase.kind !== 'due' || !run) return;
  const written = writtenFor(lead.state, phase.step);
  const waits = waitsFor(lead.state, phase.step, { provider, now: () => desk.now() });
  if (waits === 'other-sender') return;
  if (waits) {
    const id = idOf('LEADS', event.seq, waits);
    return void (yield* log.decide(id, (state) => decideWait(state, desk.now(), written, waits), lead));
  }
  const why = desk.unrenderable?.(lead, phase.step);
  if (why !== undefined) {
    const id = idOf('LEADS', event.seq, 'unrenderable');
    return void (yield* log.decide(id, (state) => decideUnrenderable(state, why, written), lead));
  }
  const chat = provider.chatFor?.(lead.state, phase.step);
  if (!chat) yield* wait(provider.turn());
  const by = chat?.by ?? (provider.name ? { provider: provider.name } : {});
  let held = yield* claim(desk, by, (state, claimant) => decideClaim(state, claimant, written), lead);
  while (held) {
    const { event, after, claimedAtMs }: Held = held;
    if (desk.elapsedMs() - claimedAtMs > STALE_MS) return yield* giveBack(desk, event, after);
    const answer = yield* wait(
      (chat ?? provider).take({
        leadId: event.leadId,
        lead,
        run,
        step: phase.step,
        sendId: event.data.sendId,
      }),
    );
    const settle = (from?: Lead) =>
      outcome(desk, event, (state) => decideOutcome(state, event.data, answer, desk.now()), from);
    if (!(yield* isTriedAgain(desk, answer, event.data.attempt, chat))) return yield* settle(after);
    held = yield* claim(desk, by, (state, claimant) => retried(state, event, answer, claimant), after);
    if (!held) return yield* settle();
  }
}

/**
 * Why the sender makes no claim for the step; no notice to the rep, and no mail behind a late text, waits for a text.
 */
function waitsFor(
  state: LeadState,
  step: PlannedStep,
  { provider, now }: Pick<Desk, 'provider' | 'now'>,
): 'source-paused' | 'no-provider' | 'other-sender' | undefined {
  const { channel, audience } = step;
  if (provider.channel !== undefined && channel !== provider.channel) {
    if (provider.channel !== 'email') return 'other-sender';
    const isFreed =
      provider.isAlone || state.untold.length > 0 || (isPast(state, step, now()) && !provider.isSourcePaused);
    return isFreed ? 'no-provider' : 'other-sender';
  }
  if (provider.isMissing) return 'no-provider';
  return audience === 'lead' && provider.isSourcePaused ? 'source-paused' : undefined;
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
  desk: Desk,
  by: Pick<Claimant, 'provider' | 'channel'>,
  decide: (state: LeadState, claimant: Claimant) => Decision,
  from: Lead,
): Work<Held | undefined> {
  const { log } = desk;
  const made = yield* log.claim(
    (state, sendId) => decide(state, { now: desk.now(), sendId, deadlineMs: DEADLINE_MS, ...by }),
    from,
  );
  if ('nothing' in made || !isClaim(made.event)) return undefined;
  const { event, after, claimedAtMs } = made;
  // Other processes wrote after the claim: the guards are checked again on their events.
  if (after.lastSeq !== event.seq && recheckClaim(after.state, event.data.sendId, desk.now()) !== true) {
    yield* giveBack(desk, event, after);
    return undefined;
  }
  return { event, after, claimedAtMs };
}

const isClaim = (event: Recorded): event is Held['event'] => event.type === 'lead.send-started';

function* giveBack(desk: Desk, event: Held['event'], from: Lead): Work<void> {
  yield* outcome(desk, event, (state) => decideGiveBack(state, event.data.sendId, desk.now()), from);
}

function* outcome(
  { log }: Desk,
  { seq }: Held['event'],
  decide: (state: LeadState) => Decision,
  from?: Lead,
): Work<void> {
  yield* log.decide(idOf('LEADS', seq, 'outcome'), decide, from);
}

/** Whether to retry here, after the delay and a new turn; long delays and exhausted attempts are not retried here. */
function* isTriedAgain(desk: Desk, answer: ProviderResponse, attempt: number, chat?: NoticeChat): Work<boolean> {
  if (chat) {
    const delayMs = chat.retryDelayMs(answer, attempt);
    if (delayMs !== undefined) yield* wait(desk.pause(delayMs));
    return delayMs !== undefined;
  }
  if (answer.kind !== 'refused' || answer.class === 'account' || answer.class === 'breaker-open') return false;
  const hintMs = answer.retryAfterMs ?? 0;
  if (attempt >= ATTEMPTS_MAX || !desk.provider.closed || hintMs > HINT_MS_MAX) return false;
  yield* wait(desk.pause(Math.max(hintMs, RETRY_BASE_MS * 2 ** (attempt - 1)) + desk.draw() * RETRY_BASE_MS));
  try {
    yield* wait(desk.provider.turn());
    return true;
  } catch {
    return false;
  }
}
