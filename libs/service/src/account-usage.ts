import type { PaceEntry } from './account.ts';
import { dailyCap, parseWarmup, warmupDay } from './warmup.ts';

/** The day's calls of an account against its limits, as its senders apply them. */
export interface AccountUsage {
  callsToday: number;
  /** Of this day (UTC); null: none, or no sender has said it yet. */
  capToday: number | null;
  perSecond: number | null;
  /** `day` 1 is its first one; the cap of tomorrow grows with it. */
  warmup: { schedule: string; day: number; capTomorrow: number } | null;
  /** The instant at which a used cap ends; null: it is not used up. */
  waitsUntil: string | null;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function usageOf({ day, calls, limits }: PaceEntry, nowMs = Date.now()): AccountUsage {
  const today = dayOf(nowMs);
  const callsToday = day === today ? calls : 0;
  const parsed = limits?.warmup === undefined ? undefined : parseWarmup(limits.warmup);
  const warmup = parsed && 'from' in parsed ? parsed : undefined;
  const capOf = (ms: number): number => dailyCap(limits?.perDay ?? 0, warmup, dayOf(ms));
  const cap = capOf(nowMs);
  return {
    callsToday,
    capToday: cap === 0 ? null : cap,
    perSecond: limits?.perSecond ?? null,
    warmup:
      warmup && limits?.warmup !== undefined
        ? { schedule: limits.warmup, day: warmupDay(warmup, today), capTomorrow: capOf(nowMs + DAY_MS) }
        : null,
    waitsUntil: cap > 0 && callsToday >= cap ? new Date(nowMs - (nowMs % DAY_MS) + DAY_MS).toISOString() : null,
  };
}

/** In words, for a line of status or of the account. */
export function usageInWords({ callsToday, capToday, warmup }: AccountUsage): string {
  if (capToday === null) return `${callsToday} calls today (UTC)`;
  const grows = warmup ? `, ${warmupInWords(warmup)}` : '';
  return `${callsToday} of ${capToday} calls today (UTC)${grows}`;
}

const warmupInWords = ({ schedule, day, capTomorrow }: NonNullable<AccountUsage['warmup']>): string =>
  day < 1 ? `warm-up begins on ${schedule.slice(0, 10)}` : `warm-up day ${day}, ${capTomorrow} tomorrow`;
