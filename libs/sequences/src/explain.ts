import type { Guard, PlannedStep, Recorded } from '@leadstream/contracts/events';
import { guard } from '@leadstream/lead/claim';
import { enrichmentLines, localTime, nextOf, type Next } from '@leadstream/lead/next';
import { originName } from '@leadstream/lead/origin';
import { initial, statusOf, type LeadState, type Status } from '@leadstream/lead/state';
import { earliestOf } from './explain-earliest.ts';
import { statesOf, verdictsOf, type Verdict } from './explain-guards.ts';
import type { Planning } from './plan.ts';

/** Pauses that hold the mails of all leads, or of all leads of a source. */
export interface AccountNow {
  pause: { why: string; by: string; until?: string | undefined; kind?: string | undefined } | null;
  /** Paused sources, by `originName`; undefined: unreadable, and the senders hold all. */
  sources: Readonly<Record<string, { why: string; by: string }>> | undefined;
}

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
export function explain(events: readonly Recorded[], planning: Planning, account: AccountNow): Explanation {
  const states = statesOf(events);
  const state = states.at(-1) ?? initial;
  const { now } = planning;
  const earliest = earliestOf(state, planning);
  const step = 'step' in state.phase ? state.phase.step : 'step' in earliest ? earliest.step : null;
  const held = accountNow(state, step, account, now);
  const when = 'at' in earliest ? later(earliest.at, held.until) : null;
  const isNever = held.blocks && !held.isTried && held.until === null;
  const zoneId = state.zone?.id;
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
      'at' in earliest && when && !isNever
        ? {
            at: when.toString(),
            local: localTime(when.toString(), zoneId),
            step: earliest.step.id,
            sequence: earliest.sequence,
          }
        : null,
    so: isNever
      ? `no mail goes out: ${held.says}`
      : 'at' in earliest && when
        ? `"${earliest.step.id}" goes out not before ${localTime(when.toString(), zoneId)}, if nothing else happens`
        : `nothing goes out, if nothing else happens: ${'why' in earliest ? earliest.why : ''}`,
    enrichment: enrichmentLines(state),
    trace: state.trace,
  };
}

function accountNow(
  state: LeadState,
  step: PlannedStep | null,
  { pause, sources }: AccountNow,
  now: Temporal.Instant,
): Explanation['account'] {
  const name = originName(state);
  const unreadable = { by: 'the senders', why: 'the list of paused sources cannot be read' };
  const source = sources ? (Object.hasOwn(sources, name) ? sources[name] : undefined) : unreadable;
  if (pause && (pause.until === undefined || Temporal.Instant.compare(now, pause.until) < 0)) {
    const says = `the account is paused by ${pause.by}: ${pause.why}`;
    return { blocks: true, isTried: pause.kind !== undefined, says, until: pause.until ?? null };
  }
  if (source && step?.audience === 'lead')
    return {
      blocks: true,
      isTried: false,
      says: `the lead’s source is paused by ${source.by}: ${source.why}`,
      until: null,
    };
  return { blocks: false, isTried: false, says: 'open', until: null };
}

const later = (at: Temporal.Instant, until: string | null): Temporal.Instant =>
  until !== null && Temporal.Instant.compare(at, until) < 0 ? Temporal.Instant.from(until) : at;
