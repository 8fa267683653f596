import type { EventType, Recorded } from '@leadstream/contracts/events';

/** Work that waits so long while no other is done shows that the services stood still, or the account was paused. */
const DARK_MS = 20_000;

export interface DarkTime {
  fromMs: number;
  toMs: number;
}

/** Finds, in the events of a log by their times, the times in which due steps waited and none was found or claimed. */
export class DarkTimes {
  /** Others are passed over. */
  static readonly types = ['lead.step-due', 'lead.send-started', 'lead.send-skipped'] as const satisfies EventType[];
  readonly #found: DarkTime[] = [];
  /** By lead: the time of its step-due that the sender has not answered. */
  readonly #waiting = new Map<string, number>();
  #claimedMs = -Infinity;
  #foundMs = -Infinity;

  add(event: Recorded): void {
    const { type, leadId, at, data } = event;
    const atMs = Date.parse(at);
    if (type === 'lead.step-due' && 'plannedAt' in data) {
      this.#between(Math.max(atMs - data.lagMs, this.#foundMs), atMs);
      this.#foundMs = Math.max(this.#foundMs, atMs);
      if (!this.#waiting.has(leadId)) this.#waiting.set(leadId, atMs);
    }
    if (type !== 'lead.send-started' && type !== 'lead.send-skipped') return;
    const sinceMs = this.#waiting.get(leadId);
    this.#waiting.delete(leadId);
    if (sinceMs !== undefined) this.#between(Math.max(sinceMs, this.#claimedMs), atMs);
    this.#claimedMs = Math.max(this.#claimedMs, atMs);
  }

  /** Without overlaps, by time. */
  get found(): DarkTime[] {
    const merged: DarkTime[] = [];
    for (const one of this.#found.toSorted((a, b) => a.fromMs - b.fromMs)) {
      const last = merged.at(-1);
      if (last && one.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, one.toMs);
      else merged.push({ ...one });
    }
    return merged;
  }

  #between(fromMs: number, toMs: number): void {
    if (toMs - fromMs > DARK_MS) this.#found.push({ fromMs, toMs });
  }
}

/** The first time at or after `ms` that is in none of the dark times, which are ordered. */
export function afterDark(times: readonly DarkTime[], ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle]?.toMs ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  const next = times[low];
  return next && next.fromMs <= ms ? next.toMs : ms;
}
