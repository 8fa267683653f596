import {
  guardSchema,
  type Channel,
  type Data,
  type Decision,
  type Draft,
  type Guard,
  type Nothing,
  type PlannedStep,
  type SendClass,
} from '@leadstream/contracts/events';
import { unmet } from './condition.ts';
import { GUARDS } from './guards.ts';
import { withinWindow } from './hours.ts';
import {
  isDeclined,
  isHeld,
  sendsOfStep,
  STOP_RULES,
  TO_PHONE,
  type LeadState,
  type Phase,
  type Send,
  type SendOutcome,
} from './state.ts';

/**
 * Input of a claimant: its clock, its private claim id, and the time of the mailbox's next mail, if leads with other
 * addresses of the mailbox have used up its mails for the day.
 */
export interface Claimant {
  now: Temporal.Instant;
  sendId: string;
  deadlineMs: number;
  /** The mail provider that it will call. */
  provider?: string;
  /** Of a notice to the rep that it will post to a chat; absent: the step's channel. */
  channel?: 'chat';
  /** Of the mail that it has composed. */
  mailHash?: Data<'lead.send-started'>['mailHash'];
  mailboxUntil?: Temporal.Instant | undefined;
}
type Claimed = Extract<Phase, { kind: 'claimed' }>;

/** Retries in place: 6 calls in all, then the scheduler plans the step again. */
export const ATTEMPTS_MAX = 6;
const HOUR_MS = 3_600_000;
/**
 * Waits of the longer kind, by how often the step was deferred before; the last repeats until 72 hours after the first
 * call.
 */
const DEFERRALS_MS = [5 * 60_000, 15 * 60_000, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS];
const DEFERRED_MAX_MS = 72 * HOUR_MS;
/** A longer delay from the provider is cut to this: its clock or its unit may be wrong. */
const HINT_MS_MAX = 6 * HOUR_MS;

/** Limit of mails a day to one mailbox in runs that strangers asked for; further mails wait for the next day. */
export const MAILS_A_DAY_MAX = 3;
const DAY_MS = 24 * HOUR_MS;
/** Outcomes that certainly sent nothing. */
const UNSENT: ReadonlySet<SendOutcome> = new Set(['refused', 'deferred', 'failed', 'skipped']);

/** Whether the step is a mail of a run that a stranger asked for. */
export const isStrangers = ({ run }: LeadState, { audience }: PlannedStep): boolean =>
  audience === 'lead' && run?.trusted === false;

/**
 * The time from which a lead with its full number of mails today may get the next; undefined: now. All mails count,
 * whatever run they belong to.
 */
function dayIsFullUntil({ sends }: LeadState, now: Temporal.Instant): Temporal.Instant | undefined {
  const mails = new Map<string, number>();
  for (const { runId, step, audience, outcome, startedAt } of Object.values(sends)) {
    if (audience === 'lead' && !UNSENT.has(outcome)) mails.set(`${runId}/${step}`, Date.parse(startedAt));
  }
  const third = [...mails.values()].sort((a, b) => b - a)[MAILS_A_DAY_MAX - 1];
  const isFull = third !== undefined && now.epochMilliseconds - third < DAY_MS;
  return isFull ? Temporal.Instant.fromEpochMilliseconds(third + DAY_MS) : undefined;
}

/** A stranger's mail above the daily limit waits; it is not dropped. */
function tooMany(state: LeadState, step: PlannedStep, { now, mailboxUntil }: Claimant): Draft | undefined {
  if (!isStrangers(state, step)) return undefined;
  const until = dayIsFullUntil(state, now) ?? mailboxUntil;
  if (!until) return undefined;
  const reason = `the mailbox has had ${MAILS_A_DAY_MAX} mails in a day`;
  return {
    type: 'lead.send-skipped',
    data: { ...aboutStep(state, step), guard: 'window', until: until.toString(), reason },
  };
}

/** Whether a guard forbids the step at the instant, whatever the others say. */
type Judge = (state: LeadState, step: PlannedStep, now: Temporal.Instant) => boolean;

const toLead =
  (judge: Judge): Judge =>
  (state, step, now) =>
    step.audience === 'lead' && judge(state, step, now);
const isStopped = ({ stop }: LeadState, by: Guard): boolean => stop !== null && STOP_RULES[stop.why].guard === by;
const isNever: Judge = () => false;

/** Of messages to a lead's phone: its own consent, number and zone. */
const byPhone = (judge: Judge): Judge =>
  toLead((state, step, now) => TO_PHONE[step.channel] && judge(state, step, now));

/** All guards; the last three are found while the sender composes and calls, not from the state. */
export const FORBIDS: Readonly<Record<Guard, Judge>> = {
  erased: ({ stop }) => stop?.why === 'erased',
  suppressed: toLead((state) => isStopped(state, 'suppressed') || (!state.stop && isDeclined(state))),
  stopped: toLead((state) => isStopped(state, 'stopped')),
  paused: toLead(isHeld),
  'no-phone': byPhone(({ contact, sms }) => !contact?.phone || sms?.closed === true),
  'no-consent': byPhone(({ number, sms }) => sms === null || sms.number !== number),
  'no-zone': byPhone(({ zone }) => zone === null || zone.source === 'default'),
  away: toLead(({ awayUntil }, _, now) => awayUntil !== null && Temporal.Instant.compare(now, awayUntil) < 0),
  window: toLead(({ zone }, { window }, now) => !!window && !!zone && !withinWindow(now, zone.id, window)),
  late: toLead(
    (_, { at, latenessMaxMs }, now) =>
      latenessMaxMs !== undefined && now.epochMilliseconds - Date.parse(at) > latenessMaxMs,
  ),
  // Last, because what happens until the mail can go counts.
  condition: (state, step) => unmet(state, step) !== undefined,
  stalled: isNever,
  unrenderable: isNever,
  operator: isNever,
};

/**
 * Whether the step is later than it may go, and is to be left out then. Texts alone are planned so (lint): while their
 * gateway is away, this is how long they hold the mails behind them.
 */
export const isPast = (state: LeadState, step: PlannedStep, now: Temporal.Instant): boolean =>
  step.whenLate === 'skip' && FORBIDS.late(state, step, now);

/** The first guard that forbids the step now, in the order of `guardSchema`; undefined: it may be sent. */
export const guard = (state: LeadState, step: PlannedStep, now: Temporal.Instant): Guard | undefined =>
  guardSchema.options.find((name) => FORBIDS[name](state, step, now));

type GivenBack = Pick<Data<'lead.send-skipped'>, 'sendId' | 'class'> & { channel?: Channel };

const skipped = (state: LeadState, step: PlannedStep, no: Guard, givenBack?: GivenBack): Draft => {
  const reason = no === 'condition' ? unmet(state, step) : undefined;
  return {
    type: 'lead.send-skipped',
    data: { ...aboutStep(state, step), ...givenBack, guard: no, ...(reason ? { reason } : {}) },
  };
};

const aboutStep = (state: LeadState, step: PlannedStep) => ({
  runId: state.run?.id ?? '',
  step: step.index,
  stepId: step.id,
  audience: step.audience,
  channel: step.channel,
});

/** The step for which the claimant composed its message; of a text also the keyed hash of its number. */
export interface Written {
  runId: string;
  step: number;
  number?: string | undefined;
}

/** The step as its message is composed. */
export const writtenFor = (state: LeadState, step: PlannedStep): Written => ({
  runId: state.run?.id ?? '',
  step: step.index,
  number: numberFor(state, step),
});

const ANOTHER_STEP: Nothing = { nothing: 'another-step' };
const notDue = (state: LeadState): Nothing => ({ nothing: 'wrong-phase', detail: state.phase.kind });
const isWritten = (state: LeadState, step: PlannedStep, written: Written): boolean =>
  state.run?.id === written.runId && step.index === written.step && written.number === numberFor(state, step);

/** The keyed hash of the number that a text of this step goes to. */
const numberFor = ({ number }: LeadState, { channel }: PlannedStep): string | undefined =>
  TO_PHONE[channel] ? (number ?? undefined) : undefined;

/** The lead has given another number since the text was composed. */
const isOfOtherNumber = (state: LeadState, step: PlannedStep, sendId: string): boolean =>
  TO_PHONE[step.channel] && state.sends[sendId]?.number !== numberFor(state, step);

/**
 * Whether the rep may be told in a chat: once for each notice. After a post that failed, or of which nothing is known,
 * it goes by mail; a claim that was given back was no post.
 */
export const mayChat = (state: LeadState, { audience, channel, index }: PlannedStep): boolean =>
  audience === 'staff' &&
  channel === 'email' &&
  !sendsOfStep(state, state.run?.id ?? '', index).some((send) => send.channel === 'chat' && send.outcome !== 'skipped');

const rivalOf = (state: LeadState, step: PlannedStep): Send | undefined =>
  sendsOfStep(state, state.run?.id ?? '', step.index).find(
    ({ outcome }) => outcome === 'accepted' || outcome === 'open',
  );

/** Guards that no time lifts: behind a step that they forbid, the rep's notice would wait for the source. */
const LASTING: ReadonlySet<Guard> = new Set(
  guardSchema.options.filter((name) => GUARDS[name].ends === 'held' && GUARDS[name].replan === 'resumed'),
);
const WAIT_MS = 15 * 60_000;
/** Why a due step waits, and the reason of its new plan where the rep is told first. */
const WAITS = {
  'source-paused': 'its source is paused, and the rep is told first',
  'no-provider': 'its channel has no provider now, and the rep is told first',
} as const;

/**
 * A due step of a lead whose source is paused, or whose channel has no provider: it stays due, so that it goes out as
 * soon as an operator changes that. With something to tell the rep it is planned again instead, after the notice: the
 * rep is told at once. Without a provider a step that its guard leaves out is left out: the run goes on by mail.
 */
export function decideWait(
  state: LeadState,
  now: Temporal.Instant,
  written: Written,
  why: keyof typeof WAITS,
): Decision {
  const { phase } = state;
  if (phase.kind !== 'due' || !isWritten(state, phase.step, written) || rivalOf(state, phase.step))
    return { nothing: why };
  const isForProvider = why === 'no-provider';
  const waits: Nothing = { nothing: why, ...(isForProvider ? { detail: phase.step.channel } : {}) };
  const first = guard(state, phase.step, now);
  // The step's hours bring back no text that is late: without this a visit at night would leave it for the next one.
  const no = isForProvider && first === 'window' && isPast(state, phase.step, now) ? 'late' : first;
  const isLeftOut = no !== undefined && isForProvider && GUARDS[no].ends !== 'held';
  if (no && (LASTING.has(no) || isLeftOut)) return skipped(state, phase.step, no);
  if (state.untold.length === 0) return waits;
  const until = now.add({ milliseconds: WAIT_MS }).toString();
  const reason = WAITS[why];
  return { type: 'lead.send-skipped', data: { ...aboutStep(state, phase.step), guard: 'window', until, reason } };
}

/**
 * The first attempt: only from `due`, only for the step that the mail was composed for (a claimant that was stopped for
 * a while may find the next one due), and only if no send of this step is accepted or open.
 */
export function decideClaim(state: LeadState, claimant: Claimant, written: Written): Decision {
  const { phase } = state;
  if (phase.kind !== 'due') return notDue(state);
  if (!isWritten(state, phase.step, written)) return ANOTHER_STEP;
  const rival = rivalOf(state, phase.step);
  if (rival) return { nothing: 'step-has-send', detail: rival.outcome };
  if (claimant.channel === 'chat' && !mayChat(state, phase.step)) return { nothing: 'step-has-send', detail: 'chat' };
  const no = guard(state, phase.step, claimant.now);
  if (no) return skipped(state, phase.step, no);
  const held = tooMany(state, phase.step, claimant);
  if (held) return held;
  return started(state, phase.step, 1, claimant);
}

/**
 * The next attempt of a claim held by the caller whose call certainly did not send: guarded again, claimed again. If
 * the provider's event has meanwhile shown an earlier attempt as accepted, or a text's number is another one now, the
 * refusal is the outcome of this one.
 */
export function decideRetry(
  state: LeadState,
  previous: { sendId: string; class: SendClass; reason?: string },
  claimant: Claimant,
): Decision {
  const phase = claimedBy(state, previous.sendId);
  if (!phase) return { nothing: 'claim-closed' };
  const isThrough = sendsOfStep(state, state.run?.id ?? '', phase.step.index).some(
    ({ outcome }) => outcome === 'accepted',
  );
  if (isThrough || isOfOtherNumber(state, phase.step, previous.sendId)) {
    return {
      type: 'lead.send-deferred',
      data: {
        ...aboutStep(state, phase.step),
        ...byChannelOf(state, previous.sendId),
        ...previous,
        attempt: phase.attempt,
        retryAt: claimant.now.toString(),
      },
    };
  }
  const no = guard(state, phase.step, claimant.now);
  if (no) return skip(state, phase, no, previous.class);
  return started(state, phase.step, phase.attempt + 1, claimant, previous);
}

/** A mail with a missing value is not sent: an operator has to fix it. */
export function decideUnrenderable(state: LeadState, reason: string, written: Written): Decision {
  if (state.phase.kind !== 'due') return notDue(state);
  if (!isWritten(state, state.phase.step, written)) return ANOTHER_STEP;
  return { type: 'lead.send-skipped', data: { ...aboutStep(state, state.phase.step), guard: 'unrenderable', reason } };
}

/** Whether a claim that is in the log, but not as its last event, may still be acted on. */
export function recheckClaim(state: LeadState, sendId: string, now: Temporal.Instant): true | Nothing {
  const phase = claimedBy(state, sendId);
  if (!phase) return { nothing: 'claim-closed' };
  const no = guard(state, phase.step, now) ?? (isOfOtherNumber(state, phase.step, sendId) ? 'no-phone' : undefined);
  return no ? { nothing: 'guarded', detail: no } : true;
}

/**
 * Gives back a claim whose call was never made: a fact, so it is judged by the send's record. A restore, or the sweep,
 * may have moved the phase on while the sender did not know yet that its claim was in the log.
 */
export function decideGiveBack(state: LeadState, sendId: string, now: Temporal.Instant): Decision {
  const phase = claimedBy(state, sendId);
  if (phase) return skip(state, phase, guard(state, phase.step, now) ?? 'stalled');
  const send = state.sends[sendId];
  if (!send) return { nothing: 'claim-closed' };
  const { outcome, startedAt: _, attempt: __, refused: ___, provider: ____, number: _____, ...about } = send;
  if (outcome !== 'open' && outcome !== 'unknown') return { nothing: 'send-known', detail: outcome };
  return { type: 'lead.send-skipped', data: { ...about, sendId, guard: 'stalled' } };
}

const claimedBy = (state: LeadState, sendId: string): Claimed | undefined =>
  state.phase.kind === 'claimed' && state.phase.sendId === sendId ? state.phase : undefined;

const skip = (state: LeadState, { step, sendId }: Claimed, no: Guard, refused?: SendClass): Draft =>
  skipped(state, step, no, { sendId, ...byChannelOf(state, sendId), ...(refused ? { class: refused } : {}) });

/** A notice that is planned as a mail may have been claimed for a chat. */
const byChannelOf = ({ sends }: LeadState, sendId: string): { channel?: Channel } =>
  sends[sendId] ? { channel: sends[sendId].channel } : {};

function started(
  state: LeadState,
  step: PlannedStep,
  attempt: number,
  { now, sendId, deadlineMs, provider, channel, mailHash }: Claimant,
  previous?: Data<'lead.send-started'>['previous'],
): Draft {
  const deadline = now.add({ milliseconds: deadlineMs }).toString();
  return {
    type: 'lead.send-started',
    data: {
      ...aboutStep(state, step),
      ...(channel ? { channel } : {}),
      sendId,
      attempt,
      action: step.action,
      deadline,
      ...(provider ? { provider } : {}),
      ...(previous ? { previous } : {}),
      ...(mailHash ? { mailHash } : {}),
    },
  };
}

/** The provider response, parsed once at the sender's edge. */
export type ProviderResponse =
  | { kind: 'accepted'; provider: string; providerMessageId?: string }
  | { kind: 'refused'; class: SendClass; reason?: string; retryAfterMs?: number }
  /**
   * `isClosed`: the provider takes no message to this address or number any more, and posts no event about it.
   * `hasOptedOut`: because the owner of the number told it so.
   */
  | { kind: 'permanent'; class: SendClass; reason?: string; isClosed?: true; hasOptedOut?: true }
  | { kind: 'unknown'; class: SendClass; reason?: string };

/**
 * The outcome of the claim `sendId`. It is a fact, so the send's record decides and not the phase: a late outcome is
 * recorded after a sweep, and one already known from the provider's event is not recorded twice. For a claim that a
 * restore removed from the log, the event has claim and outcome.
 */
export function decideOutcome(
  state: LeadState,
  claim: Data<'lead.send-started'>,
  answer: ProviderResponse,
  now: Temporal.Instant,
): Decision {
  const send = state.sends[claim.sendId];
  // After an erasure the claim is missing too, and is not recorded again.
  if (!send && state.stop?.why !== 'erased') return lostOutcome(claim, answer, now);
  const known = send?.outcome ?? 'open';
  if (known !== 'open' && (known !== 'unknown' || answer.kind === 'unknown'))
    return { nothing: 'send-known', detail: known };
  const { sendId, attempt, runId, step, stepId, audience, channel } = claim;
  const about = { sendId, attempt, runId, step, stepId, audience, channel };
  // The rep is told by mail instead, at once: whatever holds up the chat, the notice is for today.
  if (channel === 'chat' && (answer.kind === 'refused' || answer.kind === 'permanent'))
    return { type: 'lead.send-deferred', data: { ...about, ...failure(answer), retryAt: now.toString() } };
  switch (answer.kind) {
    case 'accepted': {
      const { provider, providerMessageId } = answer;
      return {
        type: 'lead.sent',
        data: { ...about, provider, evidence: 'response', ...(providerMessageId ? { providerMessageId } : {}) },
      };
    }
    case 'refused':
      return deferral(state, about, answer, now);
    case 'permanent':
      return {
        type: 'lead.send-failed',
        data: {
          ...about,
          ...failure(answer),
          ...(answer.isClosed ? { closed: true } : {}),
          ...(answer.hasOptedOut ? { optedOut: true } : {}),
        },
      };
    case 'unknown':
      return { type: 'lead.send-unknown', data: { ...about, ...failure(answer) } };
  }
}

/** Certainly not sent: the restored log plans the step again. */
function lostOutcome(
  { sendId, ...send }: Data<'lead.send-started'>,
  { kind }: ProviderResponse,
  now: Temporal.Instant,
): Decision {
  if (kind !== 'accepted' && kind !== 'unknown') return { nothing: 'claim-lost' };
  const { runId, step, stepId, audience, channel, attempt, provider } = send;
  const about = { runId, step, stepId, audience, channel, attempt, ...(provider ? { provider } : {}) };
  const lost = { ...about, startedAt: now.toString(), outcome: kind };
  return { type: 'lead.recovered', data: { witness: 'sender', sends: { [sendId]: lost } } };
}

const failure = (answer: { class: SendClass; reason?: string }) => ({
  class: answer.class,
  ...(answer.reason ? { reason: answer.reason } : {}),
});

type About = Omit<Data<'lead.send-deferred'>, 'class' | 'reason' | 'retryAt'>;

function deferral(
  state: LeadState,
  about: About,
  answer: Extract<ProviderResponse, { kind: 'refused' }>,
  now: Temporal.Instant,
): Draft {
  const sends = sendsOfStep(state, about.runId, about.step);
  const firstMs = Math.min(now.epochMilliseconds, ...sends.map((send) => Date.parse(send.startedAt)));
  const deferredBefore = sends.filter((send) => send.outcome === 'deferred').length;
  const hintMs = Math.min(answer.retryAfterMs ?? 0, HINT_MS_MAX);
  const waitMs = Math.max(hintMs, DEFERRALS_MS[Math.min(deferredBefore, DEFERRALS_MS.length - 1)] ?? HOUR_MS);
  if (now.epochMilliseconds + waitMs - firstMs > DEFERRED_MAX_MS)
    return { type: 'lead.send-failed', data: { ...about, ...failure(answer) } };
  return {
    type: 'lead.send-deferred',
    data: { ...about, ...failure(answer), retryAt: now.add({ milliseconds: waitMs }).toString() },
  };
}
