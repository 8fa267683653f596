import type { Enricher, EventType, Recorded } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import { evolve } from '@leadstream/lead/evolve';
import { initial, nextActionAt, type LeadState } from '@leadstream/lead/state';
import type { Lead } from '../simulator/shell.ts';
import { Places, type SentMail } from './places.ts';

/** A call of the provider as it went, and the facts about its mail. */
export interface RecordedCall {
  sendId: string;
  atMs: number;
  /** `none`: the outcome never came; `stalled`: the claim was given back without a call. */
  answer: { response: ProviderResponse; afterMs: number; isRetried: boolean } | 'none' | 'stalled';
  /** The sweep of a call without an outcome. */
  sweptMs?: number;
  facts: Recorded[];
}

/** Work that became due, and was done. */
export interface RecordedDelay {
  dueMs: number;
  /**
   * Infinity: it was not done until the end of the record. After an event that made it needless: no earlier than this.
   */
  doneMs: number;
}

/** One lead's record, split into what came from outside and how long the services took. */
export interface Outside {
  leadId: string;
  /** The lead before it; absent: it begins in the record's time. */
  from?: { lead: Lead; atMs: number };
  places: Places;
  /** Submissions, commands and facts about no mail of the record, in order. */
  inputs: Recorded[];
  /** By the name of the call. */
  calls: Map<string, RecordedCall>;
  delays: Map<string, RecordedDelay[]>;
  /** Versions of sequences, by the run's name. */
  versions: Map<string, number>;
  /** Names of steps whose mail could not be written. */
  unwritable: Set<string>;
  enriched: Map<Enricher, Recorded<'lead.enriched'>[]>;
  mails: SentMail[];
}

/** The part of an event in the life of a lead; the services' own work is made anew by each replay. */
const PARTS = {
  'lead.triaged': 'input',
  'lead.resubmitted': 'input',
  'lead.enrolled': 'work',
  'lead.step-due': 'work',
  'lead.send-started': 'work',
  'lead.sent': 'outcome',
  'lead.send-deferred': 'outcome',
  'lead.send-failed': 'outcome',
  'lead.send-skipped': 'outcome',
  'lead.send-unknown': 'outcome',
  'lead.step-planned': 'work',
  'lead.sequence-completed': 'work',
  'lead.delivered': 'fact',
  'lead.opened': 'fact',
  'lead.clicked': 'fact',
  'lead.bounced': 'fact',
  'lead.undelivered': 'fact',
  'lead.complained': 'fact',
  'lead.unsubscribed': 'fact',
  'lead.suppressed': 'input',
  'lead.replied': 'fact',
  'lead.paused': 'input',
  'lead.resumed': 'input',
  'lead.restarted': 'input',
  'lead.moved': 'input',
  'lead.migrated': 'input',
  // Of rules: the services' own work.
  'lead.tagged': 'input',
  'lead.lapsed': 'work',
  'lead.enriched': 'work',
  'lead.assigned': 'input',
  'lead.noted': 'work',
  'lead.recovered': 'input',
  'lead.erased': 'input',
} as const satisfies Record<EventType, 'input' | 'fact' | 'outcome' | 'work'>;

const RESTS: ReadonlySet<LeadState['phase']['kind']> = new Set(['none', 'planned', 'parked', 'completed']);
/** No service has work left: a replay may begin here. */
const isAtRest = ({ phase, aside }: LeadState): boolean => aside === null && RESTS.has(phase.kind);

/**
 * Reads the events of one lead, all of them from its first one. undefined: from `sinceMs` on it was never at rest, so
 * no replay can begin.
 */
export function readRecord(events: readonly Recorded[], sinceMs: number): Outside | undefined {
  const reader = new Reader(events[0]?.leadId ?? '');
  let state: LeadState = initial;
  let isBegun = false;
  for (const event of events) {
    if (!isBegun && Date.parse(event.at) >= sinceMs && isAtRest(state)) {
      reader.begin(state, sinceMs);
      isBegun = true;
    }
    const before = state;
    state = evolve(before, event);
    reader.read(event, before, state);
  }
  reader.end(state);
  if (!isBegun && isAtRest(state)) reader.begin(state, sinceMs);
  else if (!isBegun) return undefined;
  return reader.outside;
}

class Reader {
  outside: Outside;
  #last: Recorded | undefined;
  #isBegun = false;
  readonly #calls = new Map<string, RecordedCall>();
  /** The latest call whose mail to the lead was accepted: a fact that names none is about its mail. */
  #latest: RecordedCall | undefined;
  readonly #dues = new Map<string, RecordedDelay[]>();

  constructor(leadId: string) {
    this.outside = {
      leadId,
      places: new Places(({ seq }) => seq),
      inputs: [],
      calls: new Map(),
      delays: new Map(),
      versions: new Map(),
      unwritable: new Set(),
      enriched: new Map(),
      mails: [],
    };
  }

  begin(state: LeadState, sinceMs: number): void {
    this.#isBegun = true;
    const { leadId, places } = this.outside;
    this.outside = { ...this.outside, places: new Places(({ seq }) => seq, places) };
    this.#places = places;
    this.#calls.clear();
    this.#latest = undefined;
    this.#dues.clear();
    if (!this.#last) return;
    const { version, seq, at } = this.#last;
    const lead = { leadId, state, version, lastSeq: seq };
    this.outside.from = { lead, atMs: Math.max(sinceMs, Date.parse(at)) };
  }

  /** Those that go on; the record's stay as of its beginning. */
  #places: Places | undefined;

  read(event: Recorded, before: LeadState, after: LeadState): void {
    this.#last = event;
    const places = this.#places ?? this.outside.places;
    places.note(event);
    const claimed = event.type === 'lead.send-started' ? places.claimed(event, before) : undefined;
    const mail = event.type === 'lead.sent' ? places.sent(event, before) : undefined;
    this.#delay(event, before, after, places);
    if (!this.#isBegun) return;
    if (mail) this.outside.mails.push(mail);
    if (event.type === 'lead.enrolled') this.outside.versions.set(places.run(event.data.runId), event.data.version);
    if (event.type === 'lead.enriched') {
      const { enricher } = event.data;
      this.outside.enriched.set(enricher, [...(this.outside.enriched.get(enricher) ?? []), event]);
    }
    if (event.type === 'lead.send-started' && claimed !== undefined) this.#claim(event, claimed);
    const part = PARTS[event.type];
    if (isOutcome(event)) this.#outcome(event, before, places);
    else if (part === 'fact') this.#fact(event);
    else if (part === 'input' && isFromOutside(event)) this.outside.inputs.push(event);
  }

  #claim(event: Recorded<'lead.send-started'>, name: string): void {
    const { sendId, previous } = event.data;
    const atMs = Date.parse(event.at);
    const refused = previous && this.#calls.get(previous.sendId);
    if (refused)
      refused.answer = {
        response: { kind: 'refused', class: previous.class },
        afterMs: atMs - refused.atMs,
        isRetried: true,
      };
    const call: RecordedCall = { sendId, atMs, answer: 'none', facts: [] };
    this.#calls.set(sendId, call);
    this.outside.calls.set(name, call);
  }

  #outcome(event: Recorded<Outcome>, before: LeadState, places: Places): void {
    const sendId = 'sendId' in event.data ? event.data.sendId : undefined;
    const call = sendId === undefined ? undefined : this.#calls.get(sendId);
    const { data } = event;
    const isOperators =
      ('evidence' in data && data.evidence === 'operator') || ('guard' in data && data.guard === 'operator');
    if (isOperators) return this.#about(call, event);
    if (event.type === 'lead.send-skipped' && event.data.guard === 'unrenderable') {
      const step = places.step(before);
      if (step !== undefined) this.outside.unwritable.add(step);
    }
    if (!call) {
      if (event.type === 'lead.sent') this.outside.inputs.push(event);
      return;
    }
    if (event.type === 'lead.send-unknown' && event.data.class === 'swept') {
      call.sweptMs = Date.parse(event.at);
      return;
    }
    if (event.type === 'lead.sent') {
      if (event.data.audience === 'lead') this.#latest = call;
      if (event.data.evidence === 'provider-event' && (call.answer !== 'none' || call.sweptMs !== undefined)) {
        call.facts.push(event);
        return;
      }
    }
    const response = responseOf(event);
    call.answer =
      response === undefined
        ? 'stalled'
        : { response, afterMs: Math.max(0, Date.parse(event.at) - call.atMs), isRetried: false };
  }

  #fact(event: Recorded): void {
    const sendId = 'sendId' in event.data ? event.data.sendId : undefined;
    const call = sendId === undefined ? this.#latest : this.#calls.get(sendId);
    const isOperators = 'via' in event.data && event.data.via === 'operator';
    if (isOperators || !isFromOutside(event)) this.outside.inputs.push(event);
    else this.#about(call, event);
  }

  #about(call: RecordedCall | undefined, event: Recorded): void {
    if (call) call.facts.push(event);
    else this.outside.inputs.push(event);
  }

  /** The work of scheduler and sender that the event is, or that it makes needless. */
  #delay(event: Recorded, before: LeadState, after: LeadState, places: Places): void {
    const doneMs = Date.parse(event.at);
    // A step that was not done until then is done no earlier, should the event not happen in a replay.
    const neverMs = doneMs + 1;
    const [work, next] = [plannedWork(before, places), plannedWork(after, places)];
    if (work && isPlan(event)) this.#done(work.name, Date.parse(work.since), doneMs);
    else if (work && next?.since !== work.since) this.#done(work.name, Date.parse(work.since), neverMs);
    const step = places.step(before);
    if (step === undefined) return;
    const [due, nextDue] = [nextActionAt(before), nextActionAt(after)];
    const dueMs = due === null ? NaN : Date.parse(due);
    if (event.type === 'lead.step-due') {
      this.#done(`${step}/due`, dueMs, doneMs);
      this.#asked(step, doneMs);
    } else if (dueMs <= doneMs && due !== nextDue && (before.phase.kind === 'planned' || before.phase.kind === 'due'))
      this.#done(`${step}/due`, dueMs, neverMs);
    if (before.phase.kind === 'due' && after.phase.kind !== 'due')
      this.#answered(step, isAnswer(event) ? doneMs : neverMs);
  }

  #done(name: string, dueMs: number, doneMs: number): RecordedDelay {
    const delay = { dueMs, doneMs };
    const known = this.outside.delays.get(name);
    if (known) known.push(delay);
    else this.outside.delays.set(name, [delay]);
    return delay;
  }

  #asked(step: string, dueMs: number): void {
    const asked = this.#done(`${step}/asked`, dueMs, Infinity);
    this.#dues.set(step, [...(this.#dues.get(step) ?? []), asked]);
  }

  #answered(step: string, doneMs: number): void {
    for (const asked of this.#dues.get(step) ?? []) asked.doneMs = doneMs;
    this.#dues.delete(step);
  }

  /** Work that is in hand at the end of the record was not done in its time. */
  end(state: LeadState): void {
    const places = this.#places ?? this.outside.places;
    const work = plannedWork(state, places);
    if (work) this.#done(work.name, Date.parse(work.since), Infinity);
    const [step, due] = [places.step(state), nextActionAt(state)];
    if (step !== undefined && due !== null) this.#done(`${step}/due`, Date.parse(due), Infinity);
  }
}

const isPlan = ({ type }: Recorded): boolean =>
  type === 'lead.enrolled' || type === 'lead.step-planned' || type === 'lead.sequence-completed';
const isAnswer = ({ type }: Recorded): boolean => type === 'lead.send-started' || type === 'lead.send-skipped';

/** The plan that a state waits for, and since when; undefined: none. */
export function plannedWork({ phase, run }: LeadState, places: Places): { name: string; since: string } | undefined {
  switch (phase.kind) {
    case 'enrolling':
      return { name: `plan/${places.run(phase.runId)}`, since: phase.since };
    case 'settled':
    case 'deferred':
    case 'held':
      return { name: `plan/${places.run(run?.id ?? '')}/${phase.step.id}/${phase.kind}`, since: phase.since };
    case 'none':
    case 'planned':
    case 'due':
    case 'claimed':
    case 'parked':
    case 'completed':
      return undefined;
  }
}

/** Tags and reps by rules are given again by each replay's rules. */
function isFromOutside(event: Recorded): boolean {
  if (event.type === 'lead.tagged' || event.type === 'lead.assigned') return event.data.by !== undefined;
  return true;
}

/** Events with the outcome of a call, or of a step without one: exactly those whose part is `outcome`. */
type Outcome = { [K in EventType]: (typeof PARTS)[K] extends 'outcome' ? K : never }[EventType];

/** undefined: no call was made. */
const RESPONSES: { readonly [K in Outcome]: (event: Recorded<K>) => ProviderResponse | undefined } = {
  'lead.sent': ({ data: { provider } }) => ({ kind: 'accepted', provider }),
  'lead.send-deferred': ({ at, data: { retryAt, class: refusal } }) => ({
    kind: 'refused',
    class: refusal,
    retryAfterMs: Math.max(0, Date.parse(retryAt) - Date.parse(at)),
  }),
  'lead.send-failed': ({ data }) => ({ kind: 'permanent', class: data.class }),
  'lead.send-unknown': ({ data }) => ({ kind: 'unknown', class: data.class }),
  'lead.send-skipped': ({ data }) => (data.class === undefined ? undefined : { kind: 'refused', class: data.class }),
};

const responseOf = <K extends Outcome>(event: Recorded<K>): ProviderResponse | undefined =>
  RESPONSES[event.type](event);

const isOutcome = (event: Recorded): event is Recorded<Outcome> => PARTS[event.type] === 'outcome';
