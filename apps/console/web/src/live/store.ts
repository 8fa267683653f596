import { useSyncExternalStore } from 'react';
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

/** The newest sequence of the log that this page has heard of. */
export const headSeq = (): number => {
  const [newest] = live.heard;
  return newest === undefined ? 0 : newest.kind === 'gap' ? newest.upTo : newest.event.seq;
};

/** The sequence of the first event of a list that the log goes on from without a gap of its own. */
export const firstSeq = (heard: Live['heard']): number => {
  const first = heard.at(-1);
  return first === undefined ? Infinity : first.kind === 'gap' ? first.after + 1 : first.event.seq;
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useLive = (): Live => useSyncExternalStore(subscribe, () => live);
