import type { Data, EventType } from './events.ts';

/**
 * The personal data that an export for analysts leaves out unless it is named: the person's contact data, free text of
 * people and mail servers, the fields of forms with what enrichers found, and our own people.
 */
export const WITHHELD = {
  contact: 'addresses, names, phone numbers, and keys or hashes of them',
  text: 'replies, notes, reasons, changed values and clicked links',
  fields: 'the form’s data, the campaign among it, and the facts of enrichers',
  operators: 'our own people: operators and reps',
} as const;
export type Withheld = keyof typeof WITHHELD;

/** `open`: exported always. `{ code }`: open where it matches, text otherwise. `{ of }`: by member. */
type Rule<V> = 'open' | Withheld | { readonly code: RegExp } | { readonly of: Rules<NonNullable<V>> };
type Rules<D> = { readonly [K in keyof D]-?: Rule<D[K]> };

const step = { runId: 'open', step: 'open', stepId: 'open', audience: 'open', channel: 'open' } as const;
const send = { ...step, sendId: 'open', attempt: 'open' } as const;
const heard = {
  key: 'open',
  sendId: 'open',
  channel: 'open',
  provider: 'open',
  at: 'open',
  feedbackSeq: 'open',
} as const;
const fact = { ...heard, recipient: 'open' } as const;
const operator = { by: 'operators', reason: 'text' } as const;
/** An enhanced status code (RFC 3463); a report by mail may have any text in its place. */
const STATUS = /^[245](?:\.\d{1,3}){2}$/;
const bounce = { ...fact, reason: 'text', status: { code: STATUS }, classification: 'open' } as const;
const zone = {
  of: { id: 'open', source: 'open', confidence: 'open', candidates: 'open', evidence: 'contact' },
} as const;
const submission = {
  contact: 'contact',
  changes: 'text',
  tags: 'open',
  zone,
  dossier: 'fields',
  intake: { of: { seq: 'open', key: 'contact', source: 'open' } },
  route: 'open',
  trusted: 'open',
  mailbox: 'contact',
  number: 'contact',
  smsConsent: { of: { text: 'text', at: 'open', source: 'text' } },
} as const;

/**
 * The class of each field of each event. Total: a new event or field does not compile until it is classed. Stricter
 * than `personal`, which leaves in clear what guards read: an export goes to more people than the log.
 */
export const exported = {
  'lead.triaged': submission,
  'lead.resubmitted': { ...submission, reason: 'open', merged: 'text', tellRep: 'open', news: 'text' },
  'lead.enrolled': { runId: 'open', sequence: 'open', version: 'open', planned: 'open' },
  'lead.step-due': { ...step, action: 'open', plannedAt: 'open', lagMs: 'open' },
  'lead.send-started': {
    ...send,
    action: 'open',
    deadline: 'open',
    provider: 'open',
    previous: { of: { sendId: 'open', class: 'open', reason: 'text' } },
    mailHash: 'text',
  },
  'lead.sent': {
    ...send,
    provider: 'open',
    providerMessageId: 'open',
    evidence: 'open',
    feedbackKey: 'open',
    foundAt: 'open',
    by: 'operators',
  },
  'lead.send-deferred': { ...send, class: 'open', reason: 'text', retryAt: 'open' },
  'lead.send-failed': { ...send, class: 'open', reason: 'text', closed: 'open', optedOut: 'open' },
  'lead.send-skipped': { ...step, sendId: 'open', class: 'open', guard: 'open', reason: 'text', until: 'open' },
  'lead.send-unknown': { ...send, class: 'open', reason: 'text' },
  'lead.step-planned': { runId: 'open', planned: 'open', why: 'open' },
  'lead.sequence-completed': { runId: 'open', sequence: 'open', why: 'open', tag: 'open' },
  'lead.delivered': fact,
  'lead.opened': { ...fact, machine: 'open' },
  'lead.clicked': { ...fact, url: 'text' },
  'lead.bounced': bounce,
  'lead.undelivered': { ...bounce, closed: 'open' },
  'lead.complained': fact,
  'lead.unsubscribed': { ...fact, via: 'open', sequence: 'open', by: 'operators', reason: 'text' },
  'lead.suppressed': { why: 'open', by: 'operators', list: 'text' },
  'lead.replied': {
    ...heard,
    class: 'open',
    matchedBy: 'open',
    authenticated: 'open',
    until: 'open',
    evidence: 'text',
    tellRep: 'open',
    text: 'text',
  },
  'lead.paused': operator,
  'lead.resumed': { ...operator, althoughAway: 'open', waitMs: 'open' },
  'lead.restarted': { ...operator, route: 'open' },
  'lead.moved': { ...operator, route: 'open', step: 'open' },
  'lead.migrated': { ...operator, runId: 'open', sequence: 'open', from: 'open', to: 'open', planned: 'open' },
  'lead.tagged': { ...operator, rules: 'open', add: 'open', remove: 'open' },
  'lead.enriched': {
    enricher: 'open',
    outcome: 'open',
    attempt: 'open',
    retryAt: 'open',
    why: 'open',
    facts: 'fields',
  },
  'lead.lapsed': { since: 'open', route: 'open' },
  'lead.assigned': { rep: 'operators', by: 'operators', rule: 'open', reason: 'text' },
  'lead.noted': { by: 'operators', text: 'text' },
  'lead.recovered': {
    witness: 'open',
    place: 'open',
    by: 'operators',
    stop: 'open',
    declined: 'open',
    paused: { of: { by: 'operators', at: 'open' } },
    awayUntil: 'open',
    unproven: 'open',
    undelivered: 'open',
    sends: 'open',
    // Keys of submissions are among them, which a caller may derive from the address.
    known: 'contact',
    run: 'open',
    phase: 'open',
    contact: 'contact',
    dossier: 'fields',
    zone,
    tags: 'open',
    untagged: 'open',
    enrichment: 'open',
    facts: 'fields',
    rep: 'operators',
    origin: 'open',
    answer: 'open',
    untold: 'open',
    words: 'text',
    mailbox: 'contact',
    number: 'contact',
    sms: { of: { text: 'text', at: 'open', source: 'text', number: 'contact', closed: 'open' } },
    fromStrangers: 'open',
    runs: 'open',
    // Digests, but of words.
    heard: 'text',
    newsAt: 'open',
    told: 'open',
    textsEndedAt: 'open',
    lastActivityAt: 'open',
  },
  'lead.erased': { by: 'operators', reason: 'text', forgets: 'open', replaces: 'open' },
} as const satisfies { readonly [T in EventType]: Rules<Data<T>> };

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An event's data as an export has it: fields that are open or named; a field without a rule is left out. */
export const exportedData = (type: EventType, data: object, named: ReadonlySet<Withheld>): Json =>
  picked(exported[type], data as Json, named);

function picked(rules: Json, data: Json, named: ReadonlySet<string>): Json {
  const kept: Json = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = data[name];
    if (value === undefined) continue;
    const code = isRecord(rule) && rule['code'] instanceof RegExp ? rule['code'] : undefined;
    const isOpen = rule === 'open' || (typeof value === 'string' && code?.test(value) === true);
    if (isOpen || named.has(code ? 'text' : String(rule))) kept[name] = value;
    else if (isRecord(rule) && isRecord(rule['of']) && isRecord(value)) kept[name] = picked(rule['of'], value, named);
  }
  return kept;
}
