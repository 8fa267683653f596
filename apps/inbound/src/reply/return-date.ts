import { anyOf, wholeWords, withoutAccents } from './text-patterns.ts';
import { DATE, datesOf, NAMED_DAY, RANGE_START } from './dates.ts';

/** A lead is left alone no longer than this for what a machine says: who is away for longer, or is misread, is written to then. */
const DAYS_MAX = 30;
/** A date that is further off is a mistake, or not the return's. */
const DAYS_MEANT_MAX = 400;
/** Of two days that a date can be, one that is further off is not the one: few are away for longer. */
const DAYS_GUESSED_MAX = 60;
const TEXT_LENGTH = 4_096;

/** Words that say that somebody is there again. */
const BACK = {
  english: 'back|return|returns|returning|resume|resuming|again',
  others: 'zurück|wieder|rückkehr|retour|reviens|reviendrai|rentre|rentrerai|regreso|regresaré|vuelvo|volveré|vuelta|reincorporo|reincorporaré|rientro|rientrerò|torno|tornerò|ritorno|'
    + 'terug|weer|retorno|retornarei|volto|voltarei|regresso|regressarei|wracam|wrócę|powrót|åter|tillbaka|tilbage|tilbake|palaan|vrátím|zpět|vissza|revin|întorc|'
    + 'επιστρέψω|επιστρέφω|вернусь|возвращаюсь|выйду|повернуся',
};
const UNTIL = { english: 'until|till|til|through|thru', others: 'bis|jusqu|hasta|fino|tot|até|μέχρι|έως|pana' };
/** Too common to stand for an end unless the date follows at once. */
const UNTIL_AT_ONCE = 'do|до|по|t/m|tot en met|t.o.m.|til og med|till och med|до и включая|au|al|ao|a';
/** After the date. */
const AFTERWARDS = { words: 'wieder|zurück|back|again|weer|terug|asti|saakka|kadar', unspaced: 'まで|より|出社|出勤|復帰|返回|回来|回來|回到|上班|恢复|恢復|为止|為止|까지|복귀' };
const BETWEEN = {
  english: 'to|till|til|until|through|thru|and|-|–|—',
  others: 'bis|und|au|et|al|y|a|ao|e|tot|tot en met|t/m|en|do|till och med|til og med|и|до|по|~|～|〜|から|至|到|부터',
};

/** From a cue to its date or back: no other number, and no other sentence but for the dot of a short word. */
const gap = (max: number): string => `(?:[^\\d\\n.!?;]|(?<![\\p{L}]{4})\\.|(?<=tues|thurs?)\\.){0,${max}}?`;
const article = '(?:[\\p{L}]{1,10}[.,]? |\\([^()\\d]{1,10}\\) ?){0,4}';
const cue = ({ english, others }: typeof BACK): string => `(?:(?<english>${wholeWords(english)})|${wholeWords(others)})`;

const FORMS = [
  `(?:${cue(BACK)}|${cue(UNTIL)})${gap(50)}${DATE}`,
  `${wholeWords(UNTIL_AT_ONCE)}\\s?${article}${DATE}`,
  `${RANGE_START} ?(?:\\([^()\\d]{1,10}\\) ?)?(?:(?<english>${anyOf(BETWEEN.english)})|${anyOf(BETWEEN.others)}) ?${article}${DATE}`,
  `${DATE}${gap(30)}(?:${wholeWords(AFTERWARDS.words)}|${anyOf(AFTERWARDS.unspaced)})`,
  `${DATE}-ig(?!\\p{L})`,
].map((form) => new RegExp(`(?<![\\d/])${form}`, 'gu'));
const NAMED = new RegExp(`(?:${cue(BACK)}|${cue(UNTIL)})${gap(25)}${NAMED_DAY}`, 'gu');
const SPEAKS_OF_RETURN = new RegExp(wholeWords(BACK.english, BACK.others), 'u');

/** Lines that were wrapped are one; a time of day is no date. */
const readable = (text: string): string => withoutAccents(text.slice(0, TEXT_LENGTH)).replace(/\r\n?/g, '\n').replace(/\n\s*\n/g, '\0').replace(/\s+/g, ' ').replaceAll('\0', '\n')
  .replace(/(?<![\d.:])(?:kl\.? ?)?\d{1,2}(?:(?:[:.h]\d{2}){1,2} ?(?:[ap]\.?m\b\.?|uhr|h\b)|(?::\d{2}){1,2}| ?(?:[ap]\.?m\b\.?|uhr\b))/g, ' ');

/** Whether an automatic answer speaks of somebody's coming back at all. */
export const speaksOfReturn = (text: string): boolean => SPEAKS_OF_RETURN.test(readable(text));

const isWithin = (days: number, today: Temporal.PlainDate) => (day: Temporal.PlainDate): boolean =>
  Temporal.PlainDate.compare(day, today) >= 0 && Temporal.PlainDate.compare(day, today.add({ days })) <= 0;
const latest = (days: readonly Temporal.PlainDate[]): Temporal.PlainDate | undefined => [...days].sort((a, b) => Temporal.PlainDate.compare(a, b)).at(-1);

/**
 * Which of the days that a date can be is meant: the one that the mail names elsewhere in a way that leaves no doubt, else
 * one that is near. Of two such the later: a mail too late is read, one into an empty office is not.
 */
function meant(days: readonly Temporal.PlainDate[], certain: ReadonlySet<string>, today: Temporal.PlainDate): Temporal.PlainDate[] {
  const named = days.find((day) => certain.has(day.toString())) ?? latest(days.filter(isWithin(DAYS_GUESSED_MAX, today)));
  return named ? [named] : [];
}

/**
 * The instant after the day that an out-of-office names as its last, or as the return: midnight UTC at the day's end,
 * since the sender's zone is unknown. Of several days the latest, at most 30 days after `receivedAt` (RFC 3339); a weekday
 * only where there is no date. Undefined when none is clear, or all have passed. Reads the first 4 KiB of `text`.
 */
export function statedReturn(text: string, receivedAt: string): string | undefined {
  const today = Temporal.Instant.from(receivedAt).toZonedDateTimeISO('UTC').toPlainDate();
  const words = readable(text);
  const find = (form: RegExp) => [...words.matchAll(form)].map(({ groups = {} }) => datesOf(groups, today, groups.english === undefined));
  const dates = FORMS.flatMap(find);
  const certain = new Set(dates.filter(({ length }) => length === 1).flat().map(String));
  const read = dates.flatMap((days) => (days.length > 1 ? meant(days, certain, today) : days));
  const last = latest((dates.length > 0 ? read : find(NAMED).flat()).filter(isWithin(DAYS_MEANT_MAX, today)));
  const cap = today.add({ days: DAYS_MAX });
  if (!last) return undefined;
  return (Temporal.PlainDate.compare(last, cap) > 0 ? cap : last).add({ days: 1 }).toZonedDateTime('UTC').toInstant().toString();
}
