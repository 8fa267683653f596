import type { Recorded } from '@leadstream/contracts/events';

/** `known`: up to the last event appended by then; `said`: the events whose facts had happened by then. */
export type By = 'known' | 'said';

/** Throws for a time without a zone or an offset. */
export function instantOf(text: string): string {
  try {
    return (
      text.includes('[') ? Temporal.ZonedDateTime.from(text).toInstant() : Temporal.Instant.from(text)
    ).toString();
  } catch {
    throw new Error(`"${text}" is no time with a zone: give 2026-11-24T09:00[Europe/Berlin] or 2026-11-24T08:00Z`);
  }
}

/** The lead's events by that time. */
export function until(events: readonly Recorded[], instant: string, by: By): Recorded[] {
  const isPast = (time: string): boolean => Temporal.Instant.compare(time, instant) <= 0;
  if (by === 'said') return events.filter(({ at, data }) => isPast('at' in data ? data.at : at));
  return events.slice(0, events.findLastIndex(({ at }) => isPast(at)) + 1);
}
