/** A schedule that raises an account's daily cap; its days are UTC, like the cap's. */
export interface Warmup {
  /** `2026-12-01` */
  from: string;
  /** The cap of the first day, and of any day before it. */
  first: number;
  /** The cap of a day is so many times that of the day before. */
  factor: number;
  max: number;
}

export const WARMUP_FORM = '2026-12-01:50,x1.5/day,max 20000';

const FORM = /^(\d{4}-\d\d-\d\d):(\d{1,9}),x(\d{1,2}(?:\.\d{1,3})?)\/day,max(\d{1,9})$/;
const FACTOR_MAX = 10;
const DAY_MS = 86_400_000;

/** The schedule that a text describes, or its problems, all of them. Blanks have no meaning. */
export function parseWarmup(text: string): Warmup | { problems: string[] } {
  const [, from = '', first, factor, max] = FORM.exec(text.replace(/\s/g, '')) ?? [];
  if (from === '') return { problems: [`must be like ${WARMUP_FORM}`] };
  const warmup = { from, first: Number(first), factor: Number(factor), max: Number(max) };
  const faults: [boolean, string][] = [
    [!isDate(from), 'begins on a day that no calendar has'],
    [warmup.first < 1, 'must begin with one call a day at least'],
    [warmup.factor <= 1 || warmup.factor > FACTOR_MAX, `must grow by a factor above 1, of ${FACTOR_MAX} at most`],
    [warmup.max < warmup.first, 'has a max below its first day'],
  ];
  const problems = faults.flatMap(([is, problem]) => (is ? [problem] : []));
  return problems.length > 0 ? { problems } : warmup;
}

function isDate(text: string): boolean {
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

/** The day of the schedule: 1 is its first one, 0 or less a day before it. */
export const warmupDay = ({ from }: Warmup, day: string): number =>
  Math.round((Date.parse(day) - Date.parse(from)) / DAY_MS) + 1;

/** The cap of a day. A clock that is behind the schedule gets the first day's cap: never more than was asked for. */
export function warmupCap(warmup: Warmup, day: string): number {
  const grown = warmup.first * warmup.factor ** Math.max(0, warmupDay(warmup, day) - 1);
  // The tenth power of 1.1 is a little below itself as a binary fraction.
  return Math.min(warmup.max, Math.floor(grown + 1e-6));
}

/** Its own notation again. */
export const warmupText = ({ from, first, factor, max }: Warmup): string =>
  `${from}:${first},x${factor}/day,max ${max}`;

/** The lower one of the daily cap (0: none) and the schedule's; 0: no cap. */
export function dailyCap(perDay: number, warmup: Warmup | undefined, day: string): number {
  const grown = warmup && warmupCap(warmup, day);
  if (grown === undefined) return perDay;
  return perDay === 0 ? grown : Math.min(perDay, grown);
}
