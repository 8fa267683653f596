import type { SendWindow, Zone } from '@leadstream/contracts/events';

/** A month of days: more than the longest closed stretch, without holidays, of any window that opens at all. */
const DAYS_SEARCHED = 31;
/** Hours shared by zones are worth waiting for from this length on. */
const SHARED_MINUTES_MIN = 120;

/**
 * True from the window's `from` (inclusive) to its `to` (exclusive), both wall-clock time, on its weekdays: in the
 * zone, or in each of the window's own zones.
 */
export function withinWindow(instant: Temporal.Instant, zoneId: string, window: SendWindow): boolean {
  return zonesOf(window, zoneId).every((zone) => isOpen(instant.toZonedDateTimeISO(zone), window));
}

/** A lead's zone that was learned after the plan stands alone. */
const zonesOf = ({ zones }: SendWindow, zoneId: string): readonly string[] =>
  zones?.includes(zoneId) ? zones : [zoneId];

/**
 * The instant itself when the window is open, else the next opening, at exactly the window's `from` in the last zone to
 * open. A time that a clock change skips becomes the later one, a repeated one is taken the first time, a day that a
 * zone left out is no day.
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
  const last = instant.add({ hours: 24 * daysSearched(window) });
  let at = instant;
  while (Temporal.Instant.compare(at, last) <= 0) {
    const openings = zonesOf(window, zoneId).map((zone) => nextOpenIn(at.toZonedDateTimeISO(zone), window));
    const latest = openings.reduce((a, b) => (Temporal.Instant.compare(a, b) >= 0 ? a : b));
    if (latest.equals(at)) return { at, local: at.toZonedDateTimeISO(zoneId).toString() };
    at = latest;
  }
  throw new RangeError(`window ${window.from}–${window.to} never opens in ${zonesOf(window, zoneId).join(' and ')}`);
}

/** The end of the opening that has the instant: in the first of the window's zones to close. */
export function openUntil(instant: Temporal.Instant, zoneId: string, window: SendWindow): Temporal.Instant {
  const ends = zonesOf(window, zoneId).map((zone) => {
    const date = instant.toZonedDateTimeISO(zone).toPlainDate();
    return window.to === '24:00'
      ? date.add({ days: 1 }).toZonedDateTime(zone).toInstant()
      : date.toZonedDateTime({ timeZone: zone, plainTime: window.to }).toInstant();
  });
  return ends.reduce((a, b) => (Temporal.Instant.compare(a, b) <= 0 ? a : b));
}

/**
 * The window for a lead in one of several zones: open in all of them, when their hours share two or more at the
 * instant, else in its most populous one.
 */
export function heedCandidates(window: SendWindow, { candidates = [] }: Zone, at: Temporal.Instant): SendWindow {
  const { zones: _, ...own } = window;
  const offsets = candidates.map((zoneId) => at.toZonedDateTimeISO(zoneId).offsetNanoseconds / 60e9);
  const shared = minuteOf(window.to) - minuteOf(window.from) - (Math.max(...offsets) - Math.min(...offsets));
  return candidates.length > 1 && shared >= SHARED_MINUTES_MIN ? { ...own, zones: candidates } : own;
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

function nextOpenIn(now: Temporal.ZonedDateTime, window: SendWindow): Temporal.Instant {
  return (isOpen(now, window) ? now : nextOpening(now, window)).toInstant();
}

function nextOpening(now: Temporal.ZonedDateTime, window: SendWindow): Temporal.ZonedDateTime {
  const from = Temporal.PlainTime.from(window.from);
  const today = now.toPlainDate();
  for (let day = 0; day < daysSearched(window); day += 1) {
    const date = today.add({ days: day });
    if (!isWorkingDay(date, window)) continue;
    const wallClock = date.toPlainDateTime(from);
    // 'later' differs only when the clock goes back over `from` and the first pass is in the past.
    for (const disambiguation of ['compatible', 'later'] as const) {
      const opening = wallClock.toZonedDateTime(now.timeZoneId, { disambiguation });
      if (Temporal.ZonedDateTime.compare(opening, now) > 0 && isOpen(opening, window)) return opening;
    }
  }
  throw new RangeError(`window ${window.from}–${window.to} never opens`);
}

function isOpen(local: Temporal.ZonedDateTime, window: SendWindow): boolean {
  const minute = 60 * local.hour + local.minute;
  return isWorkingDay(local.toPlainDate(), window) && minuteOf(window.from) <= minute && minute < minuteOf(window.to);
}

const isWorkingDay = (date: Temporal.PlainDate, { days, closed }: SendWindow): boolean =>
  days.includes(date.dayOfWeek) && !closed?.includes(date.toString());

const daysSearched = ({ closed = [] }: SendWindow): number => DAYS_SEARCHED + closed.length;

/** Of the day, from HH:MM; 24:00 is its end. */
const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
