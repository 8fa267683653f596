import { z } from 'zod';

/** Fewer are chance: one complaint among a day's first ten mails is no rate. */
const COUNTED_MIN = { bounced: 10, complained: 3 } as const;
const MAILS_MIN = 200;
/** With names of 80 characters an entry stays below its 4 KiB. */
const SOURCES_MAX = 16;
/** The shared name of further sources. No source can have it: `originName` contains a blank. */
export const OTHERS = 'others';

const count = z.number().int().min(0);
const countsSchema = z.object({ delivered: count, bounced: count, complained: count });
export type Counts = z.infer<typeof countsSchema>;
const sourceSchema = countsSchema.extend({ paused: z.boolean() });
const daySchema = sourceSchema.extend({
  day: z.string(),
  sources: z.record(z.string(), sourceSchema).default({}),
  resumed: z.string().optional().describe('The time of the pause whose end began these counts'),
});
/** `paused`: the account, or the source, was paused on this day; the same mails do not pause it again. */
export type Day = z.infer<typeof daySchema>;

export const NOTHING: Counts = { delivered: 0, bounced: 0, complained: 0 };
export const newDay = (day: string): Day => ({ day, ...NOTHING, paused: false, sources: {} });
/** Undefined when it is invalid. */
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

/**
 * Adds one source's new counts to the day's and to its own; beyond SOURCES_MAX the remaining sources share one entry.
 */
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
 * The pauses that a day's counts require. Each source above a limit is paused, once. The account is paused when its
 * total is above a limit and not because of one source: two sources are above, or the total without the worst one is. A
 * form's invented addresses stop that form only.
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
