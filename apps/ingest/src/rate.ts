import { LRUCache } from 'lru-cache';

const MINUTE_MS = 60_000;
/** Whoever comes from ever new addresses makes us forget others, and takes no memory. */
const CALLERS_MAX = 5_000;

/** How many each caller had in the minute that began with its first: in this process alone, for the 5,000 seen last. */
export class Rate {
  private readonly minutes = new LRUCache<string, { endsMs: number; count: number }>({ max: CALLERS_MAX });

  constructor(private readonly perMinute: number) {}

  /**
   * Counts one more; in how many seconds `caller` may come again, 0 when it may now. `nowMs` is of a clock that never
   * goes back.
   */
  secondsToWait(caller: string, nowMs: number): number {
    const known = this.minutes.get(caller);
    const minute = known && nowMs < known.endsMs ? known : { endsMs: nowMs + MINUTE_MS, count: 0 };
    minute.count += 1;
    this.minutes.set(caller, minute);
    return minute.count > this.perMinute ? Math.ceil((minute.endsMs - nowMs) / 1_000) : 0;
  }
}
