import type { Guard, PlannedStep, Recorded, StepChannel } from '@leadstream/contracts/events';
import { guard } from '@leadstream/lead/claim';
import { enrichmentLines, localTime, nextOf, type Next } from '@leadstream/lead/next';
import { originName } from '@leadstream/lead/origin';
import { initial, statusOf, type LeadState, type Status } from '@leadstream/lead/state';
import { inWords } from '@leadstream/lead/words';
import { earliestOf } from './explain-earliest.ts';
import { statesOf, verdictsOf, type Verdict } from './explain-guards.ts';
import type { Planning } from './plan.ts';

/** The pauses that hold the messages of all leads, or of all leads of a source. */
export interface AccountNow {
  pause: { why: string; by: string; until?: string | undefined; kind?: string | undefined } | null;
  /** Paused sources, by `originName`; undefined: unreadable, and the senders hold all. */
  sources: Readonly<Record<string, { why: string; by: string }>> | undefined;
  /** The sender is done with the lead's last due step. It leaves one due only where it has no provider. */
  isDone: boolean;
}
/** By the channel of a step. */
export type AccountsNow = Readonly<Record<StepChannel, AccountNow>>;

/** The answer of `GET /v1/leads/:id/explain` and `leadctl lead explain --json`. */
export interface Explanation {
  leadId: string;
  version: number;
  /** The instant that it holds for. */
  at: string;
  status: Status;
  timeZone: string | null;
  next: Next;
  step: { sequence: string; version: number; id: string; audience: string; plannedAt: string } | null;
  /** The guard that the sender would give now as its reason; null: none forbids the step. */
  verdict: Guard | null;
  guards: Verdict[];
  /** `isTried`: one mail now and then tests whether the pause can end. */
  account: { blocks: boolean; isTried: boolean; says: string; until: string | null };
  /** null: no mail comes unless something else happens; `so` says what. */
  earliest: { at: string; local: string; step: string; sequence: string } | null;
  so: string;
  /** The last answer of each enricher, with its facts, in words. */
  enrichment: string[];
  trace: string | null;
}

/**
 * Why the lead gets its next mail when it does, or gets none: every guard's verdict now, with the event that decided
 * it, and the earliest time of the next claim if nothing else happens. `events` is the lead's whole log.
 */
export function explain(events: readonly Recorded[], planning: Planning, accounts: AccountsNow): Explanation {
  const states = statesOf(events);
  const state = states.at(-1) ?? initial;
  const { now } = planning;
  const holdOf = (step: Pick<PlannedStep, 'channel' | 'audience'>) => accountNow(state, step, accounts, now);
  const texts = holdOf({ channel: 'sms', audience: 'lead' });
  const earliest = earliestOf(state, planning, { textsWait: lasts(texts) && !sourceHold(state, accounts.sms) });
  const coming = 'step' in earliest ? earliest.step : null;
  const step = 'step' in state.phase ? state.phase.step : coming;
  // The message of a settled step has gone out, and its channel says nothing of the next one.
  const held = holdOf((state.phase.kind === 'settled' ? coming : step) ?? { channel: 'email', audience: 'staff' });
  const next = coming ? holdOf(coming) : held;
  const when = 'at' in earliest ? later(earliest.at, next.until) : null;
  const isNever = lasts(next);
  const zoneId = state.zone?.id;
  const local = when && localTime(when.toString(), zoneId);
  const waiting = lasts(held) ? `no text goes out: ${held.says}; ` : '';
  return {
    leadId: state.leadId ?? '',
    version: events.at(-1)?.version ?? 0,
    at: now.toString(),
    status: statusOf(state),
    timeZone: zoneId ?? null,
    next: nextOf(state),
    step: step && {
      sequence: state.run?.sequence ?? '',
      version: state.run?.version ?? 0,
      id: step.id,
      audience: step.audience,
      plannedAt: step.at,
    },
    verdict: (step && guard(state, step, now)) ?? null,
    guards: step ? verdictsOf(events, states, step, now) : [],
    account: held,
    earliest:
      'at' in earliest && when && local && !isNever
        ? { at: when.toString(), local, step: earliest.step.id, sequence: earliest.sequence }
        : null,
    so: isNever
      ? `no ${coming?.channel === 'sms' ? 'text' : 'mail'} goes out: ${next.says}`
      : 'at' in earliest && local
        ? `${waiting}"${earliest.step.id}" goes out not before ${local}, if nothing else happens`
        : `nothing goes out, if nothing else happens: ${'why' in earliest ? earliest.why : ''}`,
    enrichment: enrichmentLines(state),
    trace: state.trace,
  };
}

type Hold = Explanation['account'];
const OPEN: Hold = { blocks: false, isTried: false, says: 'open', until: null };
/** Until an operator ends it. */
const lasts = ({ blocks, isTried, until }: Hold): boolean => blocks && !isTried && until === null;

function accountNow(
  state: LeadState,
  { channel, audience }: Pick<PlannedStep, 'channel' | 'audience'>,
  accounts: AccountsNow,
  now: Temporal.Instant,
): Hold {
  const { [channel]: account } = accounts;
  const { pause, isDone } = account;
  if (pause && (pause.until === undefined || Temporal.Instant.compare(now, pause.until) < 0)) {
    const says = `the account is paused by ${pause.by}: ${pause.why}`;
    return { blocks: true, isTried: pause.kind !== undefined, says, until: pause.until ?? null };
  }
  const held = (says: string): Hold => ({ blocks: true, isTried: false, says, until: null });
  const source = audience === 'lead' ? sourceHold(state, account) : undefined;
  if (source) return held(`the lead’s source is paused by ${source.by}: ${source.why}`);
  return isDone && state.phase.kind === 'due' ? held(inWords({ nothing: 'no-provider', detail: channel })) : OPEN;
}

function sourceHold(state: LeadState, { sources }: AccountNow): { why: string; by: string } | undefined {
  if (!sources) return { by: 'the senders', why: 'the list of paused sources cannot be read' };
  const name = originName(state);
  return Object.hasOwn(sources, name) ? sources[name] : undefined;
}

const later = (at: Temporal.Instant, until: string | null): Temporal.Instant =>
  until !== null && Temporal.Instant.compare(at, until) < 0 ? Temporal.Instant.from(until) : at;
