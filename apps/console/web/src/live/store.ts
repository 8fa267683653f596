import { useSyncExternalStore } from 'react';
import type { LiveEvent } from '../../../src/recent.ts';
import type { Heard } from './stream.ts';

const KEPT_MAX = 300;

type Kept = Exclude<Heard, { kind: 'state' }>;
interface Live {
  state: 'live' | 'waiting' | 'beginning';
  /** The newest first. */
  heard: readonly Kept[];
}

let live: Live = { state: 'beginning', heard: [] };
const listeners = new Set<() => void>();

export function keep(heard: Heard): void {
  live =
    heard.kind === 'state'
      ? { ...live, state: heard.state }
      : { state: 'live', heard: [heard, ...live.heard].slice(0, KEPT_MAX) };
  for (const listener of listeners) listener();
}

/** The newest that this page has heard. */
export const newestHeard = (): Kept | undefined => live.heard[0];

/** The sequence of the newest event that this page has heard of. */
export const headSeq = (): number => {
  const newest = newestHeard();
  return newest === undefined ? 0 : newest.kind === 'gap' ? newest.upTo : newest.event.seq;
};

/**
 * Whether an event is from before a list that was heard. In a log of partitions a later event may have a smaller
 * sequence, and was heard.
 */
export function isBefore(heard: Live['heard']): (event: LiveEvent) => boolean {
  const first = heard.at(-1);
  if (first === undefined) return () => true;
  if (first.kind === 'gap') return ({ seq }) => seq <= first.after;
  const ids = new Set(heard.flatMap((one) => (one.kind === 'event' ? [one.event.id] : [])));
  return ({ id, seq, at }) => !ids.has(id) && (seq < first.event.seq || at < first.event.at);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useLive = (): Live => useSyncExternalStore(subscribe, () => live);
