import { useSyncExternalStore } from 'react';
import { serverNowMs } from './time.ts';

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let nowMs = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** One interval for all countdowns of the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = serverNowMs();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const snapshot = (): number => {
  if (timer === undefined) nowMs = serverNowMs();
  return nowMs;
};

/** The server's time, each second. */
export const useNow = (): number => useSyncExternalStore(subscribe, snapshot);
