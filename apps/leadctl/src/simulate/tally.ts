import { chosenBy, type EventType, type PlannedStep, type Recorded } from '@leadstream/contracts/events';
import { statusOf, type LeadState } from '@leadstream/lead/state';
import type { Sequence } from '@leadstream/sequences/definition';
import type { Mail } from '@leadstream/sequences/simulator/mail';
import type { Observer } from '@leadstream/sequences/simulator/simulate-crowd';
import type { Quota } from '@leadstream/sequences/simulator/turns';
import { clockChangesOf } from './clock-changes.ts';
import type { Example, Report } from './report.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const PILE_UPS = 5;

/** Events that the report counts; the mails are counted where they go out. */
const TALLIED = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  'lead.enrolled': true,
  'lead.step-due': false,
  'lead.send-started': false,
  'lead.sent': false,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': true,
  'lead.send-unknown': false,
  'lead.step-planned': true,
  'lead.sequence-completed': true,
  'lead.delivered': false,
  'lead.opened': false,
  'lead.clicked': true,
  'lead.bounced': true,
  'lead.undelivered': false,
  'lead.complained': true,
  'lead.unsubscribed': true,
  'lead.suppressed': false,
  'lead.replied': true,
  'lead.paused': false,
  'lead.resumed': false,
  'lead.restarted': false,
  'lead.moved': false,
  'lead.migrated': false,
  'lead.tagged': true,
  'lead.lapsed': false,
  'lead.assigned': false,
  'lead.enriched': true,
  'lead.noted': false,
  'lead.recovered': false,
  'lead.erased': false,
} as const satisfies Record<EventType, boolean>;
const isTallied = chosenBy(TALLIED);

/** Facts about a lead that are known only while it is in memory. */
interface Live {
  source: string;
  held: Set<string>;
  /** The time that the window added to the last plan. */
  movedMs: number;
  example?: Example;
}

interface Hour {
  toLeads: number;
  toReps: number;
  held: number;
}

class Counts {
  readonly of = new Map<string, number>();
  add(key: string, by = 1): void {
    this.of.set(key, (this.of.get(key) ?? 0) + by);
  }
  get(key: string): number {
    return this.of.get(key) ?? 0;
  }
  get total(): number {
    return this.of.values().reduce((sum, one) => sum + one, 0);
  }
}

export interface TallyOptions {
  from: string;
  until: string;
  seed: number;
  quota: Quota;
  notAsked: Report['notAsked'];
  /** The number of leads whose mails are shown one by one. */
  examples: number;
}

/** Counts what happens in a simulation; its size depends on hours, zones and steps, not on leads. */
export class Tally implements Observer {
  arrivedCount = 0;
  refused = 0;
  readonly #options: TallyOptions;
  readonly #sequences: readonly Sequence[];
  readonly #live = new Map<string, Live>();
  readonly #counts = {
    statuses: new Counts(),
    sources: new Counts(),
    mails: new Counts(),
    runs: new Counts(),
    heldLeads: new Counts(),
    heldTimes: new Counts(),
    ended: new Counts(),
    happened: new Counts(),
    enrichment: new Counts(),
    tags: new Counts(),
    zoneLeads: new Counts(),
    waits: new Counts(),
  };
  readonly #hours = new Map<number, Hour>();
  /** By zone: mails by local hour, and by local day. */
  readonly #zones = new Map<string, { byHour: number[]; days: Counts }>();
  readonly #examples: Example[] = [];
  #underWayMax = 0;
  #lineMax = 0;

  constructor(sequences: readonly Sequence[], options: TallyOptions) {
    this.#sequences = sequences;
    this.#options = options;
  }

  get mails(): number {
    return this.#counts.mails.total;
  }

  arrived(_: number, leads: number, waiting: number): void {
    this.#underWayMax = Math.max(this.#underWayMax, leads);
    this.#lineMax = Math.max(this.#lineMax, waiting);
  }

  recorded(event: Recorded, after: LeadState): void {
    if (!isTallied(event)) return;
    const { happened, sources, runs, ended, enrichment, tags } = this.#counts;
    const live = this.#live.get(event.leadId);
    switch (event.type) {
      case 'lead.triaged':
        sources.add(`${event.data.dossier.source}\0${event.data.route.sequence}`);
        return this.#begin(event.leadId, event.data.dossier.source, after);
      case 'lead.enrolled':
        runs.add(event.data.sequence);
        return this.#planned(event.at, event.data.planned, live);
      case 'lead.step-planned':
        return this.#planned(event.at, event.data.planned, live);
      case 'lead.send-skipped':
        return this.#held(`${after.run?.sequence}\0${event.data.stepId}\0${event.data.guard}`, live);
      case 'lead.sequence-completed':
        return event.data.why === 'finished' ? undefined : ended.add(`${event.data.sequence}\0${event.data.why}`);
      case 'lead.replied':
        return happened.add(event.data.class === 'human' ? 'replies' : event.data.class);
      case 'lead.enriched':
        return enrichment.add(`${event.data.enricher}\0${event.data.outcome}`);
      case 'lead.tagged':
        return event.data.add.forEach((tag) => tags.add(tag));
      case 'lead.clicked':
        return happened.add('clicks');
      case 'lead.bounced':
        return happened.add('bounces');
      case 'lead.complained':
        return happened.add('complaints');
      case 'lead.unsubscribed':
        return happened.add('unsubscribes');
      case 'lead.resubmitted':
        return happened.add('submissions again');
    }
  }

  mailed(mail: Mail, leadId: string): void {
    const { mails, waits } = this.#counts;
    const atMs = Date.parse(mail.at);
    const live = this.#live.get(leadId);
    mails.add(`${mail.sequence}\0${mail.step}\0${mail.audience}`);
    const hour = this.#hourOf(atMs);
    if (mail.audience === 'lead') hour.toLeads++;
    else hour.toReps++;
    if (live && live.movedMs > HOUR_MS && mail.audience === 'lead') hour.held++;
    if (mail.waitedMs > 0) waits.add(String(Math.ceil(mail.waitedMs / MINUTE_MS)));
    const local = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(mail.timeZone ?? 'UTC');
    if (mail.audience === 'lead') this.#countLocal(local);
    live?.example?.mails.push({
      at: local.toString({ smallestUnit: 'minute', offset: 'never', timeZoneName: 'never' }),
      sequence: mail.sequence,
      step: mail.step,
      to: mail.audience,
      subject: mail.subject,
    });
  }

  ended(leadId: string, state: LeadState): void {
    const status = statusOf(state);
    this.#counts.statuses.add(status);
    const example = this.#live.get(leadId)?.example;
    if (example) example.status = status;
    this.#live.delete(leadId);
  }

  report(): Report {
    const { statuses, mails } = this.#counts;
    const { from, until, seed } = this.#options;
    const audiences = (to: string) =>
      mails.of.entries().reduce((sum, [key, count]) => (key.endsWith(`\0${to}`) ? sum + count : sum), 0);
    return {
      from,
      until,
      seed,
      leads: {
        arrived: this.arrivedCount,
        refused: this.refused,
        statuses: Object.fromEntries(statuses.of),
        sources: parts(this.#counts.sources).map(([[source = '', sequence = ''], leads]) => ({
          source,
          sequence,
          leads,
        })),
        underWayMax: this.#underWayMax,
      },
      mails: { toLeads: audiences('lead'), toReps: audiences('staff') },
      steps: this.#steps(),
      held: parts(this.#counts.heldLeads).map(([[sequence = '', step = '', guard = ''], leads]) => ({
        sequence,
        step,
        guard,
        leads,
        times: this.#counts.heldTimes.get(`${sequence}\0${step}\0${guard}`),
      })),
      ended: parts(this.#counts.ended).map(([[sequence = '', why = ''], runs]) => ({ sequence, why, runs })),
      ...this.#told(),
      ...this.#times(),
      zones: this.#zones
        .entries()
        .map(([zone, { byHour }]) => ({
          zone,
          leads: this.#counts.zoneLeads.get(zone),
          mails: byHour.reduce((sum, one) => sum + one, 0),
          byLocalHour: byHour,
        }))
        .toArray()
        .sort((a, b) => b.mails - a.mails),
      clockChanges: this.#zones
        .entries()
        .toArray()
        .flatMap(([zone, { days }]) => clockChangesOf(zone, this.#options, (day) => days.get(day))),
      quota: this.#quota(),
      examples: this.#examples,
    };
  }

  /** Facts about leads that became known, and people's actions. */
  #told(): Pick<Report, 'enrichment' | 'notAsked' | 'tags' | 'happened'> {
    const { enrichment, tags, happened } = this.#counts;
    return {
      enrichment: parts(enrichment).map(([[enricher = '', outcome = ''], leads]) => ({
        enricher,
        outcome,
        leads,
      })),
      notAsked: this.#options.notAsked,
      tags: Object.fromEntries(tags.of),
      happened: Object.fromEntries(happened.of),
    };
  }

  #begin(leadId: string, source: string, { zone }: LeadState): void {
    const live: Live = { source, held: new Set(), movedMs: 0 };
    if (this.#examples.length < this.#options.examples) {
      live.example = { lead: this.#examples.length + 1, source, zone: zone?.id ?? null, status: '', mails: [] };
      this.#examples.push(live.example);
    }
    this.#counts.zoneLeads.add(zone?.id ?? 'UTC');
    this.#live.set(leadId, live);
  }

  #planned(at: string, { at: planned, delayMs }: PlannedStep, live: Live | undefined): void {
    if (live) live.movedMs = Date.parse(planned) - Date.parse(at) - delayMs;
  }

  #held(key: string, live: Live | undefined): void {
    this.#counts.heldTimes.add(key);
    if (!live || live.held.has(key)) return;
    live.held.add(key);
    this.#counts.heldLeads.add(key);
  }

  #hourOf(atMs: number): Hour {
    const index = Math.floor(atMs / HOUR_MS);
    const hour = this.#hours.get(index) ?? { toLeads: 0, toReps: 0, held: 0 };
    this.#hours.set(index, hour);
    return hour;
  }

  #countLocal(local: Temporal.ZonedDateTime): void {
    const zone = this.#zones.get(local.timeZoneId) ?? { byHour: Array<number>(24).fill(0), days: new Counts() };
    this.#zones.set(local.timeZoneId, zone);
    zone.byHour[local.hour] = (zone.byHour[local.hour] ?? 0) + 1;
    zone.days.add(local.toPlainDate().toString());
  }

  #steps(): Report['steps'] {
    return this.#sequences.flatMap(({ id, steps }) =>
      steps.map(({ id: step, audience }) => ({
        sequence: id,
        step,
        to: audience,
        mails: this.#counts.mails.get(`${id}\0${step}\0${audience}`),
        runs: this.#counts.runs.get(id),
      })),
    );
  }

  #times(): Pick<Report, 'hours' | 'pileUps'> {
    const all = [...this.#hours].sort(([a], [b]) => a - b);
    const hours = all.map(([index, { toLeads, toReps }]) => ({ at: hourText(index), toLeads, toReps }));
    const usual = quantile(
      all.map(([, { toLeads, toReps }]) => [toLeads + toReps, 1]),
      0.5,
    );
    const pileUps = all
      .map(([index, { toLeads, toReps, held }]) => ({ at: hourText(index), mails: toLeads + toReps, held, usual }))
      .sort((a, b) => b.mails - a.mails)
      .slice(0, PILE_UPS);
    return { hours, pileUps };
  }

  #quota(): Report['quota'] {
    const { perDay = null, perHour = null } = this.#options.quota;
    const { waits } = this.#counts;
    const minutes = [...waits.of].map(([text, count]): [number, number] => [Number(text), count]);
    const at = (share: number) => quantile(minutes, share) * MINUTE_MS;
    return {
      perDay,
      perHour,
      waited: waits.total,
      medianMs: at(0.5),
      p95Ms: at(0.95),
      maxMs: at(1),
      lineMax: this.#lineMax,
    };
  }
}

const hourText = (index: number): string => new Date(index * HOUR_MS).toISOString().replace(':00.000Z', 'Z');

/** The most frequent first. */
const parts = ({ of }: Counts): [string[], number][] =>
  [...of].sort(([, a], [, b]) => b - a).map(([key, count]) => [key.split('\0'), count]);

/** Of values with their counts; 0 without any. */
function quantile(values: readonly (readonly [value: number, count: number])[], share: number): number {
  const sorted = values.toSorted(([a], [b]) => a - b);
  let left = share * sorted.reduce((sum, [, count]) => sum + count, 0);
  return sorted.find(([, count]) => (left -= count) <= 0)?.[0] ?? 0;
}
