import type { LiveEvent } from './recent.ts';

const MINUTE_MS = 60_000;
const MINUTES = 60;

export interface Minute {
  at: string;
  /** By type of event. */
  events: Record<string, number>;
}

/** The numbers of events of the last hour, by minute and type. */
export class Hour {
  readonly #minutes = new Map<number, Map<string, number>>();

  clear(): void {
    this.#minutes.clear();
  }

  add({ at, type }: Pick<LiveEvent, 'at' | 'type'>): void {
    const minute = Math.floor(Date.parse(at) / MINUTE_MS);
    const counts = this.#minutes.get(minute) ?? new Map<string, number>();
    counts.set(type, (counts.get(type) ?? 0) + 1);
    this.#minutes.set(minute, counts);
    if (this.#minutes.size <= 2 * MINUTES) return;
    for (const old of [...this.#minutes.keys()].sort((a, b) => a - b).slice(0, MINUTES)) this.#minutes.delete(old);
  }

  /** 60 minutes up to the one of `now`, the oldest first. */
  series(now: Temporal.Instant): Minute[] {
    const last = Math.floor(now.epochMilliseconds / MINUTE_MS);
    return Array.from({ length: MINUTES }, (_, index) => {
      const minute = last - MINUTES + 1 + index;
      return {
        at: new Date(minute * MINUTE_MS).toISOString(),
        events: Object.fromEntries(this.#minutes.get(minute) ?? []),
      };
    });
  }
}
