import type { Audience, Data, Decision, Draft, Nothing, PlannedStep, Zone } from '@leadstream/contracts/events';
import { exitOf } from '@leadstream/lead/condition';
import { GUARDS } from '@leadstream/lead/guards';
import { after, heedCandidates, nextOpen } from '@leadstream/lead/hours';
import { isBlocked, isDue, isHeld, isUnwanted, type LeadState, type Phase } from '@leadstream/lead/state';
import { officeWindow, type BusinessHours } from '@leadstream/lead/weeks';
import type { Sequence, Step } from './definition.ts';
import { assignmentOf, type Rep } from './reps.ts';
import { stableDraw } from './stable-draw.ts';
import { variantOf } from './variants.ts';

/** External inputs of a plan. */
export interface Planning {
  now: Temporal.Instant;
  /**
   * In [0, 1), for all waits alike. Absent: each wait's own draw, stable for the lead, the sequence and the step, so
   * that a plan made again after a crash, or in a simulation, has the same delay.
   */
  draw?: () => number;
  /** Deployed definitions; without a version the active one. */
  sequence: (id: string, version?: number) => Sequence | undefined;
  /** Factor of every wait; below 1, for a laptop, windows and lateness are off. */
  delayScale: number;
  /** The deployment's; a sequence may have its own. */
  hours: BusinessHours;
  /** Whether new runs of the sequence may begin; absent: no lead lapses. */
  isActive?: (id: string) => boolean;
  /** The deployed reps; absent: runs begin without an assignment. */
  reps?: readonly Rep[] | undefined;
}

/** The lead's next step, from its phase alone: the message is only a trigger. */
export function decidePlan(state: LeadState, planning: Planning): Decision {
  const exit = exited(state);
  if (exit) return exit;
  const { phase } = state;
  switch (phase.kind) {
    case 'enrolling':
      return enrol(phase, state, planning);
    case 'settled':
      return afterStep(state, phase, planning);
    case 'deferred':
      return again(state, phase, { why: 'retry', from: Temporal.Instant.from(phase.retryAt) }, planning);
    case 'held':
      return again(state, phase, { why: GUARDS[phase.guard].replan, ...afterHold(phase, planning.now) }, planning);
    case 'none':
    case 'planned':
    case 'due':
    case 'claimed':
    case 'parked':
    case 'completed':
      return { nothing: 'wrong-phase', detail: phase.kind };
  }
}

/**
 * The hunter's decision for a lead whose time has come: a planned step is due, an open claim past its deadline is
 * unknown, and a phase that still waits for a message gets that message's work done here.
 */
export function decideDue(state: LeadState, planning: Planning): Decision {
  if (!isDue(state, planning.now)) return { nothing: 'not-due' };
  const { phase } = state;
  switch (phase.kind) {
    case 'planned':
    case 'due':
      return exited(state) ?? stepDue(state, phase.step, planning.now);
    case 'claimed':
      return sweep(state, phase);
    case 'none':
    case 'enrolling':
    case 'settled':
    case 'deferred':
    case 'held':
    case 'parked':
    case 'completed':
      return decidePlan(state, planning);
  }
}

/** The end of a run that waits for its step, by a tag; a due step is the sender's, whose guard holds it. */
function exited({ phase, run, tags }: LeadState): Draft | undefined {
  if (!run || (phase.kind !== 'planned' && phase.kind !== 'deferred' && phase.kind !== 'held')) return undefined;
  const tag = exitOf(tags, phase.step.exits);
  return tag === undefined ? undefined : completed(run.id, run.sequence, 'exit', tag);
}

function enrol(phase: Extract<Phase, { kind: 'enrolling' }>, state: LeadState, planning: Planning): Decision {
  const sequence = planning.sequence(phase.route.sequence);
  const step = sequence?.steps[phase.stepIndex];
  if (!sequence || !step) return { nothing: 'not-deployed', detail: `${phase.route.sequence} step ${phase.stepIndex}` };
  if (isUnwanted(state, step.audience, sequence.id)) return completed(phase.runId, sequence.id, 'stopped');
  const exit = exitOf(state.tags, sequence.stopWhen);
  if (exit !== undefined) return completed(phase.runId, sequence.id, 'exit', exit);
  const assignment = sequence.assign && assignmentOf(state, sequence.assign, planning.reps ?? []);
  if (assignment) return assignment;
  const planned = plan(sequence, phase.stepIndex, step, phase.since, state, planning);
  return {
    type: 'lead.enrolled',
    data: { runId: phase.runId, sequence: sequence.id, version: sequence.version, planned },
  };
}

function afterStep(state: LeadState, phase: Extract<Phase, { kind: 'settled' }>, planning: Planning): Decision {
  const { run } = state;
  if (!run) return { nothing: 'no-run' };
  const sequence = planning.sequence(run.sequence, run.version);
  if (!sequence) return { nothing: 'not-deployed', detail: `${run.sequence} version ${run.version}` };
  const index = phase.step.index + 1;
  const step = sequence.steps[index];
  if (!step) return completed(run.id, run.sequence, 'finished');
  const exit = exitOf(state.tags, sequence.stopWhen);
  if (exit !== undefined) return completed(run.id, run.sequence, 'exit', exit);
  if (isUnwanted(state, step.audience)) return completed(run.id, run.sequence, 'stopped');
  return {
    type: 'lead.step-planned',
    data: { runId: run.id, planned: plan(sequence, index, step, phase.since, state, planning), why: 'next' },
  };
}

const completed = (
  runId: string,
  sequence: string,
  why: Data<'lead.sequence-completed'>['why'],
  tag?: string,
): Draft => ({
  type: 'lead.sequence-completed',
  data: { runId, sequence, why, ...(tag === undefined ? {} : { tag }) },
});

const CLOCKS_DIFFER_MS = 60_000;
const CLOCKS_DIFFER_MS_MAX = 6 * 3_600_000;

/**
 * With different clocks of hunter, planner and sender, one calls a step due and another holds it: with immediate plans
 * this loop would last as long as the difference. From the second time in a row the plan waits, twice as long each
 * time.
 */
function afterHold(
  { step, guard, until }: Extract<Phase, { kind: 'held' }>,
  now: Temporal.Instant,
): { holds?: number; from?: Temporal.Instant } {
  if (until !== undefined) return { from: Temporal.Instant.from(until) };
  if (!GUARDS[guard].byClock) return {};
  const holds = (step.holds ?? 0) + 1;
  return holds === 1
    ? { holds }
    : { holds, from: now.add({ milliseconds: Math.min(CLOCKS_DIFFER_MS * 2 ** (holds - 2), CLOCKS_DIFFER_MS_MAX) }) };
}

const blocked = (state: LeadState): Nothing =>
  state.stop
    ? { nothing: 'stopped', detail: state.stop.why }
    : isHeld(state)
      ? { nothing: 'paused' }
      : { nothing: 'declined', detail: state.run?.sequence ?? '' };

interface Again {
  why: Data<'lead.step-planned'>['why'];
  holds?: number;
  from?: Temporal.Instant;
}

/** The same step again, no earlier than `from`, in its planned window. */
function again(
  state: LeadState,
  phase: { step: PlannedStep },
  { why, holds, from }: Again,
  { now }: Planning,
): Decision {
  const { run } = state;
  if (!run) return { nothing: 'no-run' };
  if (isBlocked(state, phase.step.audience)) return blocked(state);
  const { holds: _, window, ...step } = phase.step;
  const opened = open(whenBack(state, step.audience, latest(now, from ?? now)), window, state.zone);
  const planned = { ...step, ...opened, ...keptDeadline(phase.step, why, opened.at), ...(holds ? { holds } : {}) };
  return { type: 'lead.step-planned', data: { runId: run.id, planned, why } };
}

/**
 * A retry of a step that is left out when late keeps the first plan's deadline: a gateway that refuses each call holds
 * the mails behind a text no longer than the sequence says.
 */
function keptDeadline(
  { at, latenessMaxMs, whenLate }: PlannedStep,
  why: Again['why'],
  again: string,
): Pick<PlannedStep, 'latenessMaxMs'> {
  if (why !== 'retry' || whenLate !== 'skip' || latenessMaxMs === undefined) return {};
  return { latenessMaxMs: Math.max(0, Date.parse(at) + latenessMaxMs - Date.parse(again)) };
}

function plan(
  sequence: Sequence,
  index: number,
  step: Step,
  since: string,
  state: LeadState,
  planning: Planning,
): PlannedStep {
  const { delayScale } = planning;
  const { zone, leadId } = state;
  const from = Temporal.Instant.from(since);
  // Without the run: its id depends on the log's sequence numbers, which a simulation cannot know.
  const draw = planning.draw ?? (() => (leadId === null ? 0 : stableDraw(leadId, `wait/${sequence.id}/${step.id}`)));
  const due = afterWait(step, from, zone, draw, delayScale);
  const window = delayScale < 1 ? undefined : windowOf(step, sequence, { zone, due }, planning.hours);
  const latenessMaxMs =
    delayScale < 1 || step.latenessMax === undefined
      ? undefined
      : Temporal.Duration.from(step.latenessMax).total({ unit: 'milliseconds', relativeTo: '2000-01-03' });
  return {
    index,
    id: step.id,
    action: variantOf(sequence, step, state.leadId),
    channel: step.channel,
    audience: step.audience,
    delayMs: due.epochMilliseconds - from.epochMilliseconds,
    ...open(whenBack(state, step.audience, due), window, zone),
    ...(latenessMaxMs === undefined ? {} : { latenessMaxMs, ...(step.whenLate ? { whenLate: step.whenLate } : {}) }),
    ...(step.when ? { when: step.when } : {}),
    ...(sequence.stopWhen ? { exits: sequence.stopWhen } : {}),
  };
}

/** The step's own window, else the sequence's business hours, else the deployment's, on the country's working days. */
function windowOf(
  { window }: Step,
  { businessHours, holidays }: Sequence,
  { zone, due }: { zone: Zone | null; due: Temporal.Instant },
  hours: BusinessHours,
): PlannedStep['window'] {
  if (window === 'none') return undefined;
  if (window !== 'business-hours') return window;
  const { days, ...ownHours } = businessHours ?? {};
  const own = { ...ownHours, ...(days ? { days: { '*': days } } : {}), ...(holidays ? { holidays } : {}) };
  return officeWindow(zone ?? { id: 'UTC' }, { ...hours, ...own }, due);
}

/** Days keep the lead's local time over a clock change; a scaled wait is plain milliseconds. */
function afterWait(
  { wait }: Step,
  from: Temporal.Instant,
  zone: Zone | null,
  draw: () => number,
  delayScale: number,
): Temporal.Instant {
  const zoneId = zone?.id ?? 'UTC';
  if (!wait) return from;
  const lasts = (duration: string): number => after(from, duration, zoneId).epochMilliseconds - from.epochMilliseconds;
  const [minMs, maxMs] = 'fixed' in wait ? [lasts(wait.fixed)] : [lasts(wait.min), lasts(wait.max)];
  const drawnMs = Math.round((minMs + draw() * ((maxMs ?? minMs) - minMs)) * delayScale);
  return from.add({ milliseconds: drawnMs });
}

function open(
  instant: Temporal.Instant,
  asked: PlannedStep['window'],
  zone: Zone | null,
): Pick<PlannedStep, 'at' | 'local' | 'window'> {
  if (!asked)
    return { at: instant.toString(), ...(zone ? { local: instant.toZonedDateTimeISO(zone.id).toString() } : {}) };
  if (!zone) return { at: instant.toString(), window: asked };
  const window = heedCandidates(asked, zone, instant);
  const { at, local } = nextOpen(instant, zone.id, window);
  return { at: at.toString(), local, window };
}

/** The return from an out-of-office, if that is later. */
const whenBack = ({ awayUntil }: LeadState, audience: Audience, due: Temporal.Instant): Temporal.Instant =>
  audience === 'lead' && awayUntil !== null ? latest(due, Temporal.Instant.from(awayUntil)) : due;

const latest = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant =>
  Temporal.Instant.compare(a, b) >= 0 ? a : b;

function stepDue(state: LeadState, step: PlannedStep, now: Temporal.Instant): Decision {
  if (!state.run) return { nothing: 'no-run' };
  return {
    type: 'lead.step-due',
    data: {
      runId: state.run.id,
      step: step.index,
      stepId: step.id,
      audience: step.audience,
      channel: step.channel,
      action: step.action,
      plannedAt: step.at,
      lagMs: Math.max(0, now.epochMilliseconds - Date.parse(step.at)),
    },
  };
}

/** The claimant died or its outcome never arrived: the outcome is unknown, and may not be guessed. */
function sweep(state: LeadState, { step, sendId, attempt }: Extract<Phase, { kind: 'claimed' }>): Decision {
  return {
    type: 'lead.send-unknown',
    data: {
      sendId,
      attempt,
      runId: state.run?.id ?? '',
      step: step.index,
      stepId: step.id,
      audience: step.audience,
      channel: state.sends[sendId]?.channel ?? step.channel,
      class: 'swept',
    },
  };
}
