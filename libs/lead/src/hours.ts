import type { SendWindow } from '@leadstream/contracts/events';

/** The usual hours of a person in an office. */
export const BUSINESS_HOURS: SendWindow = { days: [1, 2, 3, 4, 5], from: '09:15', to: '17:30' };

/** A month of days: more than the longest closed stretch of any window that opens at all. */
const DAYS_SEARCHED = 31;

/**
 * True from the window's `from` (inclusive) to its `to` (exclusive), both wall-clock time in the zone, on its weekdays.
 */
export function withinWindow(instant: Temporal.Instant, zoneId: string, window: SendWindow): boolean {
  return isOpen(instant.toZonedDateTimeISO(zoneId), window);
}

/**
 * The instant itself when the window is open, else the next opening, at exactly the window's `from`. A time that a
 * clock
 * change skips becomes the later one, a repeated one is taken the first time, a day that a zone left out is no day.
 *
 * `local` is the wall-clock intent as RFC 9557 text. Read it with `offset: 'ignore'` to plan again after a zone's rules
 * have changed. Throws RangeError when the window never opens (`to` not after `from`): a definition's lint refuses
 * those.
 */
export function nextOpen(
  instant: Temporal.Instant,
  zoneId: string,
  window: SendWindow,
): { at: Temporal.Instant; local: string } {
  const now = instant.toZonedDateTimeISO(zoneId);
  const open = isOpen(now, window) ? now : nextOpening(now, window);
  return { at: open.toInstant(), local: open.toString() };
}

/**
 * Adds an ISO 8601 duration: days, weeks and months keep the local time over a clock change (P2D), hours and below are
 * elapsed time (PT48H).
 */
export function after(instant: Temporal.Instant, isoDuration: string, zoneId: string): Temporal.Instant {
  return isoDuration.startsWith('PT')
    ? instant.add(isoDuration)
    : instant.toZonedDateTimeISO(zoneId).add(isoDuration).toInstant();
}

function nextOpening(now: Temporal.ZonedDateTime, window: SendWindow): Temporal.ZonedDateTime {
  const from = Temporal.PlainTime.from(window.from);
  const today = now.toPlainDate();
  for (let day = 0; day < DAYS_SEARCHED; day += 1) {
    const date = today.add({ days: day });
    if (!window.days.includes(date.dayOfWeek)) continue;
    const wallClock = date.toPlainDateTime(from);
    // 'later' differs only when the clock goes back over `from` and the first pass is in the past.
    for (const disambiguation of ['compatible', 'later'] as const) {
      const opening = wallClock.toZonedDateTime(now.timeZoneId, { disambiguation });
      if (Temporal.ZonedDateTime.compare(opening, now) > 0 && isOpen(opening, window)) return opening;
    }
  }
  throw new RangeError(`window ${window.from}–${window.to} never opens`);
}

function isOpen(local: Temporal.ZonedDateTime, { days, from, to }: SendWindow): boolean {
  const minute = 60 * local.hour + local.minute;
  return days.includes(local.dayOfWeek) && minuteOf(from) <= minute && minute < minuteOf(to);
}

/** Of the day, from HH:MM; 24:00 is its end. */
const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
