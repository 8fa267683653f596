import type { LeadState } from '@leadstream/lead/state';
import type { Clock } from '../simulator/calm.ts';
import type { Delays } from '../simulator/world.ts';
import { afterDark, type DarkTime } from './dark-times.ts';
import type { Places } from './places.ts';
import { plannedWork, type Outside, type RecordedCall, type RecordedDelay } from './record.ts';

/** Work that is due so near to the recorded time is the same; else its recorded delay says nothing about it. */
const SAME_MS = 60_000;
/** Above the sender's limit, so that it gives the claim back. */
const STALLED_MS = 3_600_000;

interface Parts {
  places: Places;
  delays: Outside['delays'];
  dark: readonly DarkTime[];
  clock: Clock;
  /** The recorded call of the latest claim. */
  latest: () => RecordedCall | undefined;
}

/** The services are as late as they were; work that is due at another time waits for the end of a dark time. */
export class RecordedDelays implements Delays {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  planMs(state: LeadState): number {
    const { clock } = this.#parts;
    return Math.max(0, this.#plannedMs(state) - clock.atMs);
  }

  visitMs(state: LeadState, dueMs: number): number {
    const { phase } = state;
    if (phase.kind === 'claimed') return Math.max(dueMs, this.#parts.latest()?.sweptMs ?? dueMs);
    if (phase.kind !== 'planned' && phase.kind !== 'due') return Math.max(dueMs, this.#plannedMs(state));
    const recorded = this.#recorded(state, 'due', dueMs);
    return recorded ? Math.max(dueMs, recorded.doneMs) : afterDark(this.#parts.dark, dueMs);
  }

  sendMs(state: LeadState): number {
    const { atMs } = this.#parts.clock;
    const recorded = this.#recorded(state, 'asked', atMs);
    return (recorded ? Math.max(atMs, recorded.doneMs) : afterDark(this.#parts.dark, atMs)) - atMs;
  }

  /** The wait between two recorded calls is in the first one's answer. */
  retryMs(ms: number): number {
    const answer = this.#parts.latest()?.answer;
    return typeof answer === 'object' && answer.isRetried ? 0 : ms;
  }

  stallMs(): number {
    return this.#parts.latest()?.answer === 'stalled' ? STALLED_MS : 0;
  }

  #plannedMs(state: LeadState): number {
    const { places, clock } = this.#parts;
    const work = plannedWork(state, places);
    const sinceMs = Date.parse(work?.since ?? '');
    const recorded = work && this.#nearest(work.name, sinceMs);
    return recorded ? sinceMs + (recorded.doneMs - recorded.dueMs) : clock.atMs;
  }

  #recorded(state: LeadState, what: 'due' | 'asked', dueMs: number): RecordedDelay | undefined {
    const step = this.#parts.places.step(state);
    return step === undefined ? undefined : this.#nearest(`${step}/${what}`, dueMs);
  }

  #nearest(name: string, dueMs: number): RecordedDelay | undefined {
    let found: RecordedDelay | undefined;
    let awayMs = SAME_MS;
    for (const delay of this.#parts.delays.get(name) ?? []) {
      const ms = Math.abs(delay.dueMs - dueMs);
      if (ms < awayMs) [found, awayMs] = [delay, ms];
    }
    return found;
  }
}
