import { chosenBy, type EventType, type Recorded } from '@leadstream/contracts/events';
import { countsFor } from '@leadstream/lead/canary';
import { isNotice } from '@leadstream/lead/run';

/** One passage of a lead through one sequence. */
export interface Run {
  id: string;
  sequence: string;
  version: number;
  /** The tag that asked for it. */
  tag: string | null;
  startedMs: number;
}

/** What becomes of a mail: the time of the first event of each kind. */
export const FACTS = ['delivered', 'clicked', 'replied', 'unsubscribed', 'bounced', 'complained'] as const;
export type Fact = (typeof FACTS)[number];

/** One claim to mail the lead; a mail once the provider has accepted it. */
export interface Mail {
  sendId: string;
  run: Run | undefined;
  step: number;
  stepId: string;
  variant: string;
  sentMs?: number;
  /** The hour, and the weekday from Monday 1, by the clock of the lead's zone. */
  hour?: number;
  weekday?: number;
  facts: Partial<Record<Fact, number>>;
}

/** One time that a guard held a step back. */
export interface Held {
  guard: string;
  run: Run | undefined;
  step: number;
  stepId: string;
  atMs: number;
}

export interface Tallied {
  runs: Run[];
  mails: Mail[];
  held: Held[];
}

interface Lead extends Tallied {
  zone: string | undefined;
  hasZone: boolean;
  /** The latest request for a run. */
  asked?: { id: string; tag: string };
  latest?: Mail;
  isCounted: boolean;
}

/** Whether the event begins a run, is about a mail, or changes the lead's zone. */
export const TALLIED = {
  'lead.triaged': true,
  'lead.resubmitted': true,
  'lead.enrolled': true,
  'lead.step-due': false,
  'lead.send-started': true,
  'lead.sent': true,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': true,
  'lead.send-unknown': false,
  'lead.step-planned': false,
  'lead.sequence-completed': false,
  'lead.delivered': true,
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
  'lead.restarted': true,
  'lead.moved': true,
  'lead.migrated': true,
  'lead.tagged': false,
  'lead.lapsed': true,
  'lead.assigned': false,
  'lead.enriched': false,
  'lead.noted': false,
  'lead.recovered': true,
  'lead.erased': true,
} as const satisfies Record<EventType, boolean>;
const isTallied = chosenBy(TALLIED);

/**
 * Runs, mails to leads and held steps, from the events of LEADS in their order: the tables `runs`, `mails` and `events`
 * of an export, as far as its views count them. The memory grows with them, and not with the events.
 */
export class Tally {
  readonly #leads = new Map<string, Lead>();
  #kept = 0;

  /** The number of runs, mails and held steps in memory. */
  get kept(): number {
    return this.#kept;
  }

  has(leadId: string): boolean {
    return this.#leads.has(leadId);
  }

  *leads(): Generator<readonly [string, Tallied]> {
    for (const [id, lead] of this.#leads) if (lead.isCounted) yield [id, lead];
  }

  add(event: Recorded): void {
    if (!isTallied(event)) return;
    const lead = this.#lead(event.leadId);
    const { at } = event;
    switch (event.type) {
      case 'lead.triaged':
        lead.isCounted = countsFor('export', event.data);
        this.#zoned(lead, event.data.zone);
        return ask(lead, event.id, event.data.route.tag);
      case 'lead.resubmitted': {
        const { route, zone, trusted } = event.data;
        if (trusted === false ? !lead.hasZone : zone.source !== 'default') this.#zoned(lead, zone);
        return route ? ask(lead, event.id, route.tag) : undefined;
      }
      case 'lead.restarted':
      case 'lead.moved':
      case 'lead.lapsed':
        return ask(lead, event.id, event.data.route.tag);
      case 'lead.enrolled': {
        const { runId: id, sequence, version } = event.data;
        const tag = lead.asked?.id === id ? lead.asked.tag : null;
        return this.#begin(lead, { id, sequence, version, tag, startedMs: Date.parse(at) });
      }
      case 'lead.migrated': {
        const { runId, sequence, to: version } = event.data;
        const tag = runOf(lead, runId)?.tag ?? null;
        return this.#begin(lead, { id: event.id, sequence, version, tag, startedMs: Date.parse(at) });
      }
      case 'lead.recovered':
        return this.#recovered(lead, event);
      case 'lead.erased':
        return this.#forget(lead);
      default:
        return this.#ofMail(lead, event);
    }
  }

  #lead(leadId: string): Lead {
    const known = this.#leads.get(leadId);
    if (known) return known;
    const lead = { runs: [], mails: [], held: [], zone: undefined, hasZone: false, isCounted: true };
    this.#leads.set(leadId, lead);
    return lead;
  }

  #zoned(lead: Lead, { id, source }: Recorded<'lead.triaged'>['data']['zone']): void {
    lead.zone = id;
    lead.hasZone = source !== 'default';
  }

  /** A notice to the rep is no run that an answer is expected of. */
  #begin(lead: Lead, run: Run): void {
    if (isNotice(run.sequence)) return;
    lead.runs.push(run);
    this.#kept++;
  }

  /** The run that the witness has began in the lost part of the log: its mails have it, and it counts for no period. */
  #recovered(lead: Lead, { data: { run, phase, zone } }: Recorded<'lead.recovered'>): void {
    if (zone) this.#zoned(lead, zone);
    if (phase?.kind === 'enrolling') ask(lead, phase.runId, phase.route.tag);
    if (!run || runOf(lead, run.id)) return;
    const { id, sequence, version, route } = run;
    this.#begin(lead, { id, sequence, version, tag: route.tag, startedMs: -Infinity });
  }

  /** The log forgets an erased lead's events, and a report that is made anew does not have them. */
  #forget(lead: Lead): void {
    this.#kept -= lead.runs.length + lead.mails.length + lead.held.length;
    Object.assign(lead, { runs: [], mails: [], held: [], zone: undefined, hasZone: false, latest: undefined });
  }

  #ofMail(lead: Lead, event: OfMail): void {
    const atMs = Date.parse(event.at);
    switch (event.type) {
      case 'lead.send-started':
        if (event.data.audience === 'lead') this.#claimed(lead, event.data);
        return;
      case 'lead.send-skipped': {
        const { guard, runId, step, stepId } = event.data;
        lead.held.push({ guard, run: runOf(lead, runId), step, stepId, atMs });
        this.#kept++;
        return;
      }
      case 'lead.sent':
        return sent(lead, event.data.sendId, event.at);
      case 'lead.delivered':
        return noted(mailOf(lead, event.data.sendId), 'delivered', atMs);
      case 'lead.clicked':
        return noted(mailOf(lead, event.data.sendId), 'clicked', atMs);
      case 'lead.bounced':
        return noted(mailOf(lead, event.data.sendId), 'bounced', atMs);
      case 'lead.complained':
        return noted(mailOf(lead, event.data.sendId), 'complained', atMs);
      case 'lead.unsubscribed':
        return noted(meant(lead, event.data.sendId), 'unsubscribed', atMs);
      case 'lead.replied': {
        const { class: kind, authenticated, sendId } = event.data;
        if (authenticated === false) return;
        if (kind === 'human' || kind === 'left') noted(meant(lead, sendId), 'replied', atMs);
        if (kind === 'unsubscribe') noted(meant(lead, sendId), 'unsubscribed', atMs);
        return;
      }
      default:
        return event satisfies never;
    }
  }

  #claimed(lead: Lead, { sendId, runId, step, stepId, action }: Recorded<'lead.send-started'>['data']): void {
    lead.mails.push({ sendId, run: runOf(lead, runId), step, stepId, variant: action, facts: {} });
    this.#kept++;
  }
}

type OfMail = Recorded<
  | 'lead.send-started'
  | 'lead.send-skipped'
  | 'lead.sent'
  | 'lead.delivered'
  | 'lead.clicked'
  | 'lead.bounced'
  | 'lead.complained'
  | 'lead.unsubscribed'
  | 'lead.replied'
>;

const ask = (lead: Lead, id: string, tag: string): void => void (lead.asked = { id, tag });
const runOf = ({ runs }: Lead, id: string): Run | undefined => runs.findLast((run) => run.id === id);
const mailOf = ({ mails }: Lead, id: string | undefined): Mail | undefined =>
  id === undefined ? undefined : mails.findLast(({ sendId }) => sendId === id);

/** An answer that names no mail counts for the latest one. */
const meant = (lead: Lead, sendId: string | undefined): Mail | undefined =>
  sendId === undefined ? lead.latest : mailOf(lead, sendId);

function noted(mail: Mail | undefined, fact: Fact, atMs: number): void {
  if (mail) mail.facts[fact] = Math.min(mail.facts[fact] ?? Infinity, atMs);
}

function sent(lead: Lead, sendId: string | undefined, at: string): void {
  const mail = mailOf(lead, sendId);
  if (!mail) return;
  lead.latest = mail;
  const atMs = Date.parse(at);
  if (mail.sentMs !== undefined && mail.sentMs >= atMs) return;
  mail.sentMs = atMs;
  const local = localOf(at, lead.zone ?? 'UTC');
  if (local) Object.assign(mail, local);
}

/** Undefined in a zone that this build does not know. */
function localOf(at: string, zone: string): { hour: number; weekday: number } | undefined {
  try {
    const { hour, dayOfWeek: weekday } = Temporal.Instant.from(at).toZonedDateTimeISO(zone);
    return { hour, weekday };
  } catch {
    return undefined;
  }
}
