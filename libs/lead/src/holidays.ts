import { HOLIDAYS_OF } from './holidays.data.ts';

/** Plans reach further ahead only for a lead that an operator has paused. */
const HORIZON_DAYS = 364;
const ENTRY = /^(?:(?<country>[A-Z]{2})=)?(?:(?<year>\d{4})-)?(?<day>\d\d-\d\d)$/;

export const HOLIDAY_FORM = 'by-country, or a date like 12-24, 2026-12-24 or DE=12-24';

/** Whether an entry of a list of holidays has one of the forms of `HOLIDAY_FORM`; a date of no year is of each one. */
export function isHoliday(entry: string): boolean {
  if (entry === 'by-country') return true;
  const { year = '2000', day = '' } = ENTRY.exec(entry)?.groups ?? {};
  try {
    return Temporal.PlainDate.from(`${year}-${day}`).toString() === `${year}-${day}`;
  } catch {
    return false;
  }
}

/**
 * The holidays of a country in the year from `first` on, as ISO dates in order: its public ones with `by-country` in
 * `entries`, and the dates there. Those of the moon are known for the years of the list only, and
 * some differ by a day, which the country itself decides at short notice.
 */
export function holidaysFrom(first: Temporal.PlainDate, country: string, entries: readonly string[]): string[] {
  const last = first.add({ days: HORIZON_DAYS });
  const [from, to] = [first.toString(), last.toString()];
  const all = [first.year, last.year].flatMap((year) => [
    ...(entries.includes('by-country') ? publicHolidays(country, year) : []),
    ...entries.flatMap((entry) => dated(entry, country, year)),
  ]);
  return [...new Set(all)].filter((date) => from <= date && date <= to).sort();
}

function dated(entry: string, country: string, year: number): string[] {
  const { country: of = country, year: only = String(year), day } = ENTRY.exec(entry)?.groups ?? {};
  return day !== undefined && of === country && only === String(year) ? existing(`${year}-${day}`) : [];
}

/** February 29 is no day of most years. */
function existing(date: string): string[] {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return Temporal.PlainDate.from({ year, month, day }).toString() === date ? [date] : [];
}

const known = new Map<string, readonly string[]>();

/** Public holidays of a whole country (ISO 3166-1 alpha-2), as ISO dates; empty for one that is not in the list. */
export function publicHolidays(country: string, year: number): readonly string[] {
  const key = `${country}${year}`;
  const cached = known.get(key);
  if (cached) return cached;
  const rules = HOLIDAYS_OF[country]?.split(' ') ?? [];
  const dates = rules.flatMap((rule) => datesOf(rule, year));
  known.set(key, dates);
  return dates;
}

function datesOf(rule: string, year: number): string[] {
  const [listed, days] = rule.split(':');
  if (days !== undefined) return Number(listed) === year ? days.split(',').map((day) => dateOf(year, day)) : [];
  if (/^\d{4}$/.test(rule)) return existing(dateOf(year, rule));
  if (rule.includes('.')) return [inMonth(year, rule)];
  return [
    easter(year, rule.startsWith('o'))
      .add({ days: Number(rule.slice(1)) })
      .toString(),
  ];
}

const dateOf = (year: number, day: string): string => `${year}-${day.slice(0, 2)}-${day.slice(2)}`;

/** `11.4.4`: the fourth Thursday of November; `.9`: the last one. */
function inMonth(year: number, rule: string): string {
  const [month = 1, weekday = 1, nth = 1] = rule.split('.').map(Number);
  const first = Temporal.PlainDate.from({ year, month, day: 1 });
  const days = (weekday - first.dayOfWeek + 7) % 7;
  const isLast = nth === 9;
  const weeks = isLast ? Math.floor((first.daysInMonth - 1 - days) / 7) : nth - 1;
  return first.add({ days: days + 7 * weeks }).toString();
}

/** Easter Sunday by Meeus' algorithms for the Gregorian and the Julian calendar; 13 days between them until 2099. */
function easter(year: number, orthodox: boolean): Temporal.PlainDate {
  if (orthodox) {
    const moon = (19 * (year % 19) + 15) % 30;
    const sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
    return march22(year, moon + sunday).add({ days: 13 });
  }
  const [golden, century, rest] = [year % 19, Math.floor(year / 100), year % 100];
  const solar = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const moon = (19 * golden + century - Math.floor(century / 4) - solar + 15) % 30;
  const sunday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - moon - (rest % 4)) % 7;
  return march22(year, moon + sunday - 7 * Math.floor((golden + 11 * moon + 22 * sunday) / 451));
}

const march22 = (year: number, days: number): Temporal.PlainDate =>
  Temporal.PlainDate.from({ year, month: 3, day: 22 }).add({ days });
