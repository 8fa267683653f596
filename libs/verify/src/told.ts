import { CE, LEAD_VERSION } from '@leadstream/contracts/envelope';
import type { EventType, Recorded } from '@leadstream/contracts/events';
import { isOutcomeType, LEAD_SEQ, type OutcomeType } from '@leadstream/contracts/public';
import { seqFor, type Place } from '@leadstream/contracts/place';
import { messagesTo } from '@leadstream/eventlog/read';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Finding } from './finding.ts';

/** An event of PUBLIC, by its cause. */
interface Told {
  type: string;
  id: string;
  /** The time of the cause. After a restore another event can have its id, and no other one its time too. */
  at: string;
  version: number;
  causeSeq: number;
}

/** The state of PUBLIC, and up to which event of the log it must be whole. Read before the log itself is. */
export interface ToldSettings {
  /** Every event of the log up to here is handled by the publisher. */
  upTo: Place;
  /** Older causes may have no outcome any more. */
  keptMs: number;
  /** True after the restore of an older log: outcomes of the lost one have no cause in this one. */
  isRestored: boolean;
}

/** The outcome that each event must have: written anew here, and not taken from the publisher. */
const MUST: { readonly [K in EventType]?: (data: Recorded<K>['data']) => OutcomeType | null } = {
  'lead.triaged': () => 'lead.accepted',
  'lead.resubmitted': () => 'lead.accepted',
  'lead.unsubscribed': () => 'lead.unsubscribed',
  'lead.bounced': () => 'lead.bounced',
  'lead.complained': () => 'lead.complained',
  'lead.erased': () => 'lead.erased',
  'lead.sequence-completed': ({ sequence }) => (NOTICES.has(sequence) ? null : 'lead.completed'),
  'lead.replied': (data) => {
    if (data.authenticated === false) return null;
    if (data.class === 'unsubscribe') return 'lead.unsubscribed';
    return data.class === 'human' || data.class === 'left' ? 'lead.responded' : null;
  },
};
const NOTICES: ReadonlySet<string> = new Set(['reply-notice', 'unproven-answers', 'news-notice']);

export const mustTell = <K extends EventType>(event: Recorded<K>): OutcomeType | null =>
  MUST[event.type]?.(event.data) ?? null;

/** Compares PUBLIC with the log, lead by lead. */
export class ToldEvents {
  readonly #byLead = new Map<string, Told[]>();
  readonly #settings: ToldSettings;
  readonly #repeated: Finding[] = [];
  readonly #refusals = new Set<string>();

  constructor(settings: ToldSettings) {
    this.#settings = settings;
  }

  add(subject: string, told: Told): void {
    const leadId = subject.split('.')[3] ?? '';
    if (told.type === 'lead.refused') {
      if (this.#refusals.has(told.id)) this.#repeated.push(found(null, [], `${subject} is in PUBLIC twice`));
      this.#refusals.add(told.id);
      return;
    }
    const list = this.#byLead.get(leadId) ?? [];
    if (list.length === 0) this.#byLead.set(leadId, list);
    list.push(told);
  }

  /** Findings of one lead, whose events of the log are all given. */
  faults(events: readonly Recorded[], nowMs: number): Finding[] {
    const leadId = events[0]?.leadId ?? '';
    const told = this.#byLead.get(leadId) ?? [];
    this.#byLead.delete(leadId);
    const erased = events.findLast(({ type }) => type === 'lead.erased')?.seq ?? 0;
    return [
      ...this.#missing(
        events.filter(({ seq }) => seq >= erased),
        told,
        nowMs,
      ),
      ...this.#uncaused(leadId, events, told, erased),
      ...disordered(leadId, told, this.#settings.isRestored),
    ];
  }

  /** Findings of leads of which the log has nothing, and of refusals. */
  rest(): Finding[] {
    if (this.#settings.isRestored) return this.#repeated;
    const strange = [...this.#byLead].map(([leadId, [first]]) =>
      found(leadId, first ? [first.causeSeq] : [], 'PUBLIC tells of a lead that the log does not have'),
    );
    return [...this.#repeated, ...strange];
  }

  #missing(events: readonly Recorded[], told: readonly Told[], nowMs: number): Finding[] {
    const ids = new Set(told.map(({ id, type }) => `${id}/${type}`));
    return events.flatMap((event) => {
      const type = mustTell(event);
      const upTo = seqFor(this.#settings.upTo, event.leadId);
      const isDue = event.seq <= upTo && nowMs - Date.parse(event.at) < this.#settings.keptMs;
      // A submission whose person was erased before it has an id that nobody can read; without DATA_KEYS each has.
      const isUnreadable = type === 'lead.accepted' && event.sealed !== undefined;
      if (!type || !isDue || isUnreadable || ids.has(`${event.id}/${type}`)) return [];
      return [found(event.leadId, [event.seq], `event ${event.seq} has no ${type} in PUBLIC`)];
    });
  }

  #uncaused(leadId: string, events: readonly Recorded[], told: readonly Told[], erased: number): Finding[] {
    const causes = new Map(events.map((event) => [event.id, event]));
    return told.flatMap(({ id, type, at, causeSeq }) => {
      const cause = causes.get(id);
      // The events that an erasure forgets are gone; what was told of them, except of submissions, stays.
      if (!cause && causeSeq < erased) return [];
      if (cause && cause.seq < erased && erased <= seqFor(this.#settings.upTo, leadId) && type === 'lead.accepted')
        return [found(leadId, [cause.seq], `PUBLIC names a submission of a lead that was erased`)];
      if (cause && mustTell(cause) === type) return [];
      // Of a lost event. Another one can have its id: a plan's is derived from a sequence, which is used again.
      if (this.#settings.isRestored && cause?.at !== at) return [];
      return [found(leadId, [causeSeq], `PUBLIC has a ${type} of event ${causeSeq}, which is no cause of one`)];
    });
  }
}

/**
 * Outcomes of one lead follow each other as their causes do, each once. An event that a restored log made again is
 * published under the id of the lost one (docs/publish.md).
 */
const disordered = (leadId: string, told: readonly Told[], isRestored: boolean): Finding[] =>
  told.flatMap(({ id, at, version, causeSeq, type }, index) => {
    const isTwice = told.findIndex((other) => other.id === id && (!isRestored || other.at === at)) !== index;
    const isLate = !isRestored && told.slice(0, index).some((other) => other.version >= version);
    return isTwice || isLate
      ? [found(leadId, [causeSeq], `${type} of event ${causeSeq} is in PUBLIC ${isTwice ? 'twice' : 'out of order'}`)]
      : [];
  });

const found = (leadId: string | null, seqs: number[], says: string): Finding => ({
  rule: 'public',
  leadId,
  seqs,
  says,
});

/** PUBLIC from its first message to its present last one. Throws when it can't be read. */
export async function readTold(
  js: JetStreamClient,
  jsm: JetStreamManager,
  settings: ToldSettings,
  signal?: AbortSignal,
): Promise<ToldEvents> {
  const all = new ToldEvents(settings);
  const { state } = await jsm.streams.info('PUBLIC');
  if (state.messages === 0) return all;
  for await (const { subject, headers } of messagesTo(js, 'PUBLIC', {
    upTo: state.last_seq,
    ...(signal ? { signal } : {}),
  })) {
    const type = headers?.get(CE.type) ?? '';
    if (!isOutcomeType(type)) continue;
    all.add(subject, {
      type,
      id: headers?.get(CE.id) ?? '',
      at: headers?.get(CE.time) ?? '',
      version: Number(headers?.get(LEAD_VERSION)),
      causeSeq: Number(headers?.get(LEAD_SEQ)),
    });
  }
  return all;
}
