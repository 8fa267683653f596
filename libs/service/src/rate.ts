import { LRUCache } from 'lru-cache';

const MINUTE_MS = 60_000;
/** A caller with ever new addresses evicts others' counts instead of filling the memory. */
const CALLERS_MAX = 5_000;

/**
 * Counts each caller's requests in the minute that its first one began: in this process only, for the 5,000 callers
 * seen last.
 */
export class Rate {
  private readonly minutes = new LRUCache<string, { endsMs: number; count: number }>({ max: CALLERS_MAX });

  constructor(private readonly perMinute: number) {}

  /**
   * Counts a request; returns the seconds until `caller` may retry, 0 when it is admitted now. `nowMs` is of a
   * monotonic clock.
   */
  secondsToWait(caller: string, nowMs: number): number {
    const known = this.minutes.get(caller);
    const minute = known && nowMs < known.endsMs ? known : { endsMs: nowMs + MINUTE_MS, count: 0 };
    minute.count += 1;
    this.minutes.set(caller, minute);
    return minute.count > this.perMinute ? Math.ceil((minute.endsMs - nowMs) / 1_000) : 0;
  }
}
