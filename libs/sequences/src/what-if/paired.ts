import type { SentMail } from './places.ts';

/** Mails of one name within so much are the same: two replays differ by less where no rule does. */
export const SAME_MS = 60_000;

export interface Pairs {
  same: SentMail[];
  /** Mails of both at another time; `movedMs` is negative for an earlier one. */
  moved: { mail: SentMail; movedMs: number }[];
  /** Only in the second. */
  more: SentMail[];
  /** Only in the first. */
  fewer: SentMail[];
}

/** Compares the mails of one lead in two worlds, by their names. */
export function paired(first: readonly SentMail[], second: readonly SentMail[]): Pairs {
  const pairs: Pairs = { same: [], moved: [], more: [], fewer: [] };
  const left = new Map(first.map((mail) => [mail.name, mail]));
  for (const mail of second) {
    const other = left.get(mail.name);
    left.delete(mail.name);
    const movedMs = other ? mail.atMs - other.atMs : 0;
    if (!other) pairs.more.push(mail);
    else if (Math.abs(movedMs) <= SAME_MS) pairs.same.push(mail);
    else pairs.moved.push({ mail, movedMs });
  }
  pairs.fewer.push(...left.values());
  return pairs;
}

/** The effect of the change on one lead. */
export type Effect = 'same' | 'more' | 'fewer' | 'other' | 'earlier' | 'later';

export function effectOf({ moved, more, fewer }: Pairs): Effect {
  if (more.length > 0) return fewer.length > 0 ? 'other' : 'more';
  if (fewer.length > 0) return 'fewer';
  const [first] = moved.toSorted((a, b) => a.mail.atMs - b.mail.atMs);
  return first === undefined ? 'same' : first.movedMs < 0 ? 'earlier' : 'later';
}
