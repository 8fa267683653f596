import type { Phrases } from './phrases.ts';
import { isSpaced, isUnspaced, phrasesOf } from './phrases/languages.ts';
import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';
import { DATE, datesOf, NAMED_DAY, RANGE_START } from './dates.ts';

/** The longest pause that an automatic reply can cause: it may be misread. */
const DAYS_MAX = 30;
/** A later date is a mistake, or not that of the return. */
const DAYS_MEANT_MAX = 400;
/** Of two days that a date can mean, a later one is discarded: few people are away for longer. */
const DAYS_GUESSED_MAX = 60;
const TEXT_LENGTH = 4_096;

const isMonthFirst = ({ monthFirst }: Phrases): boolean => monthFirst;
const isDayFirst = ({ monthFirst }: Phrases): boolean => !monthFirst;
const ENGLISH_DASHES = '-|–|—';
const DASHES = '~|～|〜';

/** The text between a cue and its date: no number, and no end of a sentence except the dot of a short word. */
const gap = (max: number): string => `(?:[^\\d\\n.!?;]|(?<![\\p{L}]{4})\\.|(?<=tues|thurs?)\\.){0,${max}}?`;
const article = '(?:[\\p{L}]{1,10}[.,]? |\\([^()\\d]{1,10}\\) ?){0,4}';
/** The group `monthFirst` tells how to read the date's figures. */
const cue = (list: 'back' | 'until'): string => {
  const dayFirst = [
    wholeWords(...phrasesOf(list, (language) => isDayFirst(language) && isSpaced(language))),
    ...phrasesOf(list, isUnspaced).map((words) => anyOf(words)),
  ];
  return `(?:(?<monthFirst>${wholeWords(...phrasesOf(list, isMonthFirst))})|${dayFirst.join('|')})`;
};
const between =
  `(?:(?<monthFirst>${anyOf(...phrasesOf('between', isMonthFirst), ENGLISH_DASHES)})` +
  `|${anyOf(...phrasesOf('between', isDayFirst), DASHES)})`;
const afterDate =
  `(?:${wholeWords(...phrasesOf('afterDate', isSpaced))}|` + `${anyOf(...phrasesOf('afterDate', isUnspaced))})`;

const FORMS = [
  `(?:${cue('back')}|${cue('until')})${gap(50)}${DATE}`,
  `${wholeWords(...phrasesOf('untilAtOnce'))}\\s?${article}${DATE}`,
  `${RANGE_START} ?(?:\\([^()\\d]{1,10}\\) ?)?${between} ?${article}${DATE}`,
  `${DATE}${gap(30)}${afterDate}`,
  `${DATE}-ig(?!\\p{L})`,
].map((form) => new RegExp(`(?<![\\d/])${form}`, 'gu'));
const BACK = wholeWords(...phrasesOf('back'));
const NAMED = [
  `(?:${cue('back')}|${cue('until')})${gap(25)}${NAMED_DAY}`,
  // "Ab Montag bin ich wieder da"
  `${NAMED_DAY}${gap(25)}(?:${afterDate}|${BACK})`,
].map((form) => new RegExp(form, 'gu'));
const SPEAKS_OF_RETURN = new RegExp(BACK, 'u');

const TIME_OF_DAY = new RegExp(
  String.raw`(?<![\d.:])(?:kl\.? ?)?\d{1,2}` +
    String.raw`(?:(?:[:.h]\d{2}){1,2} ?(?:[ap]\.?m\b\.?|uhr|h\b)|(?::\d{2}){1,2}| ?(?:[ap]\.?m\b\.?|uhr\b))`,
  'g',
);

/** The word for "year" behind it, in Latvian, Lithuanian and Basque; and what Arabic and Hebrew dates have inside. */
const YEAR_WORD = /(?<=\d{4})(?:\. ?gada|\(e\)ko| m\.)(?= )/g;
const DIRECTION = /[\u200e\u200f\u061c]/g;

/** Joins wrapped lines, and removes times of day, which look like dates. */
const readable = (text: string): string =>
  withoutAccents(text.slice(0, TEXT_LENGTH).replace(DIRECTION, ''))
    .replace(YEAR_WORD, '')
    .replace(/\r\n?/g, '\n')
    .replace(/\n\s*\n/g, '\0')
    .replace(/\s+/g, ' ')
    .replaceAll('\0', '\n')
    .replace(TIME_OF_DAY, ' ');

/** Whether an automatic reply mentions a return at all. */
export const speaksOfReturn = (text: string): boolean => SPEAKS_OF_RETURN.test(readable(text));

/** Whether a text names a day of return, or mentions a return at all. */
export const namesReturn = (text: string): boolean => {
  const words = readable(text);
  return SPEAKS_OF_RETURN.test(words) || [...FORMS, ...NAMED].some((form) => words.search(form) >= 0);
};

const isWithin =
  (days: number, today: Temporal.PlainDate) =>
  (day: Temporal.PlainDate): boolean =>
    Temporal.PlainDate.compare(day, today) >= 0 && Temporal.PlainDate.compare(day, today.add({ days })) <= 0;
const latest = (days: readonly Temporal.PlainDate[]): Temporal.PlainDate | undefined =>
  [...days].sort((a, b) => Temporal.PlainDate.compare(a, b)).at(-1);

/**
 * The meant one of the days that a date can mean: the day that the mail also writes unambiguously, else a near one, the
 * later of two. A mail that comes late is read; a mail into an empty office is not.
 */
function meant(
  days: readonly Temporal.PlainDate[],
  certain: ReadonlySet<string>,
  today: Temporal.PlainDate,
): Temporal.PlainDate[] {
  const named =
    days.find((day) => certain.has(day.toString())) ?? latest(days.filter(isWithin(DAYS_GUESSED_MAX, today)));
  return named ? [named] : [];
}

/**
 * The instant after the last day of an absence, or after the day of return: midnight UTC, since the sender's zone is
 * unknown. Of several days the latest counts, at most 30 days after `receivedAt` (RFC 3339); a weekday counts only if
 * there is no date. Undefined if no day is clear, or all have passed. Reads the first 4 KiB of `text`.
 */
export function statedReturn(text: string, receivedAt: string): string | undefined {
  const today = Temporal.Instant.from(receivedAt).toZonedDateTimeISO('UTC').toPlainDate();
  const words = readable(text);
  const find = (form: RegExp) =>
    [...words.matchAll(form)].map(({ groups = {} }) => datesOf(groups, today, groups.monthFirst === undefined));
  const dates = FORMS.flatMap(find);
  const certain = new Set(
    dates
      .filter(({ length }) => length === 1)
      .flat()
      .map(String),
  );
  const read = dates.flatMap((days) => (days.length > 1 ? meant(days, certain, today) : days));
  const last = latest((dates.length > 0 ? read : NAMED.flatMap(find).flat()).filter(isWithin(DAYS_MEANT_MAX, today)));
  const cap = today.add({ days: DAYS_MAX });
  if (!last) return undefined;
  return (Temporal.PlainDate.compare(last, cap) > 0 ? cap : last)
    .add({ days: 1 })
    .toZonedDateTime('UTC')
    .toInstant()
    .toString();
}
