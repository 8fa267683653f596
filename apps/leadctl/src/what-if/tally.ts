import type { EventType } from '@leadstream/contracts/events';
import { effectOf, paired, type Effect, type Pairs } from '@leadstream/sequences/what-if/paired';
import type { SentMail } from '@leadstream/sequences/what-if/places';
import type { Replay } from '@leadstream/sequences/what-if/replay';
import type { Comparison, Example, Moves, Report } from './report.ts';

const MINUTE_MS = 60_000;

/** Counts of mails; its size depends on how differently they moved, not on their number. */
class Counted {
  unchanged = 0;
  changed = 0;
  more = 0;
  fewer = 0;
  earlier = 0;
  later = 0;
  readonly #minutes = new Map<number, number>();

  moved(movedMs: number): void {
    if (movedMs < 0) this.earlier++;
    else this.later++;
    const minutes = Math.round(movedMs / MINUTE_MS);
    this.#minutes.set(minutes, (this.#minutes.get(minutes) ?? 0) + 1);
  }

  get moves(): Moves {
    const { unchanged, changed, more, fewer, earlier, later } = this;
    let left = (earlier + later) / 2;
    const median = [...this.#minutes].sort(([a], [b]) => a - b).find(([, count]) => (left -= count) <= 0);
    return { unchanged, changed, more, fewer, earlier, later, medianMs: median ? median[0] * MINUTE_MS : null };
  }
}

class Table {
  readonly rows = new Map<string, Counted>();
  at(key: string): Counted {
    const known = this.rows.get(key);
    if (known) return known;
    const counted = new Counted();
    this.rows.set(key, counted);
    return counted;
  }
}

export interface LeadReplays {
  leadId: string;
  recorded: readonly SentMail[];
  unchanged: Replay;
  /** Absent: nothing is changed. */
  changed?: { atTheirTime: Replay; afterTheirMail: Replay };
}

/** Counts what a change would have done. */
export class Tally {
  readonly leads = { replayed: 0, erased: 0, canary: 0, neverAtRest: 0 };
  readonly #examplesMax: number;
  readonly #calibration = { recorded: 0, equal: 0, moved: 0, more: 0, fewer: 0 };
  readonly #all = new Counted();
  readonly #following = new Counted();
  readonly #steps = new Table();
  readonly #zones = new Table();
  readonly #clocks = new Map<string, { unchanged: number[]; changed: number[] }>();
  readonly #days = new Map<string, { unchanged: number; changed: number }>();
  readonly #effects: Record<Effect, number> = { same: 0, more: 0, fewer: 0, other: 0, earlier: 0, later: 0 };
  readonly #unknown = new Map<EventType, number>();
  readonly #examples: Example[] = [];
  #assumed = 0;

  constructor(examplesMax: number) {
    this.#examplesMax = examplesMax;
  }

  add({ leadId, recorded, unchanged, changed }: LeadReplays): void {
    this.leads.replayed++;
    const { same, moved, more, fewer } = paired(recorded, unchanged.mails);
    this.#calibration.recorded += recorded.length;
    this.#calibration.equal += same.length;
    this.#calibration.moved += moved.length;
    this.#calibration.more += more.length;
    this.#calibration.fewer += fewer.length;
    if (!changed) return;
    const { atTheirTime, afterTheirMail } = changed;
    const pairs = paired(unchanged.mails, atTheirTime.mails);
    for (const mail of unchanged.mails) this.#mail(mail, 'unchanged');
    for (const mail of atTheirTime.mails) this.#mail(mail, 'changed');
    this.#pairs(pairs);
    this.#following.unchanged += unchanged.mails.length;
    this.#following.changed += afterTheirMail.mails.length;
    counted(paired(unchanged.mails, afterTheirMail.mails), () => [this.#following]);
    const known = new Set(unchanged.unknown.map(({ seq }) => seq));
    for (const { type, seq } of atTheirTime.unknown)
      if (!known.has(seq)) this.#unknown.set(type, (this.#unknown.get(type) ?? 0) + 1);
    this.#assumed += Math.max(0, atTheirTime.assumed - unchanged.assumed);
    const effect = effectOf(pairs);
    this.#effects[effect]++;
    if (effect !== 'same' && this.#examples.length < this.#examplesMax)
      this.#examples.push(exampleOf(leadId, effect, pairs));
  }

  /** Of all mails of either, the share that both have at the same time; 1 without any. */
  get share(): number {
    const { recorded, equal, more } = this.#calibration;
    return recorded + more === 0 ? 1 : equal / (recorded + more);
  }

  calibration(): Report['calibration'] {
    return { ...this.#calibration, share: this.share };
  }

  comparison(): Comparison {
    return {
      mails: this.#all.moves,
      leads: this.#effects,
      steps: [...this.#steps.rows].sort(byText).map(([key, row]) => {
        const [sequence = '', step = '', to] = key.split('\0');
        return { sequence, step, to: to === 'staff' ? 'staff' : 'lead', ...row.moves };
      }),
      days: [...this.#days].sort(byText).map(([date, counts]) => ({ date, ...counts })),
      zones: [...this.#zones.rows]
        .sort(([, a], [, b]) => b.changed - a.changed)
        .map(([zone, row]) => ({ zone, ...row.moves, byLocalHour: this.#clock(zone) })),
      unknown: [...this.#unknown].sort(([, a], [, b]) => b - a).map(([event, count]) => ({ event, count })),
      assumed: this.#assumed,
      ifAnswersFollow: this.#following.moves,
      examples: this.#examples,
    };
  }

  #rows = (mail: SentMail): Counted[] => [
    this.#all,
    this.#steps.at(`${mail.sequence}\0${mail.step}\0${mail.audience}`),
    ...(mail.audience === 'lead' ? [this.#zones.at(mail.zone ?? 'none')] : []),
  ];

  #mail(mail: SentMail, world: 'unchanged' | 'changed'): void {
    for (const row of this.#rows(mail)) row[world]++;
    const at = Temporal.Instant.fromEpochMilliseconds(mail.atMs);
    const date = at.toString().slice(0, 'YYYY-MM-DD'.length);
    const day = this.#days.get(date) ?? { unchanged: 0, changed: 0 };
    day[world]++;
    this.#days.set(date, day);
    if (mail.audience !== 'lead' || mail.zone === null) return;
    const { hour } = at.toZonedDateTimeISO(mail.zone);
    const hours = this.#clock(mail.zone)[world];
    hours[hour] = (hours[hour] ?? 0) + 1;
  }

  #clock(zone: string): { unchanged: number[]; changed: number[] } {
    const known = this.#clocks.get(zone) ?? {
      unchanged: Array<number>(24).fill(0),
      changed: Array<number>(24).fill(0),
    };
    this.#clocks.set(zone, known);
    return known;
  }

  #pairs(pairs: Pairs): void {
    counted(pairs, this.#rows);
  }
}

const byText = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

function counted({ more, fewer, moved }: Pairs, rows: (mail: SentMail) => readonly Counted[]): void {
  for (const mail of more) for (const row of rows(mail)) row.more++;
  for (const mail of fewer) for (const row of rows(mail)) row.fewer++;
  for (const { mail, movedMs } of moved) for (const row of rows(mail)) row.moved(movedMs);
}

function exampleOf(lead: string, effect: Effect, { more, fewer, moved }: Pairs): Example {
  const shown = (
    change: Example['mails'][number]['change'],
    { sequence, step, audience, atMs }: SentMail,
    movedMs = 0,
  ) => ({
    change,
    sequence,
    step,
    to: audience,
    at: Temporal.Instant.fromEpochMilliseconds(atMs).toString(),
    movedMs,
  });
  const mails = [
    ...more.map((mail) => shown('more', mail)),
    ...fewer.map((mail) => shown('fewer', mail)),
    ...moved.map(({ mail, movedMs }) => shown('moved', mail, movedMs)),
  ];
  return { lead, effect, mails: mails.toSorted((a, b) => (a.at < b.at ? -1 : 1)) };
}
