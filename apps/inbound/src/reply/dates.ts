import { isSpaced, isUnspaced, namesAt, phrasesOf } from './phrases/languages.ts';
import type { Phrases } from './phrases.ts';
import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';

/** By month, January first. */
const MONTH_NAMES = Array.from(
  { length: 12 },
  (_, place) => new RegExp(`^${anyOf(...namesAt('months', place))}$`, 'u'),
);
const MONTH = anyOf(...phrasesOf('months').filter(Boolean));
const month = `(?<month>${MONTH})(?!\\p{L})`;

/** By weekday, Monday first. */
const daysOf = (isWanted?: (language: Phrases) => boolean): string[][] =>
  Array.from({ length: 7 }, (_, place) => namesAt('weekdays', place, isWanted));
const DAYS = daysOf();
const TOMORROW = phrasesOf('tomorrow');
const DAY_NAMES = [...DAYS, TOMORROW].map((names) => new RegExp(`^${anyOf(...names)}$`, 'u'));

/** A day that is named by its place in the week. */
export const NAMED_DAY =
  `(?<named>${wholeWords(...daysOf(isSpaced).flat(), ...TOMORROW)}` + `|${anyOf(...daysOf(isUnspaced).flat())})`;

const day = '(?<day>\\d{1,2})(?:\\.|er|ere|ste|st|nd|rd|th|de|[eoº°η]|ης)?(?![\\d:])';
const year = '(?<year>\\d{4})(?!\\d)';
const of = "(?:of|de|del|d'|den)";

/** Notations of a date. `first` and `second` are a day and a month in an order that depends on the language. */
export const DATE = `(?:${[
  `${year} ?[-/.年년] ?(?<month>\\d{1,2}) ?[-/.月월] ?(?<day>\\d{1,2})(?:[日일]|(?![\\d/]|-\\d))`,
  '(?<month>\\d{1,2}) ?[月월] ?(?<day>\\d{1,2}) ?[日일号號]?(?!\\d)',
  '(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\. ?(?<year>\\d{4}|\\d{2})(?![\\d:]|\\.\\d)',
  '(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\.(?! ?\\d)',
  '(?<first>\\d{1,2})(?<sign>[/-])(?<second>\\d{1,2})\\k<sign>(?<year>\\d{4}|\\d{2})(?![\\d/-])',
  '(?<first>\\d{1,2})/(?<second>\\d{1,2})(?![\\d/]|[ -]?(?:day|hour|h\\b))',
  `${year}\\.? ?${month}\\.?[ -]?${day}`,
  `${year} ${day}[ -]?${month}`,
  `${month}\\.?[ -]?${day}(?:,? ?${year})?`,
  `${day}[ -]?(?:${of} ?)?${month}\\.?(?:,?[ -]?(?:${of} )?${year})?`,
]
  .map((form) => `(?:${form})`)
  .join('|')})`;

/** The first date of a range; it may lack month and year. */
export const RANGE_START =
  `\\d{1,4}(?:[./年월月-] ?\\d{1,4}){0,2}(?:[.日일号]|er|st|nd|rd|th|º)?` +
  `(?: (?:${of} )?${MONTH}\\.?)?(?:,? \\d{4})?`;

const numberOf = (names: readonly RegExp[], name: string): number =>
  names.findIndex((pattern) => pattern.test(name)) + 1;

/** The Thai calendar counts from the Buddha: 2569 is 2026. */
const BUDDHIST_YEARS = 543;
const isBuddhist = (year: number): boolean => year > 2_500 && year < 2_700;

/** A date without its year that lies further back is next year's. */
const PAST_DAYS = 180;

type Found = Record<string, string | undefined>;

/** The possible days and months: two for 05/06 in a language that writes the month first. */
function daysAndMonths(
  { day, month = '', first, second, year }: Found,
  isDayFirst: boolean,
): { day: number; month: number }[] {
  if (day !== undefined)
    return [{ day: Number(day), month: /^\d+$/.test(month) ? Number(month) : numberOf(MONTH_NAMES, month) }];
  const [a, b] = [Number(first), Number(second)];
  const [dayFirst, monthFirst] = [
    { day: a, month: b },
    { day: b, month: a },
  ];
  // 24/7 without a year is no date.
  if (b > 12) return year === undefined ? [] : [monthFirst];
  if (a > 12 && !isDayFirst) return year === undefined ? [] : [dayFirst];
  return isDayFirst || a === b ? [dayFirst] : [dayFirst, monthFirst];
}

function dateIn(
  found: Found,
  dayAndMonth: { day: number; month: number },
  today: Temporal.PlainDate,
): Temporal.PlainDate[] {
  try {
    const inYear = (year: number) => Temporal.PlainDate.from({ year, ...dayAndMonth }, { overflow: 'reject' });
    if (found.year !== undefined) {
      const year = Number(found.year) + (found.year.length === 2 ? 2_000 : 0);
      return [inYear(isBuddhist(year) ? year - BUDDHIST_YEARS : year)];
    }
    const thisYear = inYear(today.year);
    return [
      Temporal.PlainDate.compare(thisYear, today.subtract({ days: PAST_DAYS })) < 0 ? inYear(today.year + 1) : thisYear,
    ];
  } catch {
    return [];
  }
}

/**
 * The possible dates of a match of DATE or NAMED_DAY: none if it is no date, two if the order of its figures is
 * unknown.
 */
export function datesOf(found: Found, today: Temporal.PlainDate, isDayFirst: boolean): Temporal.PlainDate[] {
  if (found.named === undefined) return daysAndMonths(found, isDayFirst).flatMap((one) => dateIn(found, one, today));
  const weekday = numberOf(DAY_NAMES, withoutAccents(found.named));
  return [today.add({ days: weekday > DAYS.length ? 1 : (weekday - today.dayOfWeek + 7) % 7 || 7 })];
}
