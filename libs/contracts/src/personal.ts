import type { Data, EventType } from './events.ts';

/**
 * The personal fields of each event: they are sealed with a key of the lead's own (docs/adr/0026) and become unreadable
 * once that key is destroyed. Total: a new event or field does not compile until the table has it.
 *
 * `false`: stays in clear (ids, times, positions in sequences, the inputs of routes and guards). `true`: sealed, and
 * absent for a reader without the key. `{ shows }`: sealed and required, so such a reader sees this value instead.
 * `{ of }`: by member.
 */
type Rule<V> =
  | false
  | (undefined extends V ? true : never)
  | { readonly shows: V | (V extends readonly unknown[] ? readonly [] : never) }
  | { readonly of: Rules<NonNullable<V>> };
type Rules<D> = { readonly [K in keyof D]-?: Rule<D[K]> };

const step = { runId: false, step: false, stepId: false, audience: false, channel: false } as const;
const send = { ...step, sendId: false, attempt: false } as const;
/** Keys are digests, or made of the provider's and our own ids. */
const heard = { key: false, sendId: false, channel: false, provider: false, at: false, feedbackSeq: false } as const;
const fact = { ...heard, recipient: false } as const;
const operator = { by: false, reason: true } as const;
const bounce = { ...fact, reason: true, status: false, classification: false } as const;
const submission = {
  contact: { shows: { email: '', address: '' } },
  changes: { shows: [] },
  tags: false,
  // Waits and windows are computed in the zone; its evidence can be a phone number.
  zone: { of: { id: false, source: false, confidence: false, candidates: false, evidence: { shows: '' } } },
  // Text of the form, the source among it; the tag derived from it stays.
  dossier: { shows: { source: '' } },
  // A caller may derive its id from the address.
  intake: { of: { seq: false, key: { shows: 'sealed' }, source: false } },
  route: false,
  trusted: false,
  // A keyed hash still identifies the person.
  mailbox: true,
  number: true,
  // That there was a consent, and when, stays judgeable.
  smsConsent: { of: { text: { shows: '' }, at: false, source: true } },
} as const;

export const personal = {
  'lead.triaged': submission,
  'lead.resubmitted': { ...submission, reason: false, merged: true, tellRep: false, news: true },
  'lead.enrolled': { runId: false, sequence: false, version: false, planned: false },
  'lead.step-due': { ...step, action: false, plannedAt: false, lagMs: false },
  'lead.send-started': {
    ...send,
    action: false,
    deadline: false,
    provider: false,
    previous: { of: { sendId: false, class: false, reason: true } },
    // A guess of the person's name could be compared with it.
    mailHash: true,
  },
  'lead.sent': {
    ...send,
    provider: false,
    providerMessageId: false,
    evidence: false,
    feedbackKey: false,
    foundAt: false,
    by: false,
  },
  'lead.send-deferred': { ...send, class: false, reason: true, retryAt: false },
  'lead.send-failed': { ...send, class: false, reason: true, closed: false, optedOut: false },
  'lead.send-skipped': { ...step, sendId: false, class: false, guard: false, reason: true, until: false },
  'lead.send-unknown': { ...send, class: false, reason: true },
  'lead.step-planned': { runId: false, planned: false, why: false },
  'lead.sequence-completed': { runId: false, sequence: false, why: false, tag: false },
  'lead.delivered': fact,
  'lead.opened': { ...fact, machine: false },
  'lead.clicked': { ...fact, url: true },
  'lead.bounced': bounce,
  'lead.undelivered': { ...bounce, closed: false },
  'lead.complained': fact,
  'lead.unsubscribed': { ...fact, via: false, sequence: false, by: false, reason: true },
  // Nothing is sealed: a list of addresses that never become leads makes no keys.
  'lead.suppressed': { why: false, by: false, list: false },
  'lead.replied': {
    ...heard,
    class: false,
    matchedBy: false,
    authenticated: false,
    until: false,
    evidence: true,
    tellRep: false,
    text: true,
  },
  'lead.paused': operator,
  'lead.resumed': { ...operator, althoughAway: false, waitMs: false },
  'lead.restarted': { ...operator, route: false },
  'lead.moved': { ...operator, route: false, step: false },
  'lead.migrated': { ...operator, runId: false, sequence: false, from: false, to: false, planned: false },
  'lead.tagged': { ...operator, rules: false, add: false, remove: false },
  'lead.enriched': { enricher: false, outcome: false, attempt: false, retryAt: false, why: false, facts: true },
  'lead.lapsed': { since: false, route: false },
  'lead.assigned': { rep: false, by: false, rule: false, reason: true },
  'lead.noted': { by: false, text: { shows: '' } },
  'lead.recovered': {
    witness: false,
    place: false,
    by: false,
    stop: false,
    declined: false,
    paused: false,
    awayUntil: false,
    unproven: false,
    undelivered: false,
    sends: false,
    known: false,
    run: false,
    phase: false,
    tags: false,
    untagged: false,
    enrichment: false,
    facts: true,
    rep: false,
    mailbox: true,
    number: true,
    sms: { of: { text: { shows: '' }, at: false, source: true, number: { shows: '' }, closed: false } },
    fromStrangers: false,
    runs: false,
    // Digests, but of words.
    heard: true,
    newsAt: false,
    told: false,
    textsEndedAt: false,
    lastActivityAt: false,
    contact: submission.contact,
    dossier: true,
    zone: submission.zone,
    // The origin is a program's name; the words of replies are personal.
    origin: false,
    answer: false,
    untold: false,
    words: true,
  },
  // The reason outlives the erasure; `leadctl lead erase` rejects a reason that contains the person's data.
  'lead.erased': { by: false, reason: false, forgets: false, replaces: false },
} as const satisfies { readonly [T in EventType]: Rules<Data<T>> };

type Json = Record<string, unknown>;
/** A personal field, and the value that replaces it; without `shows` the field is absent. */
interface PersonalField {
  path: readonly [string] | readonly [string, string];
  shows?: unknown;
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function personalFieldsOf(rules: Json): PersonalField[] {
  return Object.entries(rules).flatMap(([name, rule]): PersonalField[] => {
    if (rule === true) return [{ path: [name] }];
    if (!isRecord(rule)) return [];
    if ('shows' in rule) return [{ path: [name], shows: rule['shows'] }];
    return personalFieldsOf(isRecord(rule['of']) ? rule['of'] : {}).map(({ path, ...field }) => ({
      path: [name, path[0]],
      ...field,
    }));
  });
}

const PERSONAL_FIELDS = new Map(Object.entries(personal).map(([type, rules]) => [type, personalFieldsOf(rules)]));
const personalFields = (type: EventType): readonly PersonalField[] => PERSONAL_FIELDS.get(type) ?? [];

/** The object that holds a field, and the field's name in it; undefined if that object is absent. */
function at(data: Json, [first, second]: PersonalField['path']): { holder: Json; name: string } | undefined {
  if (second === undefined) return { holder: data, name: first };
  const holder = data[first];
  return isRecord(holder) ? { holder, name: second } : undefined;
}

/** The personal fields by their path, each with its value; undefined when the event has none. */
export type Personal = Readonly<Record<string, unknown>>;

/**
 * Splits an event's data into the fields that every reader gets and those that only holders of the lead's key get.
 * Changes nothing.
 */
export function split(type: EventType, data: object): { clear: object; personal: Personal | undefined } {
  const clear: Json = { ...data };
  const found: Json = {};
  for (const { path } of personalFields(type)) {
    const [first, second] = path;
    if (second !== undefined && isRecord(clear[first])) clear[first] = { ...clear[first] };
    const field = at(clear, path);
    if (!field || field.holder[field.name] === undefined) continue;
    found[path.join('.')] = field.holder[field.name];
    delete field.holder[field.name];
  }
  return { clear, personal: Object.keys(found).length > 0 ? found : undefined };
}

/** Reverses `split`. Without `found`, personal fields are absent or have the table's replacement. */
export function join(type: EventType, clear: object, found: Personal | undefined): object {
  const data: Json = { ...clear };
  for (const { path, shows } of personalFields(type)) {
    const [first, second] = path;
    if (second !== undefined && isRecord(data[first])) data[first] = { ...data[first] };
    const field = at(data, path);
    const value = found ? found[path.join('.')] : shows;
    if (field && value !== undefined) field.holder[field.name] = value;
  }
  return data;
}

/** Whether the data in the log holds personal fields in clear. */
export const isInClear = (type: EventType, data: object): boolean =>
  personalFields(type).some(({ path }) => {
    const field = at(data as Json, path);
    return field?.holder[field.name] !== undefined;
  });
