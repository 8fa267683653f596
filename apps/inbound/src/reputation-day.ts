import { z } from 'zod';

/** Fewer are chance: one complaint among the first ten mails of a day is no rate. */
const COUNTED_MIN = { bounced: 10, complained: 3 } as const;
const MAILS_MIN = 200;
/** With names of 80 characters an entry stays below its 4 KiB. */
const SOURCES_MAX = 16;
/** The name of all sources beyond those. No source has it: `originName` has a blank in it. */
export const OTHERS = 'others';

const count = z.number().int().min(0);
const countsSchema = z.object({ delivered: count, bounced: count, complained: count });
export type Counts = z.infer<typeof countsSchema>;
const sourceSchema = countsSchema.extend({ paused: z.boolean() });
const daySchema = sourceSchema.extend({ day: z.string(), sources: z.record(z.string(), sourceSchema).default({}) });
/** `paused`: the account, or the source, has been on this day, and is not by the same mails again. */
export type Day = z.infer<typeof daySchema>;

export const NOTHING: Counts = { delivered: 0, bounced: 0, complained: 0 };
export const newDay = (day: string): Day => ({ day, ...NOTHING, paused: false, sources: {} });
/** The same day from nothing; a source that was paused on it stays one that was. */
export const emptied = (day: Day): Day => ({
  ...newDay(day.day),
  sources: Object.fromEntries(Object.entries(day.sources).map(([name, { paused }]) => [name, { ...NOTHING, paused }])),
});
/** Undefined when it is none. */
export const readDay = (stored: unknown): Day | undefined => daySchema.safeParse(stored).data;

export interface Limits {
  bounced: number;
  complained: number;
}
type Kind = keyof Limits;

const sum = (a: Counts, b: Counts, sign: 1 | -1): Counts => ({
  delivered: a.delivered + sign * b.delivered,
  bounced: a.bounced + sign * b.bounced,
  complained: a.complained + sign * b.complained,
});
export const added = (a: Counts, b: Counts): Counts => sum(a, b, 1);

const mailsOf = ({ delivered, bounced }: Counts): number => delivered + bounced;
export const ratio = (counts: Counts, kind: Kind): number => counts[kind] / Math.max(1, mailsOf(counts));

const excessOf = (counts: Counts, limits: Limits): Kind | undefined =>
  (['complained', 'bounced'] as const).find(
    (kind) => counts[kind] >= COUNTED_MIN[kind] && ratio(counts, kind) > limits[kind],
  );

/** One source's new counts in the day and in the source's own; beyond SOURCES_MAX sources the rest share one. */
export function withCounts(day: Day, source: string, counts: Counts): Day {
  const hasRoom = Object.hasOwn(day.sources, source) || Object.keys(day.sources).length < SOURCES_MAX;
  const name = hasRoom ? source : OTHERS;
  const own = day.sources[name] ?? { ...NOTHING, paused: false };
  return { ...day, ...added(day, counts), sources: { ...day.sources, [name]: { ...own, ...added(own, counts) } } };
}

interface Verdict {
  account?: string;
  above: { name: string; why: string }[];
}

/**
 * What a day's counts ask for. Each source above a limit is paused, once. The account is, where all its mails together
 * are above and that is
 * not one source's doing: two are above, or the others are without the worst. A form's made-up addresses stop the form.
 */
export function verdictOf(day: Day, limits: Limits): Verdict {
  if (mailsOf(day) < MAILS_MIN) return { above: [] };
  const why = (counts: Counts, kind: Kind): string =>
    `${counts[kind]} of ${mailsOf(counts)} mails of ${day.day} ${kind}: more than ${limits[kind] * 100} %`;
  const above = Object.entries(day.sources).flatMap(([name, counts]) => {
    const kind = excessOf(counts, limits);
    return kind ? [{ name, counts, kind }] : [];
  });
  const whole = excessOf(day, limits);
  const [worst] = whole ? above.toSorted((a, b) => b.counts[whole] - a.counts[whole]) : [];
  const isOneSources =
    worst && worst.name !== OTHERS && above.length === 1 && !excessOf(sum(day, worst.counts, -1), limits);
  return {
    ...(whole && !isOneSources && !day.paused ? { account: why(day, whole) } : {}),
    above: above
      .filter(({ counts }) => !counts.paused)
      .map(({ name, counts, kind }) => ({ name, why: why(counts, kind) })),
  };
}
