import type { Audience, Recorded } from '@leadstream/contracts/events';
import { GUARDS } from './guards.ts';
import { PARKED, unwantedWhy } from './next.ts';
import { isHeld, isUnsettled, isUnwanted, type LeadState, type Send } from './state.ts';
import { walkOf, type Report, type Track, type Walk } from './story-walk.ts';

/** The part of a version of a sequence that a story needs. */
export interface Told {
  name: string;
  steps: readonly { id: string; audience: Audience }[];
}
export type Definitions = (sequence: string, version: number) => Told | undefined;

/** `needs-you`: only an operator, or the provider's own event, can settle it. */
export type StepState = 'done' | 'next' | 'later' | 'not-sent' | 'needs-you';

export interface StoryStep {
  index: number;
  id: string;
  audience: Audience;
  state: StepState;
  why?: string;
  /** The time of its acceptance or, of the next step, the planned one. RFC 3339. */
  at?: string;
  sendIds: string[];
  attempts: number;
  facts: Report[];
}

export type StoryRun = Omit<Track, 'planned' | 'skipped' | 'phase'> & { name: string | null; steps: StoryStep[] };

/**
 * The lead's runs, oldest first, each with its steps: done, next, later, not sent, or waiting for an operator, and why.
 * Steps that were never planned come from `definitions`; of a version that it does not know they are missing.
 */
export function storyOf(events: readonly Recorded[], definitions: Definitions): StoryRun[] {
  const walk = walkOf(events);
  return [...walk.runs.values()].map((track) => {
    const told = track.version === null ? undefined : definitions(track.sequence, track.version);
    const { planned: _, skipped: __, phase: ___, ...run } = track;
    return { ...run, name: told?.name ?? null, steps: stepsOf(track, walk, told) };
  });
}

function stepsOf(track: Track, { state, sends }: Walk, told: Told | undefined): StoryStep[] {
  const mine = [...sends].filter(([, { runId }]) => runId === track.id);
  const known = new Map<number, { id: string; audience: Audience }>([
    ...(told?.steps.map((step, index) => [index, step] as const) ?? []),
    ...mine.map(([, send]) => [send.step, { id: send.stepId, audience: send.audience }] as const),
    ...track.planned,
  ]);
  // A run that was moved or migrated begins at a later step.
  const first = Math.min(...track.planned.keys(), ...mine.map(([, { step }]) => step));
  return [...known]
    .filter(([index]) => index >= first)
    .sort(([a], [b]) => a - b)
    .map(([index, { id, audience }]) => {
      const ofStep = mine.filter(([, { step }]) => step === index);
      return {
        index,
        id,
        audience,
        ...standing(
          track,
          state,
          { index, audience },
          ofStep.map(([, send]) => send),
        ),
        sendIds: ofStep.map(([sendId]) => sendId),
        attempts: ofStep.length,
        facts: ofStep.flatMap(([, { facts }]) => facts),
      };
    });
}

function standing(
  track: Track,
  state: LeadState,
  { index, audience }: { index: number; audience: Audience },
  sends: readonly (Send & { acceptedAt?: string })[],
): Pick<StoryStep, 'state' | 'why' | 'at'> {
  const accepted = sends.find(({ outcome }) => outcome === 'accepted');
  if (accepted) return { state: 'done', at: accepted.acceptedAt ?? accepted.startedAt };
  const { phase } = track;
  const current = 'step' in phase && !track.ended ? phase.step.index : undefined;
  if (current === index && phase.kind === 'parked') return { state: 'needs-you', why: PARKED[phase.why] };
  if (sends.some(isUnsettled)) return { state: 'needs-you', why: PARKED.unknown };
  const unwanted = isUnwanted(state, audience, track.sequence) ? unwantedWhy(state, track.sequence) : undefined;
  if (current === index && phase.kind !== 'settled') {
    if (unwanted && phase.kind !== 'claimed') return { state: 'not-sent', why: unwanted };
    return { state: 'next', ...upcoming(track, state, index, audience) };
  }
  const skipped = track.skipped.get(index);
  if (skipped && (current ?? index) >= index) return { state: 'not-sent', why: skipped };
  if (current !== undefined && index > current && !unwanted) return { state: 'later' };
  const refused = sends.some(({ outcome }) => outcome === 'failed') ? PARKED.failed : undefined;
  const why = refused ?? skipped ?? (isOverBefore(track, state) ? undefined : unwanted) ?? track.ended?.why;
  return { state: 'not-sent', ...(why ? { why } : {}) };
}

/** A stop is no reason for a run that another one had ended before. */
const isOverBefore = ({ ended }: Track, { stop }: LeadState): boolean =>
  ended !== undefined && stop !== null && Temporal.Instant.compare(ended.at, stop.at) < 0;

function upcoming({ phase, planned }: Track, state: LeadState, index: number, audience: Audience) {
  const at = phase.kind === 'deferred' ? phase.retryAt : planned.get(index)?.at;
  const why =
    audience === 'lead' && isHeld(state)
      ? 'it waits until an operator resumes the lead'
      : phase.kind === 'held'
        ? GUARDS[phase.guard].says
        : undefined;
  return { ...(at ? { at } : {}), ...(why ? { why } : {}) };
}
