import { rawTimeZones } from '@vvo/tzdb';
import type { SendWindow, Zone } from '@leadstream/contracts/events';
import { holidaysFrom } from './holidays.ts';

/** The hours of a person in an office; a deployment or a sequence has its own. */
export interface BusinessHours {
  /** Local time, HH:MM: inclusive and exclusive. */
  from: string;
  to: string;
  /** ISO weekdays of each country that differs from the calendar of this file; `*`: of all countries. */
  days: Readonly<Partial<Record<string, readonly number[]>>>;
  /** `by-country`, and dates in the form of `isHoliday`; empty: a holiday is like any other day. */
  holidays: readonly string[];
}

/** The usual hours of a person in an office. */
export const BUSINESS_HOURS: BusinessHours = { from: '09:15', to: '17:30', days: {}, holidays: [] };

const MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5];
const SUNDAY_TO_THURSDAY = [7, 1, 2, 3, 4];
const SATURDAY_TO_WEDNESDAY = [6, 7, 1, 2, 3];

/**
 * Days on which offices work, by ISO 3166-1 country. The list has every country that CLDR gives a free Friday, and
 * Bangladesh, Djibouti, the Maldives and Palestine, which CLDR gives a free Sunday.
 */
const WORKING_DAYS: Readonly<Partial<Record<string, readonly number[]>>> = {
  ...Object.fromEntries(
    'BD BH DJ DZ EG IL IQ JO KW LY MV OM PS QA SA SD SY YE'.split(' ').map((country) => [country, SUNDAY_TO_THURSDAY]),
  ),
  AF: SATURDAY_TO_WEDNESDAY,
  IR: SATURDAY_TO_WEDNESDAY,
};

const countryByZone = new Map(
  rawTimeZones.flatMap(({ name, group, countryCode }) =>
    [name, ...group].map((zoneId) => [zoneId.toLowerCase(), countryCode] as const),
  ),
);

/** ISO 3166-1 alpha-2; undefined for a zone of no country. */
export const countryOf = (zoneId: string): string | undefined => countryByZone.get(zoneId.toLowerCase());

/** The lead's country; a zone that is a default says nothing about it. */
export const countryOfZone = (zone: Pick<Zone, 'id' | 'source'> | null): string | undefined =>
  zone && zone.source !== 'default' ? countryOf(zone.id) : undefined;

/** The window of an office in the zone's country, for a step that is due at `due`: it knows the holidays of a year. */
export function officeWindow(
  { id }: Pick<Zone, 'id'>,
  { from, to, days, holidays }: BusinessHours,
  due: Temporal.Instant,
): SendWindow {
  const country = countryOf(id) ?? '';
  const closed = holidays.length > 0 ? holidaysFrom(due.toZonedDateTimeISO(id).toPlainDate(), country, holidays) : [];
  return {
    days: [...(days[country] ?? days['*'] ?? WORKING_DAYS[country] ?? MONDAY_TO_FRIDAY)],
    from,
    to,
    ...(closed.length > 0 ? { closed } : {}),
  };
}
