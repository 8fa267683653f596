import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';

/** Months by name, January first, in the languages of the larger mail programs, folded; `*` is any ending. */
const MONTHS = [
  'jan|january|januar*|janner*|janv|janvier|ene|enero|gen|gennaio|janeiro|stycz*|tammik*|leden|ledna|ianuar*|ocak*|ιανουαρ*|янв|январ*|січ*',
  'feb|february|februar*|fev|fevr|fevrier|febrero|febbraio|fevereiro|luty|lutego|helmik*|unor*|subat*|φεβρουαρ*|фев|феврал*|лют*',
  'mar|march|mars|marz*|maerz|mrt|maart|marco|marca|marc|marec|marcius*|martie|mart|maalisk*|brez*|μαρτ*|мар|март*|берез*',
  'apr|april*|avr|avril|abr|abril|kwie*|huhtik*|duben|dubna|nisan*|απριλ*|апр|апрел*|квіт*',
  'may|mai|mayo|mag|maggio|mei|maio|maj|maja|majus*|toukok*|kvetna|kveten|mayıs*|μαι*|май|мая|трав*',
  'jun|june|juin|junio|giu|giugno|juni|junho|junius*|czerw*|kesak*|cerven|cervna|iunie|haziran*|ιουνι*|июн*|черв*',
  'jul|july|juil|juillet|julio|lug|luglio|juli|julho|julius*|lipiec|lipca|heinak*|cervenec|cervence|iulie|temmuz*|ιουλι*|июл*|лип*',
  'aug|august*|aout|ago|agosto|sierp*|elok*|srpen|srpna|agustos*|αυγουστ*|авг|август*|серп*',
  'sep|sept|septem*|septiembre|set|settembre|setembro|szeptember*|wrze*|syysk*|zari|eylul*|σεπτεμβρ*|сен|сент|сентябр*|верес*',
  'oct|octo*|octubre|okt|okto*|ott|ottobre|out|outubro|pazdz*|lokak*|rijen|rijna|ekim*|οκτωβρ*|окт|октябр*|жовт*',
  'nov|novem*|noviembre|listop*|marrask*|noiembrie|kasım*|νοεμβρ*|ноя|нояб|ноябр*|листопад*',
  'dec|decem*|dic|diciembre|dicembre|dez|dezem*|des|desem*|grud*|jouluk*|prosin*|aralık*|δεκεμβρ*|дек|декабр*|груд*',
];
const MONTH_NUMBERS = MONTHS.map((names) => new RegExp(`^${anyOf(names)}$`, 'u'));
const month = `(?<month>${anyOf(...MONTHS)})(?!\\p{L})`;

const WEEKDAYS = [
  'monday|montag|lundi|lunes|lunedi|maandag|segunda|mandag|poniedzial*|maanantai*|pondel*|понедельник*',
  'tuesday|dienstag|mardi|martes|martedi|dinsdag|terca|tisdag|tirsdag|wtor*|tiistai*|uter*|вторник*',
  'wednesday|mittwoch|mercredi|miercoles|mercoledi|woensdag|quarta|onsdag|srod*|keskiviik*|stred*|сред*',
  'thursday|donnerstag|jeudi|jueves|giovedi|donderdag|quinta|torsdag|czwart*|torsta*|ctvrt*|четверг*',
  'friday|freitag|vendredi|viernes|venerdi|vrijdag|sexta|fredag|piat*|perjantai*|patek|patku|пятниц*',
  'saturday|samstag|sonnabend|samedi|sabado|sabato|zaterdag|lordag|sobot*|lauanta*|суббот*',
  'sunday|sonntag|dimanche|domingo|domenica|zondag|sondag|niedziel*|sunnunta*|nedel*|воскресень*',
];
const TOMORROW = 'tomorrow|morgen|demain|manana|domani|amanha|imorgon|i morgen|huomenna|jutro|zitra|завтра';
const NAMED_DAYS = [...WEEKDAYS, TOMORROW].map((names) => new RegExp(`^${anyOf(names)}$`, 'u'));

/** A day that is named by where it lies in the week. */
export const NAMED_DAY = `(?<named>${wholeWords(...WEEKDAYS, TOMORROW)})`;

const day = '(?<day>\\d{1,2})(?:\\.|er|ere|ste|st|nd|rd|th|de|[eoº°])?(?![\\d:])';
const year = '(?<year>\\d{4})(?!\\d)';
const of = "(?:of|de|del|d'|den)";

/** The ways a date is written, over folded text. `first` and `second` are a day and a month in an order that is to be found out. */
export const DATE = `(?:${[
  `${year} ?[-/.年년] ?(?<month>\\d{1,2}) ?[-/.月월] ?(?<day>\\d{1,2})(?:[日일]|(?![\\d/-]))`,
  '(?<month>\\d{1,2}) ?[月월] ?(?<day>\\d{1,2}) ?[日일号號]?(?!\\d)',
  '(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\. ?(?<year>\\d{4}|\\d{2})(?![\\d:]|\\.\\d)',
  '(?<day>\\d{1,2})\\. ?(?<month>\\d{1,2})\\.(?! ?\\d)',
  '(?<first>\\d{1,2})(?<sign>[/-])(?<second>\\d{1,2})\\k<sign>(?<year>\\d{4}|\\d{2})(?![\\d/-])',
  '(?<first>\\d{1,2})/(?<second>\\d{1,2})(?![\\d/]|[ -]?(?:day|hour|h\\b))',
  `${year}\\.? ?${month}\\.?[ -]?${day}`,
  `${month}\\.?[ -]?${day}(?:,? ?${year})?`,
  `${day}[ -]?(?:${of} ?)?${month}\\.?(?:,?[ -]?(?:${of} )?${year})?`,
].map((form) => `(?:${form})`).join('|')})`;

/** What stands in front of a range's second date: its first one, which may lack month and year. */
export const RANGE_START = `\\d{1,4}(?:[./年월月-] ?\\d{1,4}){0,2}(?:[.日일号]|er|st|nd|rd|th|º)?(?: (?:${of} )?${anyOf(...MONTHS)}\\.?)?(?:,? \\d{4})?`;

const numberOf = (names: readonly RegExp[], name: string): number => names.findIndex((pattern) => pattern.test(name)) + 1;

/** More days back than this, and a date without its year is next year's. */
const PAST_DAYS = 180;

type Found = Record<string, string | undefined>;

/** Which day and month it may be: two readings of 05/06, for those who write the month first are read in no other language. */
function daysAndMonths({ day, month = '', first, second, year }: Found, isDayFirst: boolean): { day: number; month: number }[] {
  if (day !== undefined) return [{ day: Number(day), month: /\d/.test(month) ? Number(month) : numberOf(MONTH_NUMBERS, month) }];
  const [a, b] = [Number(first), Number(second)];
  const [dayFirst, monthFirst] = [{ day: a, month: b }, { day: b, month: a }];
  // Without a year 24/7 is no date.
  if (b > 12) return year === undefined ? [] : [monthFirst];
  if (a > 12 && !isDayFirst) return year === undefined ? [] : [dayFirst];
  return isDayFirst || a === b ? [dayFirst] : [dayFirst, monthFirst];
}

function dateIn(found: Found, dayAndMonth: { day: number; month: number }, today: Temporal.PlainDate): Temporal.PlainDate[] {
  try {
    const inYear = (year: number) => Temporal.PlainDate.from({ year, ...dayAndMonth }, { overflow: 'reject' });
    if (found.year !== undefined) return [inYear(Number(found.year) + (found.year.length === 2 ? 2_000 : 0))];
    const thisYear = inYear(today.year);
    return [Temporal.PlainDate.compare(thisYear, today.subtract({ days: PAST_DAYS })) < 0 ? inYear(today.year + 1) : thisYear];
  } catch {
    return [];
  }
}

/** The dates that DATE or NAMED_DAY may mean in folded text: none where it is no date, two where only its figures' order would tell. */
export function datesOf(found: Found, today: Temporal.PlainDate, isDayFirst: boolean): Temporal.PlainDate[] {
  if (found.named === undefined) return daysAndMonths(found, isDayFirst).flatMap((one) => dateIn(found, one, today));
  const weekday = numberOf(NAMED_DAYS, withoutAccents(found.named));
  return [today.add({ days: weekday > WEEKDAYS.length ? 1 : (weekday - today.dayOfWeek + 7) % 7 || 7 })];
}
