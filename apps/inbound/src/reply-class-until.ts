/** Later than this a date is more likely misread than meant, and a lead would be forgotten. */
const DAYS_MAX = 30;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const month = '(?<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th)?';
const year = '(?<year>\\d{4})';

/**
 * A day that can be read in one way only: ISO, day.month.year, or an English month by name, with or without a year.
 * 05/06/2026 is two days, so it is none.
 */
const DAY = [
  `${year}-(?<month>\\d{2})-(?<day>\\d{2})`,
  `(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\. ?${year}`,
  `${month}\\.? ${day}(?:,? ${year})?`,
  `${day}(?: of)? ${month}\\.?(?:,? ${year})?`,
].map((form) => `(?:${form})`).join('|');
const RETURN = 'until|till?|through|return(?:ing|s)?|back|bis|zurück|wieder|hasta|fino|tot|jusqu';
const STATED = new RegExp(`(?<![\\p{L}])(?:${RETURN})(?![\\p{L}])[^\\d\\n]{0,30}?(?:${DAY})(?![\\d/])`, 'giu');

function date(found: Record<string, string | undefined>, today: Temporal.PlainDate): Temporal.PlainDate | undefined {
  const name = found.month?.slice(0, 3).toLowerCase() ?? '';
  const month = MONTHS.includes(name) ? MONTHS.indexOf(name) + 1 : Number(found.month);
  try {
    const inYear = (year: number) => Temporal.PlainDate.from({ year, month, day: Number(found.day) }, { overflow: 'reject' });
    if (found.year !== undefined) return inYear(Number(found.year));
    const thisYear = inYear(today.year);
    return Temporal.PlainDate.compare(thisYear, today) < 0 ? inYear(today.year + 1) : thisYear;
  } catch {
    return undefined;
  }
}

/**
 * The instant after the day that an out-of-office names as its last, or as the return: midnight UTC at the day's end,
 * since the sender's zone is unknown. Of several days the latest; undefined when none is clear, or none lies within
 * 30 days of `receivedAt` (RFC 3339). Reads the first 4 KiB of `text`.
 */
export function statedReturn(text: string, receivedAt: string): string | undefined {
  const today = Temporal.Instant.from(receivedAt).toZonedDateTimeISO('UTC').toPlainDate();
  const last = today.add({ days: DAYS_MAX });
  const days = [...text.slice(0, 4_096).matchAll(STATED)]
    .map(({ groups }) => date(groups ?? {}, today))
    .filter((stated) => stated !== undefined)
    .filter((stated) => Temporal.PlainDate.compare(stated, today) >= 0 && Temporal.PlainDate.compare(stated, last) <= 0)
    .sort((a, b) => Temporal.PlainDate.compare(a, b));
  return days.at(-1)?.add({ days: 1 }).toZonedDateTime('UTC').toInstant().toString();
}
